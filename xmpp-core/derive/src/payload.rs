//! `#[derive(Payload)]` for structs.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use syn::{
    DataStruct, DeriveInput, Error, Generics, Ident, Member, Result, parse_quote, spanned::Spanned,
};

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
    let attributes = attributes(&fields);
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
    let end = format!("</{name}>");
    let generics = with_payload_bounds(&input.generics);
    let (generics, types, clause) = generics.split_for_impl();

    Ok(in_scope(
        &item.krate,
        &quote! {
            #[automatically_derived]
            impl #generics __xml::WriteXml for #ident #types #clause {
                fn write_xml(&self, writer: &mut __xml::Writer<'_>) {
                    let outer = writer.start_tag(&const { __xml::StartTag::of::<Self>() });
                    #(#writes)*
                    writer.end_tag(outer, #end);
                }
            }

            #[automatically_derived]
            impl #generics __xml::Payload for #ident #types #clause {
                const NAME: &'static str = #name;
                const NAMESPACE: __xml::Namespace = #ns;
                const SCOPE: __xml::PayloadScope = __xml::PayloadScope::Element;

                fn from_element(
                    element: __xml::ElementRef<'_>,
                ) -> ::core::result::Result<Self, __xml::PayloadError> {
                    if !<Self as __xml::Payload>::matches(element) {
                        return Err(__xml::PayloadError::Mismatch { expected: #name });
                    }
                    <Self as __xml::Payload>::from_matching(element)
                }

                fn from_matching(
                    element: __xml::ElementRef<'_>,
                ) -> ::core::result::Result<Self, __xml::PayloadError> {
                    #(#slots)*
                    #attributes
                    #children
                    Ok(Self { #(#reads,)* })
                }
            }
        },
    ))
}

/// Reads the attributes in one pass.
fn attributes(fields: &[PayloadField<'_>]) -> TokenStream {
    let arms: Vec<_> = fields
        .iter()
        .filter(|field| field.attrs.kind == Kind::Attr)
        .map(|field| {
            let (slot, value, name) = (&field.slot, &field.attrs.value, &field.attrs.name);
            let (bytes, parent) = (Literal::byte_string(name.as_bytes()), field.parent);
            quote! {
                if name == #bytes {
                    #slot = Some(attribute.value::<#value>(#parent, #name)?);
                }
            }
        })
        .collect();
    if arms.is_empty() {
        return TokenStream::new();
    }
    quote! {
        for attribute in __xml::read::attributes(element) {
            let name = attribute.name();
            #(#arms)else*
        }
    }
}

/// The parameters of a payload are payloads.
fn with_payload_bounds(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    for param in generics.type_params_mut() {
        param.bounds.push(parse_quote!(__xml::Payload));
    }
    generics
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
    /// Declares the variable that attributes and children are collected in.
    fn declare(&self) -> Option<TokenStream> {
        let (slot, value) = (&self.slot, &self.attrs.value);
        Some(match (self.attrs.kind, self.attrs.arity) {
            (Kind::Text, _) => return None,
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
                let make_room = if self.attrs.kind == Kind::Child {
                    quote!(make_room)
                } else {
                    quote!(make_room_alike)
                };
                quote! {
                    __xml::read::#make_room(&mut #slot, child);
                    #slot.push(#value);
                }
            } else {
                quote!(__xml::read::once(&mut #slot, #value, #parent, #child)?;)
            }
        };
        let ns = self.child_ns();
        match self.attrs.kind {
            Kind::Child => {
                let keep = keep(
                    &quote!(<#value as __xml::Payload>::from_matching(child)?),
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
                quote!(#slot),
                quote!(__xml::read::required_attribute(#slot, #parent, #name)?),
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
        let write_one = match self.attrs.kind {
            Kind::Attr => {
                let start = format!(" {name}='");
                quote!(writer.value_attr(#start, value);)
            }
            Kind::Text => quote!(writer.value_text(value);),
            Kind::ChildText => {
                let (start, end) = (format!("<{name}>"), format!("</{name}>"));
                quote!(writer.value_element((#start, #end), #ns, value);)
            }
            Kind::Child | Kind::Rest => quote!(writer.write(value);),
            Kind::Flag => {
                return quote!(if self.#member { writer.empty_element(#name, #ns); });
            }
            Kind::Lang => {
                let (start, end) = (format!("<{name}>"), format!("</{name}>"));
                return quote!(self.#member.write_as(writer, (#start, #end), #ns););
            }
        };
        match (self.attrs.arity, &self.attrs.default) {
            (Arity::Optional, _) => quote!(if let Some(value) = &self.#member { #write_one }),
            (Arity::Many, _) => quote!(for value in &self.#member { #write_one }),
            (Arity::One, Some(default)) => {
                let ty = &self.attrs.value;
                quote! {{
                    let value: &#ty = &self.#member;
                    // Named, for some crates compare a `bool` with types of their own.
                    let default: #ty = #default;
                    if *value != default { #write_one }
                }}
            }
            (Arity::One, None) => quote! {{ let value = &self.#member; #write_one }},
        }
    }

    fn child_ns(&self) -> TokenStream {
        child_namespace(self.attrs.ns.as_ref())
    }
}
