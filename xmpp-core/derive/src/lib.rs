//! The derive macros behind [`xmpp_core::Payload`] and [`xmpp_core::XmlText`].
//!
//! Both take one helper attribute, `#[xml(…)]`, documented at the macros. The code they write names
//! `::xmpp_core`; a crate that reaches it under another path says so: `#[xml(crate = my::path)]` on
//! the type.
//!
//! [`xmpp_core::Payload`]: macro@Payload
//! [`xmpp_core::XmlText`]: macro@XmlText
#![forbid(unsafe_code)]

mod attrs;
mod choice;
mod payload;
mod text;

use proc_macro::TokenStream;
use syn::{Data, DeriveInput, Error, parse_macro_input};

/// Implements `xmpp_core::xml::Payload` and `WriteXml`.
///
/// ```
/// use xmpp_core::{Jid, Payload, xml::{Element, Payload}};
///
/// #[derive(Debug, PartialEq, Payload)]
/// #[xml(name = "poll", ns = "urn:example:poll")]
/// struct Poll {
///     #[xml(attr)]
///     by: Jid,
///     #[xml(child_text)]
///     question: String,
///     #[xml(child_text, name = "answer")]
///     answers: Vec<String>,
///     #[xml(flag)]
///     is_secret: bool,
/// }
///
/// let xml = "<poll xmlns='urn:example:poll' by='a@b.example'><question>Tea?</question>\
///            <answer>Yes</answer><answer>No</answer><is-secret/></poll>";
/// let element: Element = xml.parse()?;
/// let poll = Poll::from_element(element.root())?;
/// assert_eq!((poll.answers.len(), poll.is_secret), (2, true));
/// assert_eq!(Element::from_xml(&poll), element);
///
/// let broken: Element = "<poll xmlns='urn:example:poll' by='a@b.example'/>".parse()?;
/// let error = Poll::from_element(broken.root()).unwrap_err();
/// assert_eq!(error.to_string(), "<poll/> has no child <question/>");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Structs
///
/// `#[xml(name = "delay", ns = ns::DELAY)]` on the struct is its element; `ns` is an expression of
/// type `Namespace` or a string literal. Each field says where it stands:
///
/// | attribute | field types | meaning |
/// |---|---|---|
/// | `attr` | `T`, `Option<T>` | attribute in no namespace (or `name = "xml:lang"`) |
/// | `text` | `T`, `Option<T>` | the element's text; `None` when it is empty |
/// | `child` | `P`, `Option<P>`, `Vec<P>`, `P: Payload` | child elements |
/// | `child_text` | `T`, `Option<T>`, `Vec<T>` | the text of the child `name` |
/// | `flag` | `bool` | whether there is an (empty) child `name` |
/// | `lang` | `LangMap` | the texts of the children `name` by `xml:lang` |
/// | `rest` | `Vec<Element>`, `Option<Element>` | children that no other field takes |
///
/// with `T: XmlText`. A type parameter of the struct is a payload (`P: Payload`). `name` is the field's name, with `-` for `_`, unless `name = "…"` is given;
/// `ns` is the namespace of a `child_text`, `flag` or `lang`, unless given that of the struct.
/// `default` or `default = expr` stands for an absent value; a value equal to it is not written.
///
/// An absent required value, a second child where one may stand, and a value that its type does not
/// accept are errors that name element, place and value. Attributes and children that no field
/// takes are ignored.
///
/// # Enums
///
/// A choice of elements. A variant with one field is that payload; a variant without a field is an empty
/// element named like it (`NoStore` is `no-store`, or `name = "…"`), in the namespace of its own or of the
/// enum (`#[xml(ns = …)]`). The variant is found by the number of the element's namespace, in one look
/// however many there are.
///
/// One variant `#[xml(other)] Other(Element)` may take every element that is none of the others or breaks
/// its schema; `#[xml(other)] Other` takes it too and does not keep it. With one of them the enum has
/// `AnyPayload`, and never fails.
#[proc_macro_derive(Payload, attributes(xml))]
pub fn derive_payload(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    match &input.data {
        Data::Struct(data) => payload::expand(&input, data),
        Data::Enum(data) => choice::expand(&input, data),
        Data::Union(_) => Err(Error::new(input.ident.span(), "not for unions")),
    }
    .unwrap_or_else(Error::into_compile_error)
    .into()
}

/// Implements `xmpp_core::xml::XmlText`.
///
/// - Enums of names: a variant without a field is the value named like it (`GetDone` is
///   `get-done`, or `name = "…"`). One variant `#[xml(other)] Other(String)` may take every value
///   without a name. The enum also gets a method `as_str`.
/// - Structs with one unnamed field that has `XmlText` itself.
#[proc_macro_derive(XmlText, attributes(xml))]
pub fn derive_xml_text(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    text::expand(&input)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}
