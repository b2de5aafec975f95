//! `#[derive(XmlText)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DataEnum, DeriveInput, Error, Fields, Result};

use crate::attrs::{ItemAttrs, kebab};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let krate = ItemAttrs::parse(&input.attrs)?.krate;
    let (read, write) = match &input.data {
        Data::Enum(data) => names(data, &quote!(#krate::xml::XmlTextError))?,
        Data::Struct(data)
            if data.fields.len() == 1 && matches!(data.fields, Fields::Unnamed(_)) =>
        {
            (
                quote!(::core::result::Result::map(#krate::xml::XmlText::from_xml_text(text), Self)),
                quote!(#krate::xml::XmlText::with_xml_text(&self.0, f)),
            )
        }
        _ => {
            return Err(Error::new(
                input.ident.span(),
                "XmlText is derived for enums and for structs with one unnamed field",
            ));
        }
    };
    let ident = &input.ident;
    Ok(quote! {
        #[automatically_derived]
        impl #krate::xml::XmlText for #ident {
            fn from_xml_text(text: &str) -> ::core::result::Result<Self, #krate::xml::XmlTextError> {
                #read
            }

            fn with_xml_text<XmlTextResult>(
                &self,
                f: impl ::core::ops::FnOnce(&str) -> XmlTextResult,
            ) -> XmlTextResult {
                #write
            }
        }
    })
}

/// The bodies of both functions for an enum of names.
fn names(data: &DataEnum, error: &TokenStream) -> Result<(TokenStream, TokenStream)> {
    let (mut reads, mut writes, mut known) = (Vec::new(), Vec::new(), Vec::new());
    let mut other = None;
    for variant in &data.variants {
        let (attrs, ident) = (ItemAttrs::parse(&variant.attrs)?, &variant.ident);
        if attrs.other {
            if other
                .replace(quote!(::core::result::Result::Ok(Self::#ident(value.into()))))
                .is_some()
            {
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
        reads.push(quote!(#name => ::core::result::Result::Ok(Self::#ident)));
        writes.push(quote!(Self::#ident => #name));
        known.push(name);
    }
    let message = format!("not one of {}", known.join(", "));
    let other = other.unwrap_or_else(|| {
        quote! {{
            let _ = value;
            ::core::result::Result::Err(#error(::std::string::String::from(#message)))
        }}
    });
    Ok((
        // Enumerated values are tokens: white space around them does not count (XML Schema 1.0 part 2, §4.3.6).
        quote! {
            match text.trim_matches([' ', '\t', '\n', '\r']) {
                #(#reads,)*
                value => #other,
            }
        },
        quote!(f(match self { #(#writes,)* })),
    ))
}
