//! `#[derive(Payload)]` for structs.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{DataStruct, DeriveInput, Error, Ident, Member, Result, spanned::Spanned};

use crate::attrs::{Arity, FieldAttrs, ItemAttrs, Kind, child_namespace, in_scope, namespace};

pub(crate) fn expand(input: &DeriveInput, data: &DataStruct) -> Result<TokenStream> {
    let item = ItemAttrs::parse(&input.attrs)?;
    let ident = &input.ident;
    let Some(name) = &item.name else {
        return Err(Error::new(ident.span(), "missing #[xml(name = \"…\")]"));
    };
    let Some(ns) = item.ns.as_ref().map(namespace) else {
        return Err(Error::new(ident.span(), "missing #[xml(ns = …)]"));
    };

    let fields = data
        .fields
        .iter()
        .zip(data.fields.members())
        .enumerate()
        .map(|(i, (field, member))| {
            let attrs = FieldAttrs::parse(field)?;
            check(&attrs).map_err(|message| Error::new(field.span(), message))?;
            Ok(PayloadField {
                parent: name,
                attrs,
                member,
                slot: format_ident!("slot_{i}"),
            })
        })
        .collect::<Result<Vec<_>>>()?;

    let slots = fields.iter().filter_map(PayloadField::declare);
    // `rest` takes what nothing else took, wherever it stands among the fields.
    let (rest, named): (Vec<_>, Vec<_>) = fields
        .iter()
        .filter(|field| !matches!(field.attrs.kind, Kind::Attr | Kind::Text))
        .partition(|field| field.attrs.kind == Kind::Rest);
    let children = match (&named[..], &rest[..]) {
        ([], []) => TokenStream::new(),
        (named, [] | [_]) => {
            let mut arms: Vec<_> = named.iter().map(|field| field.take()).collect();
            arms.extend(rest.iter().map(|field| field.take()));
            quote!(for child in element.children() { #(#arms)else* })
        }
        _ => return Err(Error::new(ident.span(), "only one field takes the rest")),
    };
    let reads = fields.iter().map(|field| {
        let (member, value) = (&field.member, field.read());
        quote!(#member: #value)
    });
    let (attrs, content): (Vec<_>, Vec<_>) = fields
        .iter()
        .partition(|field| field.attrs.kind == Kind::Attr);
    let writes = attrs.into_iter().chain(content).map(PayloadField::write);
    let (generics, types, clause) = input.generics.split_for_impl();

    Ok(in_scope(
        &item.krate,
        &quote! {
            #[automatically_derived]
            impl #generics __xml::WriteXml for #ident #types #clause {
                fn write_xml(&self, writer: &mut __xml::Writer<'_>) {
                    let tag = writer.start(#name, <Self as __xml::Payload>::NAMESPACE);
                    #(#writes)*
                    writer.end(tag);
                }
            }

            #[automatically_derived]
            impl #generics __xml::Payload for #ident #types #clause {
                const NAME: &'static str = #name;
                const NAMESPACE: __xml::Namespace = #ns;

                fn from_element(
                    element: __xml::ElementRef<'_>,
                ) -> ::core::result::Result<Self, __xml::PayloadError> {
                    if !<Self as __xml::Payload>::matches(element) {
                        return Err(__xml::PayloadError::Mismatch { expected: #name });
                    }
                    #(#slots)*
                    #children
                    Ok(Self { #(#reads,)* })
                }
            }
        },
    ))
}

/// What is wrong with the attributes of a field taken together.
fn check(attrs: &FieldAttrs) -> std::result::Result<(), &'static str> {
    match (attrs.kind, attrs.arity) {
        (Kind::Attr | Kind::Text, Arity::Many) => Err("an attribute and the text stand once"),
        (Kind::Flag | Kind::Lang, Arity::Optional | Arity::Many) => {
            Err("a flag is a bool, a language map a LangMap")
        }
        (Kind::Rest, Arity::One) => Err("the rest is a Vec<Element> or an Option<Element>"),
        (_, Arity::Optional | Arity::Many) | (Kind::Flag | Kind::Lang, _)
            if attrs.default.is_some() =>
        {
            Err("this field has a default already")
        }
        _ => Ok(()),
    }
}

struct PayloadField<'a> {
    /// The name of the payload's element.
    parent: &'a str,
    attrs: FieldAttrs,
    member: Member,
    /// The variable that collects what children give.
    slot: Ident,
}

impl PayloadField<'_> {
    /// Declares the variable that children are collected in.
    fn declare(&self) -> Option<TokenStream> {
        let (slot, value) = (&self.slot, &self.attrs.value);
        Some(match (self.attrs.kind, self.attrs.arity) {
            (Kind::Attr | Kind::Text, _) => return None,
            (Kind::Flag, _) => quote!(let mut #slot = false;),
            (Kind::Lang, _) => quote!(let mut #slot = __xml::LangMap::new();),
            (_, Arity::Many) => quote!(let mut #slot = ::std::vec::Vec::<#value>::new();),
            _ => quote!(let mut #slot = None::<#value>;),
        })
    }

    /// Takes `child` if it belongs to this field.
    fn take(&self) -> TokenStream {
        let (slot, value, name) = (&self.slot, &self.attrs.value, &self.attrs.name);
        let parent = self.parent;
        let keep = |value: &TokenStream, child: &TokenStream| {
            if self.attrs.arity == Arity::Many {
                quote!(#slot.push(#value);)
            } else {
                quote!(__xml::read::once(&mut #slot, #value, #parent, #child)?;)
            }
        };
        let ns = self.child_ns();
        match self.attrs.kind {
            Kind::Child => {
                let keep = keep(
                    &quote!(<#value as __xml::Payload>::from_element(child)?),
                    &quote!(<#value as __xml::Payload>::NAME),
                );
                quote!(if <#value as __xml::Payload>::matches(child) { #keep })
            }
            Kind::ChildText => {
                let text = quote!(__xml::read::text::<#value>(child, #parent, #name)?);
                let keep = keep(&text, &quote!(#name));
                quote!(if child.is(#name, #ns) { #keep })
            }
            Kind::Flag => quote!(if child.is(#name, #ns) { #slot = true; }),
            Kind::Lang => quote!(if child.is(#name, #ns) { #slot.read(child); }),
            Kind::Rest => {
                let keep = keep(&quote!(child.to_element()), &quote!("*"));
                quote!({ #keep })
            }
            Kind::Attr | Kind::Text => TokenStream::new(),
        }
    }

    /// The value of the field, from its place or from its variable.
    fn read(&self) -> TokenStream {
        let (slot, value, name) = (&self.slot, &self.attrs.value, &self.attrs.name);
        let parent = self.parent;
        let (found, required) = match self.attrs.kind {
            Kind::Attr => (
                quote!(__xml::read::attr::<#value>(element, #parent, #name)?),
                quote!(__xml::read::required_attr::<#value>(element, #parent, #name)?),
            ),
            Kind::Text => (
                quote!(__xml::read::opt_text::<#value>(element, #parent)?),
                quote!(__xml::read::text::<#value>(element, #parent, "text")?),
            ),
            Kind::Child => {
                let child = quote!(<#value as __xml::Payload>::NAME);
                (
                    quote!(#slot),
                    quote!(__xml::read::required(#slot, #parent, #child)?),
                )
            }
            Kind::ChildText => (
                quote!(#slot),
                quote!(__xml::read::required(#slot, #parent, #name)?),
            ),
            Kind::Flag | Kind::Lang | Kind::Rest => (quote!(#slot), quote!(#slot)),
        };
        match (self.attrs.arity, &self.attrs.default) {
            (Arity::One, None) => required,
            (_, Some(default)) => quote!(#found.unwrap_or_else(|| #default)),
            _ => found,
        }
    }

    fn write(&self) -> TokenStream {
        let (member, name, ns) = (&self.member, &self.attrs.name, self.child_ns());
        let as_text =
            |use_text: TokenStream| quote!(__xml::XmlText::with_xml_text(value, |text| #use_text););
        let write_one = match self.attrs.kind {
            Kind::Attr => as_text(quote!(writer.attr(#name, text))),
            Kind::Text => as_text(quote!(writer.text(text))),
            Kind::ChildText => as_text(quote!(writer.text_element(#name, #ns, text))),
            Kind::Child | Kind::Rest => quote!(writer.write(value);),
            Kind::Flag => {
                return quote!(if self.#member { writer.empty_element(#name, #ns); });
            }
            Kind::Lang => return quote!(self.#member.write(writer, #name, #ns);),
        };
        match (self.attrs.arity, &self.attrs.default) {
            (Arity::Optional, _) => quote!(if let Some(value) = &self.#member { #write_one }),
            (Arity::Many, _) => quote!(for value in &self.#member { #write_one }),
            (Arity::One, Some(default)) => {
                let ty = &self.attrs.value;
                quote! {{
                    let value: &#ty = &self.#member;
                    if *value != #default { #write_one }
                }}
            }
            (Arity::One, None) => quote! {{ let value = &self.#member; #write_one }},
        }
    }

    fn child_ns(&self) -> TokenStream {
        child_namespace(self.attrs.ns.as_ref())
    }
}
