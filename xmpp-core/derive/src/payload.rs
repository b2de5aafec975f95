//! `#[derive(Payload)]` for structs.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{DataStruct, DeriveInput, Error, Ident, Member, Path, Result, spanned::Spanned};

use crate::attrs::{Arity, FieldAttrs, ItemAttrs, Kind, child_namespace, namespace};

pub(crate) fn expand(input: &DeriveInput, data: &DataStruct) -> Result<TokenStream> {
    let item = ItemAttrs::parse(&input.attrs)?;
    let (ident, krate) = (&input.ident, &item.krate);
    let Some(name) = &item.name else {
        return Err(Error::new(ident.span(), "missing #[xml(name = \"…\")]"));
    };
    let Some(ns) = item.ns.as_ref().map(|ns| namespace(krate, ns)) else {
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
                attrs,
                member,
                slot: format_ident!("slot_{i}"),
                krate,
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

    Ok(quote! {
        #[automatically_derived]
        impl #generics #krate::xml::WriteXml for #ident #types #clause {
            fn write_xml(&self, writer: &mut #krate::xml::Writer<'_>) {
                let tag = writer.start(
                    <Self as #krate::xml::Payload>::NAME,
                    <Self as #krate::xml::Payload>::NAMESPACE,
                );
                #(#writes)*
                writer.end(tag);
            }
        }

        #[automatically_derived]
        impl #generics #krate::xml::Payload for #ident #types #clause {
            const NAME: &'static str = #name;
            const NAMESPACE: #krate::xml::Namespace = #ns;

            fn from_element(
                element: #krate::xml::ElementRef<'_>,
            ) -> ::core::result::Result<Self, #krate::xml::PayloadError> {
                if !<Self as #krate::xml::Payload>::matches(element) {
                    return ::core::result::Result::Err(#krate::xml::PayloadError::Mismatch {
                        expected: <Self as #krate::xml::Payload>::NAME,
                    });
                }
                #(#slots)*
                #children
                ::core::result::Result::Ok(Self { #(#reads,)* })
            }
        }
    })
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
    attrs: FieldAttrs,
    member: Member,
    /// The variable that collects what children give.
    slot: Ident,
    krate: &'a Path,
}

impl PayloadField<'_> {
    /// Declares the variable that children are collected in.
    fn declare(&self) -> Option<TokenStream> {
        let (slot, krate, value) = (&self.slot, self.krate, &self.attrs.value);
        Some(match (self.attrs.kind, self.attrs.arity) {
            (Kind::Attr | Kind::Text, _) => return None,
            (Kind::Flag, _) => quote!(let mut #slot = false;),
            (Kind::Lang, _) => quote!(let mut #slot = #krate::xml::LangMap::new();),
            (_, Arity::Many) => quote!(let mut #slot = ::std::vec::Vec::<#value>::new();),
            _ => quote!(let mut #slot = ::core::option::Option::<#value>::None;),
        })
    }

    /// Takes `child` if it belongs to this field.
    fn take(&self) -> TokenStream {
        let (slot, krate, value, name) =
            (&self.slot, self.krate, &self.attrs.value, &self.attrs.name);
        let parent = quote!(<Self as #krate::xml::Payload>::NAME);
        let keep = |value: &TokenStream, child: &TokenStream| {
            if self.attrs.arity == Arity::Many {
                quote!(#slot.push(#value);)
            } else {
                quote!(#krate::xml::read::once(&mut #slot, #value, #parent, #child)?;)
            }
        };
        let ns = self.child_ns();
        match self.attrs.kind {
            Kind::Child => {
                let keep = keep(
                    &quote!(<#value as #krate::xml::Payload>::from_element(child)?),
                    &quote!(<#value as #krate::xml::Payload>::NAME),
                );
                quote!(if <#value as #krate::xml::Payload>::matches(child) { #keep })
            }
            Kind::ChildText => {
                let text = quote!(#krate::xml::read::text::<#value>(child, #parent, #name)?);
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
        let (slot, krate, value, name) =
            (&self.slot, self.krate, &self.attrs.value, &self.attrs.name);
        let parent = quote!(<Self as #krate::xml::Payload>::NAME);
        let or_default = |found: TokenStream| match &self.attrs.default {
            Some(default) => {
                quote!(::core::option::Option::unwrap_or_else(#found, || #default))
            }
            None => found,
        };
        match (self.attrs.kind, self.attrs.arity, &self.attrs.default) {
            (Kind::Attr, Arity::One, None) => {
                quote!(#krate::xml::read::required_attr::<#value>(element, #parent, #name)?)
            }
            (Kind::Attr, ..) => {
                or_default(quote!(#krate::xml::read::attr::<#value>(element, #parent, #name)?))
            }
            (Kind::Text, Arity::One, None) => {
                quote!(#krate::xml::read::text::<#value>(element, #parent, "text")?)
            }
            (Kind::Text, ..) => {
                or_default(quote!(#krate::xml::read::opt_text::<#value>(element, #parent)?))
            }
            (Kind::Child, Arity::One, None) => quote! {
                #krate::xml::read::required(
                    #slot, #parent, <#value as #krate::xml::Payload>::NAME,
                )?
            },
            (Kind::ChildText, Arity::One, None) => {
                quote!(#krate::xml::read::required(#slot, #parent, #name)?)
            }
            _ => or_default(quote!(#slot)),
        }
    }

    fn write(&self) -> TokenStream {
        let (member, krate, name, ns) =
            (&self.member, self.krate, &self.attrs.name, self.child_ns());
        let write_one = match self.attrs.kind {
            Kind::Attr => quote! {
                #krate::xml::XmlText::with_xml_text(value, |text| writer.attr(#name, text));
            },
            Kind::Text => quote! {
                #krate::xml::XmlText::with_xml_text(value, |text| writer.text(text));
            },
            Kind::ChildText => quote! {
                #krate::xml::XmlText::with_xml_text(value, |text| {
                    writer.text_element(#name, #ns, text);
                });
            },
            Kind::Child | Kind::Rest => {
                quote!(#krate::xml::WriteXml::write_xml(value, writer);)
            }
            Kind::Flag => {
                return quote!(if self.#member { writer.empty_element(#name, #ns); });
            }
            Kind::Lang => return quote!(self.#member.write(writer, #name, #ns);),
        };
        match (self.attrs.arity, &self.attrs.default) {
            (Arity::Optional, _) => quote! {
                if let ::core::option::Option::Some(value) = &self.#member { #write_one }
            },
            (Arity::Many, _) => quote!(for value in &self.#member { #write_one }),
            (Arity::One, Some(default)) => {
                let ty = &self.attrs.value;
                quote! {{
                    let value: &#ty = &self.#member;
                    let default: #ty = #default;
                    if *value != default { #write_one }
                }}
            }
            (Arity::One, None) => quote! {{ let value = &self.#member; #write_one }},
        }
    }

    fn child_ns(&self) -> TokenStream {
        child_namespace(self.krate, self.attrs.ns.as_ref())
    }
}
