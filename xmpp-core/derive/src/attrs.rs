//! What stands in `#[xml(…)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, Error, Expr, ExprLit, Field, GenericArgument, Ident, Lit, LitStr, Path,
    PathArguments, Result, Type, meta::ParseNestedMeta, parse_quote, spanned::Spanned,
};

/// `#[xml(…)]` on a struct, an enum or a variant.
pub(crate) struct ItemAttrs {
    pub(crate) name: Option<String>,
    pub(crate) ns: Option<Expr>,
    pub(crate) krate: Path,
    /// The variant that takes every other value.
    pub(crate) other: bool,
}

impl ItemAttrs {
    pub(crate) fn parse(attrs: &[Attribute]) -> Result<Self> {
        let mut item = Self {
            name: None,
            ns: None,
            krate: parse_quote!(::xmpp_core),
            other: false,
        };
        each(attrs, |meta| {
            if meta.path.is_ident("name") {
                item.name = Some(meta.value()?.parse::<LitStr>()?.value());
            } else if meta.path.is_ident("ns") {
                item.ns = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("crate") {
                item.krate = meta.value()?.parse()?;
            } else if meta.path.is_ident("other") {
                item.other = true;
            } else {
                return Err(meta.error("expected one of name, ns, crate, other"));
            }
            Ok(())
        })?;
        Ok(item)
    }
}

/// Where the value of a field stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Attr,
    Text,
    Child,
    ChildText,
    Flag,
    Lang,
    Rest,
}

/// How often it may stand there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arity {
    One,
    Optional,
    Many,
}

/// A field of a payload.
pub(crate) struct FieldAttrs {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) ns: Option<Expr>,
    /// `default` or `default = expr`.
    pub(crate) default: Option<TokenStream>,
    pub(crate) arity: Arity,
    /// The type of one value: `T` of `T`, `Option<T>` and `Vec<T>`.
    pub(crate) value: Type,
}

impl FieldAttrs {
    pub(crate) fn parse(field: &Field) -> Result<Self> {
        let (mut kind, mut name, mut ns, mut default) = (None, None, None, None);
        each(&field.attrs, |meta| {
            let found = match meta.path.get_ident().map(Ident::to_string).as_deref() {
                Some("attr") => Kind::Attr,
                Some("text") => Kind::Text,
                Some("child") => Kind::Child,
                Some("child_text") => Kind::ChildText,
                Some("flag") => Kind::Flag,
                Some("lang") => Kind::Lang,
                Some("rest") => Kind::Rest,
                Some("name") => {
                    name = Some(meta.value()?.parse::<LitStr>()?.value());
                    return Ok(());
                }
                Some("ns") => {
                    ns = Some(meta.value()?.parse()?);
                    return Ok(());
                }
                Some("default") => {
                    default = Some(if meta.input.peek(syn::Token![=]) {
                        let expr: Expr = meta.value()?.parse()?;
                        quote!(#expr)
                    } else {
                        quote!(::core::default::Default::default())
                    });
                    return Ok(());
                }
                _ => {
                    return Err(meta.error(
                        "expected one of attr, text, child, child_text, flag, lang, rest, \
                         name, ns, default",
                    ));
                }
            };
            if kind.replace(found).is_some() {
                return Err(meta.error("a field stands in one place only"));
            }
            Ok(())
        })?;
        let Some(kind) = kind else {
            return Err(Error::new(
                field.span(),
                "say where this field stands: #[xml(attr)], text, child, child_text, flag, lang or rest",
            ));
        };
        let name = match (name, &field.ident) {
            (Some(name), _) => name,
            (None, Some(ident)) => unraw(ident).replace('_', "-"),
            (None, None) if matches!(kind, Kind::Text | Kind::Child | Kind::Rest) => String::new(),
            (None, None) => return Err(Error::new(field.span(), "an unnamed field needs a name")),
        };
        let (arity, value) = arity(&field.ty);
        Ok(Self {
            kind,
            name,
            ns,
            default,
            arity,
            value,
        })
    }
}

/// Calls `f` with every item of every `#[xml(…)]`.
fn each(attrs: &[Attribute], mut f: impl FnMut(&ParseNestedMeta<'_>) -> Result<()>) -> Result<()> {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("xml")) {
        attr.parse_nested_meta(|meta| f(&meta))?;
    }
    Ok(())
}

fn arity(ty: &Type) -> (Arity, Type) {
    if let Type::Path(path) = ty
        && let Some(last) = path.path.segments.last()
        && let PathArguments::AngleBracketed(args) = &last.arguments
        && let (1, Some(GenericArgument::Type(inner))) = (args.args.len(), args.args.first())
    {
        if last.ident == "Option" {
            return (Arity::Optional, inner.clone());
        }
        if last.ident == "Vec" {
            return (Arity::Many, inner.clone());
        }
    }
    (Arity::One, ty.clone())
}

/// A namespace in `#[xml(ns = …)]`: an expression of type `Namespace`, or its name.
pub(crate) fn namespace(expr: &Expr) -> TokenStream {
    match expr {
        Expr::Lit(ExprLit {
            lit: Lit::Str(name),
            ..
        }) => quote!(__xml::Namespace::new(#name)),
        expr => quote!(#expr),
    }
}

/// The namespace of a child, as a constant: its own, or that of the payload it stands in.
pub(crate) fn child_namespace(own: Option<&Expr>) -> TokenStream {
    let ns = own.map_or_else(|| quote!(<Self as __xml::Payload>::NAMESPACE), namespace);
    quote!(const { #ns })
}

/// The implementations, with `xmpp_core::xml` in scope as `__xml`.
pub(crate) fn in_scope(krate: &Path, impls: &TokenStream) -> TokenStream {
    quote! {
        const _: () = {
            use #krate::xml as __xml;
            #impls
        };
    }
}

pub(crate) fn unraw(ident: &Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map_or(name.clone(), str::to_owned)
}

/// `NoStore` as it stands in XML: `no-store`.
pub(crate) fn kebab(ident: &Ident) -> String {
    let mut out = String::new();
    for (i, c) in unraw(ident).chars().enumerate() {
        if c.is_uppercase() && i > 0 {
            out.push('-');
        }
        out.extend(c.to_lowercase());
    }
    out
}
