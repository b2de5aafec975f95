//! The attributes of `<body/>`, typed.

use std::{borrow::Cow, fmt::Write as _};

use xmpp_core::xml::{ElementRef, Namespace, Writer, ns};

use super::{BodyError, Leniency};
use crate::{BoshVersion, TerminalCondition};

/// The `xml` namespace, which is bound without a declaration.
const XML: Namespace = Namespace::new("http://www.w3.org/XML/1998/namespace");

/// The attributes of a `<body/>`, of requests and of responses
/// ([XEP-0124](https://xmpp.org/extensions/xep-0124.html) 1.11.2,
/// [XEP-0206](https://xmpp.org/extensions/xep-0206.html) 1.4).
///
/// Times are seconds unless something else is said. Attributes are told apart by namespace, never
/// by prefix (BOSH point 4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attributes {
    /// `rid`, as written: 0 and what is above 2⁵³ − 1 included.
    pub rid: Option<u64>,
    /// `sid`.
    pub sid: Option<String>,
    /// `type`.
    pub kind: Option<BodyType>,
    /// `condition`.
    pub condition: Option<TerminalCondition>,
    /// `to`.
    pub to: Option<String>,
    /// `from`.
    pub from: Option<String>,
    /// `xml:lang`.
    pub lang: Option<String>,
    /// `ver`.
    pub ver: Option<BoshVersion>,
    /// `wait`.
    pub wait: Option<u64>,
    /// `hold`.
    pub hold: Option<u64>,
    /// `requests`.
    pub requests: Option<u64>,
    /// `inactivity`.
    pub inactivity: Option<u64>,
    /// `polling`.
    pub polling: Option<u64>,
    /// `maxpause`.
    pub maxpause: Option<u64>,
    /// `pause`.
    pub pause: Option<u64>,
    /// `ack`.
    pub ack: Option<u64>,
    /// `report`.
    pub report: Option<u64>,
    /// `time`, in milliseconds.
    pub time: Option<u64>,
    /// `content`.
    pub content: Option<String>,
    /// `route`.
    pub route: Option<String>,
    /// `key`.
    pub key: Option<String>,
    /// `newkey`.
    pub newkey: Option<String>,
    /// `authid`, the id of the stream.
    pub authid: Option<String>,
    /// `secure`, an attribute from before BOSH 1.6.
    pub secure: Option<bool>,
    /// `xmpp:version`.
    pub xmpp_version: Option<String>,
    /// `xmpp:restart`.
    pub restart: bool,
    /// `xmpp:restartlogic`.
    pub restart_logic: bool,
}

/// The attribute `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BodyType {
    /// The session ends.
    Terminate,
    /// A recoverable error: the request has to be repeated (BOSH 9.9).
    Error,
}

impl Attributes {
    /// Whether the request may exceed `requests` by one (BOSH 7.1).
    pub(crate) fn is_extra(&self) -> bool {
        self.pause.is_some() || self.kind == Some(BodyType::Terminate)
    }

    /// Reads the attributes of the start tag `root`.
    pub(super) fn read(root: ElementRef<'_>, leniency: Leniency) -> Result<Self, BodyError> {
        let mut a = Self::default();
        for attribute in root.attrs() {
            let (name, value) = (attribute.name(), attribute.value());
            let read = match attribute.ns() {
                "" => a.read_own(name, value),
                other if other == ns::XBOSH.as_str() => a.read_xbosh(name, value),
                other if other == XML.as_str() && name == "lang" => {
                    a.lang = Some(value.into_owned());
                    Some(())
                }
                _ => Some(()),
            };
            if read.is_none() && leniency == Leniency::Strict {
                return Err(BodyError::Attribute(name.to_owned()));
            }
        }
        Ok(a)
    }

    /// `None` when the value is not of the attribute's type.
    fn read_own(&mut self, name: &str, value: Cow<'_, str>) -> Option<()> {
        let text = |value: Cow<'_, str>| Some(value.into_owned());
        match name {
            "rid" => self.rid = Some(integer(&value)?),
            "sid" => self.sid = text(value),
            "type" => {
                self.kind = match &*value {
                    "terminate" => Some(BodyType::Terminate),
                    "error" => Some(BodyType::Error),
                    _ => return None,
                }
            }
            "condition" => self.condition = Some(TerminalCondition::from_name(&value)),
            "to" => self.to = text(value),
            "from" => self.from = text(value),
            "ver" => self.ver = Some(value.trim().parse().ok()?),
            "wait" => self.wait = Some(integer(&value)?),
            "hold" => self.hold = Some(integer(&value)?),
            "requests" => self.requests = Some(integer(&value)?),
            "inactivity" => self.inactivity = Some(integer(&value)?),
            "polling" => self.polling = Some(integer(&value)?),
            "maxpause" => self.maxpause = Some(integer(&value)?),
            "pause" => self.pause = Some(integer(&value)?),
            "ack" => self.ack = Some(integer(&value)?),
            "report" => self.report = Some(integer(&value)?),
            "time" => self.time = Some(integer(&value)?),
            "content" => self.content = text(value),
            "route" => self.route = text(value),
            "key" => self.key = text(value),
            "newkey" => self.newkey = text(value),
            "authid" => self.authid = text(value),
            "secure" => self.secure = Some(boolean(&value)?),
            // What is not known here is ignored.
            _ => {}
        }
        Some(())
    }

    /// XEP-0206's attributes, under any prefix, the boolean ones also as `1` (BOSH 13.2).
    fn read_xbosh(&mut self, name: &str, value: Cow<'_, str>) -> Option<()> {
        match name {
            "version" => self.xmpp_version = Some(value.into_owned()),
            "restart" => self.restart = boolean(&value)?,
            "restartlogic" => self.restart_logic = boolean(&value)?,
            _ => {}
        }
        Some(())
    }

    /// Appends `<body …>payload</body>` to `out`; `payload` is well-formed, where `xmlns` is the
    /// namespace of `<body/>`, and the prefix `stream` is declared if `stream_prefix`.
    pub(crate) fn write(&self, payload: &str, stream_prefix: bool, out: &mut String) {
        let mut w = Writer::new(out, ns::NONE);
        let body = w.start("body", ns::HTTPBIND);
        let xbosh = self.xmpp_version.is_some() || self.restart || self.restart_logic;
        if xbosh {
            w.attr("xmlns:xmpp", ns::XBOSH.as_str());
        }
        if stream_prefix {
            w.attr("xmlns:stream", ns::STREAMS.as_str());
        }
        let mut buffer = String::new();
        let mut number = |w: &mut Writer<'_>, name: &str, value: Option<u64>| {
            if let Some(value) = value {
                buffer.clear();
                write!(buffer, "{value}").expect("writing to a string cannot fail");
                w.attr(name, &buffer);
            }
        };
        number(&mut w, "rid", self.rid);
        w.opt_attr("sid", self.sid.as_deref());
        w.opt_attr("type", self.kind.map(BodyType::as_str));
        w.opt_attr("condition", self.condition.map(TerminalCondition::as_str));
        w.opt_attr("to", self.to.as_deref());
        w.opt_attr("from", self.from.as_deref());
        w.opt_attr("xml:lang", self.lang.as_deref());
        w.opt_attr("ver", self.ver.map(|v| v.to_string()).as_deref());
        number(&mut w, "wait", self.wait);
        number(&mut w, "hold", self.hold);
        number(&mut w, "requests", self.requests);
        number(&mut w, "inactivity", self.inactivity);
        number(&mut w, "polling", self.polling);
        number(&mut w, "maxpause", self.maxpause);
        number(&mut w, "pause", self.pause);
        number(&mut w, "ack", self.ack);
        number(&mut w, "report", self.report);
        number(&mut w, "time", self.time);
        w.opt_attr("content", self.content.as_deref());
        w.opt_attr("route", self.route.as_deref());
        w.opt_attr("key", self.key.as_deref());
        w.opt_attr("newkey", self.newkey.as_deref());
        w.opt_attr("authid", self.authid.as_deref());
        w.opt_attr(
            "secure",
            self.secure.map(|s| if s { "true" } else { "false" }),
        );
        w.opt_attr("xmpp:version", self.xmpp_version.as_deref());
        w.opt_attr("xmpp:restart", self.restart.then_some("true"));
        w.opt_attr("xmpp:restartlogic", self.restart_logic.then_some("true"));
        w.end(body);
        if !payload.is_empty() {
            // The writer ended the tag as `<body …/>`: what is inside was written elsewhere.
            out.truncate(out.len() - "/>".len());
            out.push('>');
            out.push_str(payload);
            out.push_str("</body>");
        }
    }
}

impl BodyType {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Terminate => "terminate",
            Self::Error => "error",
        }
    }
}

/// An integer without sign; what is too large for `u64` counts as its largest value.
fn integer(value: &str) -> Option<u64> {
    let digits = value.trim_ascii();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(u64::MAX))
}

/// An `xs:boolean`.
fn boolean(value: &str) -> Option<bool> {
    match value.trim_ascii() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_no_sign_and_saturate() {
        assert_eq!(integer(" 60 "), Some(60));
        assert_eq!(integer("99999999999999999999999"), Some(u64::MAX));
        for bad in ["", " ", "-1", "+1", "1.5", "abc", "0x10", "١"] {
            assert_eq!(integer(bad), None, "{bad}");
        }
    }

    #[test]
    fn booleans() {
        assert_eq!(boolean("1"), Some(true));
        assert_eq!(boolean("true"), Some(true));
        assert_eq!(boolean("0"), Some(false));
        assert_eq!(boolean("TRUE"), None);
    }
}
