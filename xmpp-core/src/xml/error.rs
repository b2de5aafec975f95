//! Why input was rejected.

/// Why input was rejected: the rule that was broken and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule} at byte {offset}")]
pub struct ParseError {
    /// The rule that was broken.
    pub rule: ParseRule,
    /// Offset of the byte in all that was pushed since the parser was made or restarted.
    pub offset: u64,
}

/// What a broken rule means for the stream: the kinds that RFC 6120 §4.9.3 tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParseClass {
    /// Not well-formed XML, or not well-formed with regard to namespaces: `not-well-formed`.
    NotWellFormed,
    /// XML that XMPP forbids (RFC 6120 §11.1): `restricted-xml`.
    RestrictedXml,
    /// An encoding other than UTF-8 is declared (RFC 6120 §11.6): `unsupported-encoding`.
    UnsupportedEncoding,
    /// Well-formed XML that cannot stand where it stands in a stream: `bad-format`.
    BadFormat,
    /// A limit was exceeded: `policy-violation`.
    PolicyViolation,
}

/// A rule of XML 1.0, Namespaces in XML 1.0 or RFC 6120 §11, or a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ParseRule {
    // Characters.
    /// Invalid, overlong or truncated UTF-8 (RFC 6120 §11.6).
    #[error("invalid UTF-8")]
    Utf8,
    /// A character that XML 1.0 §2.2 forbids.
    #[error("forbidden character")]
    ForbiddenCharacter,
    /// A reference to a character that XML 1.0 §2.2 forbids, as in `&#0;`.
    #[error("reference to a forbidden character")]
    ForbiddenReference,
    /// `&` that begins no reference (XML 1.0 §4.1).
    #[error("malformed reference")]
    MalformedReference,

    // What XMPP restricts (RFC 6120 §11.1).
    /// An entity other than the five predefined ones.
    #[error("entity that is not predefined")]
    UndeclaredEntity,
    /// A comment.
    #[error("comment")]
    Comment,
    /// A processing instruction.
    #[error("processing instruction")]
    ProcessingInstruction,
    /// A document type declaration.
    #[error("document type declaration")]
    DocumentType,

    // The XML declaration (RFC 6120 §11.5).
    /// An XML declaration that does not stand at the very start.
    #[error("XML declaration that is not at the very start")]
    MisplacedXmlDeclaration,
    /// An XML declaration that breaks XML 1.0 §2.8.
    #[error("malformed XML declaration")]
    MalformedXmlDeclaration,
    /// A version other than 1.0.
    #[error("XML version other than 1.0")]
    XmlVersion,
    /// `standalone='no'`: the document relies on declarations that XMPP forbids.
    #[error("XML declaration with standalone='no'")]
    NotStandalone,
    /// An encoding other than UTF-8.
    #[error("encoding other than UTF-8")]
    Encoding,

    // Where things stand.
    /// Text before or after the root element.
    #[error("text outside the root element")]
    TextOutsideRoot,
    /// A stream's text between its stanzas that is not white space.
    #[error("text between stanzas")]
    TextBetweenStanzas,
    /// Markup after the end of the root element.
    #[error("markup after the root element")]
    ContentAfterRoot,
    /// The document does not start with `<` though it must (RFC 7395 §3.3).
    #[error("document that does not start with '<'")]
    FirstByte,
    /// The input ended within an element, or before one.
    #[error("input ended too early")]
    UnexpectedEnd,

    // Tags.
    /// `<` that begins neither a tag nor anything else (`<!x`, `< a>`, `<1>`).
    #[error("malformed markup")]
    MalformedMarkup,
    /// A name that breaks XML 1.0 §2.3.
    #[error("malformed name")]
    MalformedName,
    /// A colon where Namespaces in XML 1.0 §4 allows none.
    #[error("misplaced colon in a name")]
    MisplacedColon,
    /// A tag that breaks XML 1.0 §3.1 in another way.
    #[error("malformed tag")]
    MalformedTag,
    /// An attribute without `=` or without quotes.
    #[error("attribute without a quoted value")]
    AttributeWithoutValue,
    /// Two attributes, or an attribute and the name of its element, without white space between them.
    #[error("attributes without space between them")]
    MissingSpace,
    /// `<` in the value of an attribute.
    #[error("'<' in an attribute value")]
    LessThanInValue,
    /// An end tag that does not match its start tag.
    #[error("end tag that does not match")]
    MismatchedEndTag,
    /// `]]>` in text (XML 1.0 §2.4).
    #[error("']]>' in text")]
    CdataEndInText,

    // Namespaces.
    /// Two attributes with one expanded name.
    #[error("duplicate attribute")]
    DuplicateAttribute,
    /// A prefix that is not declared.
    #[error("undeclared prefix")]
    UndeclaredPrefix,
    /// `xmlns:p=''`: version 1.0 cannot undeclare a prefix.
    #[error("prefix bound to an empty namespace name")]
    EmptyPrefixBinding,
    /// The prefix `xml` bound to another namespace, or its namespace to another prefix.
    #[error("misuse of the prefix 'xml' or of its namespace")]
    ReservedXml,
    /// The prefix `xmlns` declared or used for an element, or its namespace bound.
    #[error("misuse of the prefix 'xmlns' or of its namespace")]
    ReservedXmlns,

    // Limits.
    /// More than [`super::Limits::stanza_bytes`].
    #[error("stanza too big")]
    StanzaBytes,
    /// More than [`super::Limits::elements`].
    #[error("too many elements in a stanza")]
    Elements,
    /// More than [`super::Limits::depth`].
    #[error("elements nested too deeply")]
    Depth,
    /// More than [`super::Limits::attributes`].
    #[error("too many attributes")]
    Attributes,
    /// More than [`super::Limits::declarations`].
    #[error("too many namespace declarations on an element")]
    Declarations,
    /// More than [`super::Limits::declarations_in_scope`].
    #[error("too many namespace declarations in scope")]
    DeclarationsInScope,
    /// More than [`super::Limits::namespace_bytes`].
    #[error("namespace name too long")]
    NamespaceBytes,
    /// More nodes than one per 8 bytes of [`super::Limits::stanza_bytes`].
    #[error("too many nodes for the size of a stanza")]
    Nodes,
    /// A name longer than 65,535 bytes, or a prefix longer than 255.
    #[error("name too long")]
    NameLength,
    /// More than 32,767 different namespaces in one stanza.
    #[error("too many namespaces in a stanza")]
    Namespaces,
}

impl ParseRule {
    /// The kind of fault, which tells the stream error to send.
    pub fn class(self) -> ParseClass {
        use ParseRule as R;
        match self {
            R::UndeclaredEntity
            | R::Comment
            | R::ProcessingInstruction
            | R::DocumentType
            | R::XmlVersion
            | R::NotStandalone => ParseClass::RestrictedXml,
            R::Encoding => ParseClass::UnsupportedEncoding,
            R::TextBetweenStanzas | R::FirstByte => ParseClass::BadFormat,
            R::StanzaBytes
            | R::Elements
            | R::Depth
            | R::Attributes
            | R::Declarations
            | R::DeclarationsInScope
            | R::NamespaceBytes
            | R::Nodes
            | R::NameLength
            | R::Namespaces => ParseClass::PolicyViolation,
            _ => ParseClass::NotWellFormed,
        }
    }
}

/// A broken rule and its place in the item being read. Small, so that it travels in registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    pub(super) rule: ParseRule,
    at: u32,
}

impl Fault {
    #[cold]
    pub(super) fn new(rule: ParseRule, at: usize) -> Self {
        Self {
            rule,
            at: u32::try_from(at).unwrap_or(u32::MAX),
        }
    }

    pub(super) fn at(self) -> usize {
        self.at as usize
    }
}

/// `Err` with a rule and a place; cold, so that the hot path is laid out without it.
#[cold]
pub(super) fn fault<T>(rule: ParseRule, at: usize) -> Result<T, Fault> {
    Err(Fault::new(rule, at))
}

/// A broken rule and its place in all of the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Located {
    pub(super) rule: ParseRule,
    pub(super) at: usize,
}
