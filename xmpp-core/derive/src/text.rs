//! `#[derive(XmlText)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DataEnum, DeriveInput, Error, Fields, Result};

use crate::attrs::{ItemAttrs, in_scope, kebab};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let krate = ItemAttrs::parse(&input.attrs)?.krate;
    let error = quote!(__xml::XmlTextError);
    let ident = &input.ident;
    let (read, write, more, as_str) = match &input.data {
        Data::Enum(data) => {
            let (read, as_str) = names(data, &error)?;
            let as_str = quote! {
                #[automatically_derived]
                impl #ident {
                    /// The value as it stands in XML.
                    #as_str
                }
            };
            (read, quote!(f(self.as_str())), TokenStream::new(), as_str)
        }
        Data::Struct(data)
            if data.fields.len() == 1 && matches!(data.fields, Fields::Unnamed(_)) =>
        {
            (
                quote!(__xml::XmlText::from_xml_text(text).map(Self)),
                quote!(__xml::XmlText::with_xml_text(&self.0, f)),
                quote! {
                    fn from_xml_cow(
                        text: ::std::borrow::Cow<'_, str>,
                    ) -> ::core::result::Result<Self, #error> {
                        __xml::XmlText::from_xml_cow(text).map(Self)
                    }

                    fn write_xml_text(&self, out: &mut __xml::ValueWriter<'_>) {
                        __xml::XmlText::write_xml_text(&self.0, out);
                    }
                },
                TokenStream::new(),
            )
        }
        _ => {
            return Err(Error::new(
                ident.span(),
                "XmlText is derived for enums and for structs with one unnamed field",
            ));
        }
    };
    Ok(in_scope(
        &krate,
        &quote! {
            #as_str

            #[automatically_derived]
            impl __xml::XmlText for #ident {
                fn from_xml_text(text: &str) -> ::core::result::Result<Self, #error> {
                    #read
                }

                fn with_xml_text<XmlTextResult>(
                    &self,
                    f: impl FnOnce(&str) -> XmlTextResult,
                ) -> XmlTextResult {
                    #write
                }

                #more
            }
        },
    ))
}

/// How an enum of names is read (an expression) and written (the function `as_str`).
fn names(data: &DataEnum, error: &TokenStream) -> Result<(TokenStream, TokenStream)> {
    let (mut reads, mut writes, mut known) = (Vec::new(), Vec::new(), Vec::new());
    let mut other = None;
    for variant in &data.variants {
        let (attrs, ident) = (ItemAttrs::parse(&variant.attrs)?, &variant.ident);
        if attrs.other {
            if other.replace(ident).is_some() {
                return Err(Error::new(
                    ident.span(),
                    "one variant takes the other values",
                ));
            }
            writes.push(quote!(Self::#ident(value) => value));
            continue;
        }
        if !matches!(variant.fields, Fields::Unit) {
            return Err(Error::new(ident.span(), "a name has no fields"));
        }
        let name = attrs.name.unwrap_or_else(|| kebab(ident));
        reads.push(quote!(#name => Ok(Self::#ident)));
        writes.push(quote!(Self::#ident => #name));
        known.push(name);
    }
    let (fallback, signature) = if let Some(other) = other {
        (
            quote!(value => Ok(Self::#other(value.into()))),
            quote!(pub fn as_str(&self) -> &str),
        )
    } else {
        let message = format!("not one of {}", known.join(", "));
        (
            quote!(_ => Err(#error(#message.into()))),
            quote!(pub const fn as_str(&self) -> &'static str),
        )
    };
    Ok((
        // Enumerated values are tokens: white space around them does not count (XML Schema 1.0 part
        // 2, §4.3.6).
        quote! {
            match text {
                #(#reads,)*
                _ => match text.trim_matches([' ', '\t', '\n', '\r']) {
                    #(#reads,)*
                    #fallback,
                },
            }
        },
        quote!(#signature { match self { #(#writes,)* } }),
    ))
}
