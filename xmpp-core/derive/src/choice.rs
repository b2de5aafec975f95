//! `#[derive(Payload)]` for enums: a choice of elements.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{DataEnum, DeriveInput, Error, Fields, Ident, Result, Type, Variant};

use crate::attrs::{ItemAttrs, child_namespace, in_scope, kebab, namespace};

pub(crate) fn expand(input: &DeriveInput, data: &DataEnum) -> Result<TokenStream> {
    let item = ItemAttrs::parse(&input.attrs)?;
    let ident = &input.ident;
    if !input.generics.params.is_empty() {
        return Err(Error::new(ident.span(), "a choice has no parameters"));
    }
    let mut choice = Choice::default();
    for variant in &data.variants {
        let attrs = ItemAttrs::parse(&variant.attrs)?;
        if item.ns.is_none() && attrs.ns.is_none() && !attrs.other && variant.fields.is_empty() {
            return Err(Error::new(ident.span(), "missing #[xml(ns = …)]"));
        }
        choice.add(variant, attrs)?;
    }
    let ns = item
        .ns
        .as_ref()
        .map_or_else(|| quote!(__xml::Namespace::new("")), namespace);
    // Only for messages: elements that may stand here.
    let name = item.name.unwrap_or_else(|| {
        if choice.names.is_empty() {
            kebab(ident)
        } else {
            choice.names.join("|")
        }
    });
    let (read, any) = choice.read(ident);
    let Choice {
        matches,
        writes,
        is_in_namespace,
        ..
    } = &choice;
    let (matches, scope) = if choice.other.is_some() {
        (quote!(true), quote!(__xml::PayloadScope::Any))
    } else {
        let scope = quote! {
            if #(#is_in_namespace)&&* {
                __xml::PayloadScope::Namespace
            } else {
                __xml::PayloadScope::Any
            }
        };
        (quote!(#(#matches)||*), scope)
    };
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
                const SCOPE: __xml::PayloadScope = #scope;

                fn matches(element: __xml::ElementRef<'_>) -> bool {
                    #matches
                }

                fn from_element(
                    element: __xml::ElementRef<'_>,
                ) -> ::core::result::Result<Self, __xml::PayloadError> {
                    #read
                }
            }

            #any
        },
    ))
}

#[derive(Default)]
struct Choice {
    names: Vec<String>,
    matches: Vec<TokenStream>,
    arms: Vec<Arm>,
    writes: Vec<TokenStream>,
    /// Whether a variant keeps to the namespace of the choice.
    is_in_namespace: Vec<TokenStream>,
    /// Makes the variant that takes every other element.
    other: Option<TokenStream>,
}

/// How one variant is read.
struct Arm {
    /// Its namespace; `None` is that of the choice.
    ns: Option<TokenStream>,
    /// Whether `element` may be it.
    matches: TokenStream,
    /// The value, as a `Result`.
    value: TokenStream,
    /// Whether it may stand in another namespace as well.
    is_anywhere: TokenStream,
}

impl Choice {
    fn add(&mut self, variant: &Variant, attrs: ItemAttrs) -> Result<()> {
        let ident = &variant.ident;
        let field = match &variant.fields {
            Fields::Unit => None,
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Some(&fields.unnamed[0].ty),
            _ => {
                return Err(Error::new(
                    ident.span(),
                    "a variant of a payload has no field or one unnamed one",
                ));
            }
        };
        let (arm, write) = match (field, attrs.other) {
            (_, true) => return self.add_other(variant),
            (Some(ty), false) => (Arm::payload(variant, ty), quote!(writer.write(value))),
            (None, false) => {
                let name = attrs.name.unwrap_or_else(|| kebab(ident));
                let ns = child_namespace(attrs.ns.as_ref());
                let arm = Arm {
                    ns: attrs.ns.as_ref().map(namespace),
                    matches: quote!(element.is(#name, #ns)),
                    value: quote!(Ok::<_, __xml::PayloadError>(Self::#ident)),
                    is_anywhere: quote!(false),
                };
                self.names.push(name.clone());
                (arm, quote!(writer.empty_element(#name, #ns)))
            }
        };
        let pattern = field.map(|_| quote!((value)));
        self.writes.push(quote!(Self::#ident #pattern => #write));
        self.matches.push(arm.matches.clone());
        let (ns, is_anywhere) = (arm.ns.iter(), &arm.is_anywhere);
        self.is_in_namespace.push(quote! {
            !#is_anywhere #(&& #ns.is_same(<Self as __xml::Payload>::NAMESPACE))*
        });
        self.arms.push(arm);
        Ok(())
    }

    fn add_other(&mut self, variant: &Variant) -> Result<()> {
        let ident = &variant.ident;
        let (other, write) = if variant.fields.is_empty() {
            (quote!(Self::#ident), quote!(Self::#ident => {}))
        } else {
            (
                quote!(Self::#ident(element.to_element())),
                quote!(Self::#ident(element) => writer.write(element)),
            )
        };
        self.writes.push(write);
        if self.other.replace(other).is_some() {
            let message = "one variant takes the other elements";
            return Err(Error::new(ident.span(), message));
        }
        Ok(())
    }

    /// The body of `from_element`, and the implementation of `AnyPayload`.
    fn read(&self, ident: &Ident) -> (TokenStream, TokenStream) {
        let (mut consts, mut arms, mut anywhere) = (Vec::new(), Vec::new(), Vec::new());
        for (i, arm) in self.arms.iter().enumerate() {
            let number = format_ident!("NS_{i}");
            let own = || quote!(<#ident as __xml::Payload>::NAMESPACE);
            let ns = arm.ns.clone().unwrap_or_else(own);
            let (matches, value, is_anywhere) = (&arm.matches, &arm.value, &arm.is_anywhere);
            let take = if self.other.is_some() {
                quote!(if let Ok(value) = #value { return value; })
            } else {
                quote!(return #value)
            };
            consts.push(quote!(const #number: u16 = #ns.id();));
            arms.push(quote!(#number if #matches => { #take }));
            anywhere.push(quote!(if #is_anywhere && #matches { #take }));
        }
        // One look at the namespace; names are compared only within it.
        let look = quote! {
            #(#consts)*
            match __xml::read::namespace_id(element) {
                #(#arms)*
                _ => {}
            }
            #(#anywhere)*
        };
        let Some(other) = &self.other else {
            let mismatch = quote! {
                Err(__xml::PayloadError::Mismatch {
                    expected: <Self as __xml::Payload>::NAME,
                })
            };
            return (quote!(#look #mismatch), TokenStream::new());
        };
        let any = quote! {
            #[automatically_derived]
            impl __xml::AnyPayload for #ident {
                fn read(element: __xml::ElementRef<'_>) -> Self {
                    #look
                    #other
                }
            }
        };
        (quote!(Ok(<Self as __xml::AnyPayload>::read(element))), any)
    }
}

impl Arm {
    fn payload(variant: &Variant, ty: &Type) -> Self {
        let ident = &variant.ident;
        Self {
            ns: Some(quote!(<#ty as __xml::Payload>::NAMESPACE)),
            matches: quote!(<#ty as __xml::Payload>::matches(element)),
            value: quote!(<#ty as __xml::Payload>::from_matching(element).map(Self::#ident)),
            is_anywhere: quote! {
                matches!(<#ty as __xml::Payload>::SCOPE, __xml::PayloadScope::Any)
            },
        }
    }
}
