//! `#[derive(Payload)]` for enums: a choice of elements.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DataEnum, DeriveInput, Error, Fields, Result};

use crate::attrs::{ItemAttrs, child_namespace, in_scope, kebab, namespace};

pub(crate) fn expand(input: &DeriveInput, data: &DataEnum) -> Result<TokenStream> {
    let item = ItemAttrs::parse(&input.attrs)?;
    let ident = &input.ident;
    let Some(ns) = item.ns.as_ref().map(namespace) else {
        return Err(Error::new(ident.span(), "missing #[xml(ns = …)]"));
    };
    let (mut matches, mut reads, mut writes) = (Vec::new(), Vec::new(), Vec::new());
    let mut names = Vec::new();
    for variant in &data.variants {
        let (attrs, variant_ident) = (ItemAttrs::parse(&variant.attrs)?, &variant.ident);
        match &variant.fields {
            Fields::Unit => {
                let name = attrs.name.unwrap_or_else(|| kebab(variant_ident));
                let ns = child_namespace(attrs.ns.as_ref());
                let is = quote!(element.is(#name, #ns));
                reads.push(quote!(if #is { return Ok(Self::#variant_ident); }));
                matches.push(is);
                writes.push(quote!(Self::#variant_ident => writer.empty_element(#name, #ns)));
                names.push(name);
            }
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                let ty = &fields.unnamed[0].ty;
                let matches_ty = quote!(<#ty as __xml::Payload>::matches(element));
                reads.push(quote! {
                    if #matches_ty {
                        return <#ty as __xml::Payload>::from_element(element).map(Self::#variant_ident);
                    }
                });
                matches.push(matches_ty);
                writes.push(quote!(Self::#variant_ident(value) => writer.write(value)));
            }
            _ => {
                return Err(Error::new(
                    variant_ident.span(),
                    "a variant of a payload has no field or one unnamed one",
                ));
            }
        }
    }
    // Only for messages: elements that may stand here.
    let name = item.name.unwrap_or_else(|| {
        if names.is_empty() {
            kebab(ident)
        } else {
            names.join("|")
        }
    });
    Ok(in_scope(
        &item.krate,
        &quote! {
            #[automatically_derived]
            impl __xml::WriteXml for #ident {
                fn write_xml(&self, writer: &mut __xml::Writer<'_>) {
                    match self { #(#writes,)* }
                }
            }

            #[automatically_derived]
            impl __xml::Payload for #ident {
                const NAME: &'static str = #name;
                const NAMESPACE: __xml::Namespace = #ns;

                fn matches(element: __xml::ElementRef<'_>) -> bool {
                    #(#matches)||*
                }

                fn from_element(
                    element: __xml::ElementRef<'_>,
                ) -> ::core::result::Result<Self, __xml::PayloadError> {
                    #(#reads)*
                    Err(__xml::PayloadError::Mismatch {
                        expected: <Self as __xml::Payload>::NAME,
                    })
                }
            }
        },
    ))
}
