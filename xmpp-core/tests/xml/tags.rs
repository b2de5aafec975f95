//! The rules of tags, names, attributes and namespaces, each beside a twin that is accepted.

use xmpp_core::xml::{ParseRule as Rule, ns};

use crate::rules::{content, document_pair};

#[test]
fn malformed_markup_and_names() {
    for bad in [
        "< b/>",
        "<1b/>",
        "<-b/>",
        "<.b/>",
        "<>",
        "<=/>",
        "<<b/>",
        "<!b>",
        "<![cdata[]]>",
        "<!-b",
        "<!d",
        "<\u{d7}/>",
    ] {
        let rule = if bad == "<\u{d7}/>" {
            Rule::MalformedName
        } else {
            Rule::MalformedMarkup
        };
        content(rule, bad, "<b/><_-.1/><\u{c0}\u{b7}\u{300}/><\u{10000}/>");
    }
    for bad in [
        "<b 1='x'/>",
        "<b -='x'/>",
        "<b .a='x'/>",
        "<b \u{d7}='x'/>",
        "<b a\u{d7}='x'/>",
        "<b\u{2190}/>",
        "<b &a='x'/>",
    ] {
        content(
            Rule::MalformedName,
            bad,
            "<b _='x' \u{e9}='y' a\u{b7}='z'/>",
        );
    }
    for bad in ["<b!/>", "<b@c/>", "<b =''/>"] {
        let rule = if bad == "<b =''/>" {
            Rule::MalformedName
        } else {
            Rule::MalformedTag
        };
        content(rule, bad, "<b/>");
    }
}

#[test]
fn tags() {
    content(Rule::MalformedTag, "<b/ >", "<b />");
    content(Rule::MalformedTag, "<b//>", "<b/>");
    content(Rule::MalformedTag, "<b'/>", "<b x=''/>");
    content(Rule::AttributeWithoutValue, "<b x/>", "<b x=''/>");
    content(Rule::AttributeWithoutValue, "<b x>", "<b x=''/>");
    content(Rule::AttributeWithoutValue, "<b x y=''/>", "<b x='' y=''/>");
    content(Rule::AttributeWithoutValue, "<b x=y/>", "<b x='y'/>");
    content(Rule::AttributeWithoutValue, "<b x=/>", "<b x = \"\" />");
    content(Rule::MissingSpace, "<b x='1'y='2'/>", "<b x='1'\ny='2'/>");
    content(
        Rule::MissingSpace,
        "<b x='1'\u{e9}='2'/>",
        "<b x='1' \u{e9}='2'/>",
    );
    content(Rule::LessThanInValue, "<b x='<'/>", "<b x='>&lt;\"'/>");
    content(Rule::LessThanInValue, "<b x=\"a<b\"/>", "<b x=\"a>b'\"/>");
    for bad in [
        "<b></c>",
        "<b></bb>",
        "<b></B>",
        "<bb></b>",
        "<b><c></b></c>",
        "<b></ b>",
        "<b></b x='1'>",
        "<b></>",
        "<b></b/>",
    ] {
        content(Rule::MismatchedEndTag, bad, "<b></b \t\r\n>");
    }
    content(Rule::MismatchedEndTag, "</b>", "<b/>");
    // By the name as written, not by the namespace.
    let bad = "<a xmlns:p='u' xmlns:q='u'><p:b></q:b></a>";
    document_pair(Rule::MismatchedEndTag, bad, &bad.replace("/q:", "/p:"));
}

#[test]
fn cdata_end_in_text() {
    content(Rule::CdataEndInText, "]]>", "]] >]>]&gt;");
    content(Rule::CdataEndInText, "a]]]>", "a]]]&gt;");
    content(
        Rule::CdataEndInText,
        "<![CDATA[]]>]]>",
        "<![CDATA[]]>]<![CDATA[]]]]>>",
    );
    // What a reference stands for is no markup; a value may hold it.
    content(
        Rule::CdataEndInText,
        "&#93;]]>",
        "&#93;]>]&#93;>]]&#62;<b x=']]>'/>",
    );
}

#[test]
fn duplicate_attributes_by_expanded_name() {
    content(
        Rule::DuplicateAttribute,
        "<b x='1' x='1'/>",
        "<b x='1' X='1'/>",
    );
    content(
        Rule::DuplicateAttribute,
        "<b x='' y='' x=''/>",
        "<b x='' y='' z=''/>",
    );
    content(
        Rule::DuplicateAttribute,
        "<b xmlns:p='u' xmlns:q='u' p:x='' q:x=''/>",
        "<b xmlns:p='u' xmlns:q='v' p:x='' q:x='' x=''/>",
    );
    // The names of namespaces compare as what they mean, known or not.
    content(
        Rule::DuplicateAttribute,
        "<b xmlns:p='jabber:client' xmlns:q='&#106;abber:client' p:x='' q:x=''/>",
        "<b xmlns:p='jabber:client' xmlns:q='Jabber:client' p:x='' q:x=''/>",
    );
    content(
        Rule::DuplicateAttribute,
        "<b xmlns:p='&#117;' xmlns:q='u' p:x='' q:x=''/>",
        "<b xmlns:p='u' xmlns:q='u/' p:x='' q:x=''/>",
    );
    // Declared on different elements.
    content(
        Rule::DuplicateAttribute,
        "<c xmlns:p='u'><b xmlns:q='u' p:x='' q:x=''/></c>",
        "<c xmlns:p='u'><b xmlns:p='v' p:x='' x=''/></c>",
    );
    content(
        Rule::DuplicateAttribute,
        "<b xmlns='u' xmlns='u'/>",
        "<b xmlns='u' xmlns:a='u'/>",
    );
    content(
        Rule::DuplicateAttribute,
        "<b xmlns:a='u' xmlns:a='v'/>",
        "<b xmlns:a='u' xmlns:A='v'/>",
    );
    content(
        Rule::DuplicateAttribute,
        "<b xml:lang='' xml:lang=''/>",
        "<b xml:lang='' lang=''/>",
    );
    // An attribute without a prefix is in no namespace, whatever the default one is.
    let ours = "<b xmlns='u' xmlns:p='u' p:x='' x=''/>";
    document_pair(
        Rule::DuplicateAttribute,
        &ours.replace(" x=''", " p:x=''"),
        ours,
    );
    // Among many.
    let many: String = (0..60).map(|i| format!(" a{i}=''")).collect();
    content(
        Rule::DuplicateAttribute,
        &format!("<b{many} a17=''/>"),
        &format!("<b{many} a60=''/>"),
    );
}

#[test]
fn prefixes() {
    content(Rule::UndeclaredPrefix, "<p:b/>", "<p:b xmlns:p='u'/>");
    content(
        Rule::UndeclaredPrefix,
        "<b p:x=''/>",
        "<b p:x='' xmlns:p='u'/>",
    );
    content(
        Rule::UndeclaredPrefix,
        "<b xmlns:p='u'/><p:b/>",
        "<b xmlns:p='u'><p:b/></b>",
    );
    content(
        Rule::UndeclaredPrefix,
        "<b xmlns:p='u'/><b p:x=''/>",
        "<b xmlns:p='u'><b p:x=''/></b>",
    );
    content(Rule::UndeclaredPrefix, "<XML:b/>", "<xml:b/>");
    let long = "p".repeat(255);
    content(
        Rule::UndeclaredPrefix,
        &format!("<{long}:b xmlns:{}q='u'/>", &long[1..]),
        &format!("<{long}:b xmlns:{long}='u' xmlns:{}q='u'/>", &long[1..]),
    );
    content(Rule::EmptyPrefixBinding, "<b xmlns:p=''/>", "<b xmlns=''/>");
    for bad in [
        "<:b/>",
        "<b:/>",
        "<b:/ >",
        "<b: x=''/>",
        "<a:b:c/>",
        "<b :x=''/>",
        "<b x:=''/>",
        "<b x:y:z=''/>",
        "<b xmlns:=''/>",
    ] {
        content(Rule::MisplacedColon, bad, "<p:b xmlns:p='u' p:x=':'/>");
    }
    content(
        Rule::MalformedName,
        "<p:1 xmlns:p='u'/>",
        "<p:_1 xmlns:p='u'/>",
    );
    content(Rule::MalformedName, "<b xmlns:1='u'/>", "<b xmlns:_='u'/>");
}

#[test]
fn reserved_prefixes() {
    let xml = ns::XML.as_str();
    let xmlns = ns::XMLNS.as_str();
    content(
        Rule::ReservedXml,
        "<b xmlns:xml='u'/>",
        &format!("<b xmlns:xml='{xml}'/>"),
    );
    content(
        Rule::ReservedXml,
        &format!("<b xmlns:p='{xml}'/>"),
        "<b xml:p=''/>",
    );
    content(
        Rule::ReservedXml,
        &format!("<b xmlns='{xml}'/>"),
        &format!("<b xmlns='{xml}#'/>"),
    );
    content(Rule::ReservedXml, "<b xmlns:xml=''/>", "<b xml:lang=''/>");
    content(
        Rule::ReservedXmlns,
        &format!("<b xmlns:xmlns='{xmlns}'/>"),
        "<b xmlns:xmln='u'/>",
    );
    content(
        Rule::ReservedXmlns,
        "<b xmlns:xmlns='u'/>",
        "<b xmlns:xmlnss='u'/>",
    );
    content(
        Rule::ReservedXmlns,
        &format!("<b xmlns:p='{xmlns}'/>"),
        "<b xmlns:p='u'/>",
    );
    content(
        Rule::ReservedXmlns,
        &format!("<b xmlns='{xmlns}'/>"),
        "<b xmlns='u'/>",
    );
    content(Rule::ReservedXmlns, "<xmlns:b/>", "<xmlns/>");
    content(
        Rule::ReservedXmlns,
        "<b xmlns:p='u'><xmlns:p/></b>",
        "<b xmlns:p='u'><xmlns xmlns=''/></b>",
    );
}
