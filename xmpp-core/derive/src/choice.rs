//! `#[derive(Payload)]` for enums: a choice of elements.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DataEnum, DeriveInput, Error, Fields, Result};

use crate::attrs::{ItemAttrs, child_namespace, kebab, namespace};

pub(crate) fn expand(input: &DeriveInput, data: &DataEnum) -> Result<TokenStream> {
    let item = ItemAttrs::parse(&input.attrs)?;
    let (ident, krate) = (&input.ident, &item.krate);
    let Some(ns) = item.ns.as_ref().map(|ns| namespace(krate, ns)) else {
        return Err(Error::new(ident.span(), "missing #[xml(ns = …)]"));
    };
    let (mut matches, mut reads, mut writes) = (Vec::new(), Vec::new(), Vec::new());
    let mut names = Vec::new();
    for variant in &data.variants {
        let (attrs, variant_ident) = (ItemAttrs::parse(&variant.attrs)?, &variant.ident);
        match &variant.fields {
            Fields::Unit => {
                let name = attrs.name.unwrap_or_else(|| kebab(variant_ident));
                let ns = child_namespace(krate, attrs.ns.as_ref());
                matches.push(quote!(element.is(#name, #ns)));
                reads.push(quote! {
                    if element.is(#name, #ns) {
                        return ::core::result::Result::Ok(Self::#variant_ident);
                    }
                });
                writes.push(quote!(Self::#variant_ident => writer.empty_element(#name, #ns)));
                names.push(name);
            }
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                let ty = &fields.unnamed[0].ty;
                matches.push(quote!(<#ty as #krate::xml::Payload>::matches(element)));
                reads.push(quote! {
                    if <#ty as #krate::xml::Payload>::matches(element) {
                        return ::core::result::Result::map(
                            <#ty as #krate::xml::Payload>::from_element(element),
                            Self::#variant_ident,
                        );
                    }
                });
                writes.push(quote! {
                    Self::#variant_ident(value) => #krate::xml::WriteXml::write_xml(value, writer)
                });
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
    Ok(quote! {
        #[automatically_derived]
        impl #krate::xml::WriteXml for #ident {
            fn write_xml(&self, writer: &mut #krate::xml::Writer<'_>) {
                match self { #(#writes,)* }
            }
        }

        #[automatically_derived]
        impl #krate::xml::Payload for #ident {
            const NAME: &'static str = #name;
            const NAMESPACE: #krate::xml::Namespace = #ns;

            fn matches(element: #krate::xml::ElementRef<'_>) -> bool {
                #(#matches)||*
            }

            fn from_element(
                element: #krate::xml::ElementRef<'_>,
            ) -> ::core::result::Result<Self, #krate::xml::PayloadError> {
                #(#reads)*
                ::core::result::Result::Err(#krate::xml::PayloadError::Mismatch {
                    expected: <Self as #krate::xml::Payload>::NAME,
                })
            }
        }
    })
}
