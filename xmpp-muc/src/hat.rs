//! XEP-0317: Hats (0.3.1), what a room calls some of its people beside their roles.

use xmpp_core::xml::{WriteXml, Writer, ns};

/// A hat: a title that a room gives to people, such as "Presenter" ([XEP-0317 §3.1]).
///
/// The hats of a room are part of its configuration ([`RoomConfig::hats`](crate::RoomConfig::hats)); who wears them is
/// decided by admins or by the host ([`Service::assign_hat`](crate::Service::assign_hat)).
///
/// ```
/// use xmpp_muc::{Hat, RoomConfig};
/// let mut config = RoomConfig::default();
/// config.hats.push(Hat::new("https://chat.example/hats#helper", "Helper").with_hue(171.5));
/// ```
///
/// [XEP-0317 §3.1]: https://xmpp.org/extensions/xep-0317.html#presence
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Hat {
    /// What identifies it.
    pub uri: String,
    /// What people read.
    pub title: String,
    /// Its colour, an angle in degrees from 0 to 360, as text.
    #[cfg_attr(feature = "serde", serde(default))]
    pub hue: Option<String>,
    /// The language of the title, a tag of BCP 47; empty for none.
    #[cfg_attr(feature = "serde", serde(default))]
    pub lang: String,
}

impl Hat {
    /// A hat without a colour.
    pub fn new(uri: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            title: title.into(),
            hue: None,
            lang: String::new(),
        }
    }

    /// The same with a colour, an angle in degrees.
    #[must_use]
    pub fn with_hue(mut self, degrees: f64) -> Self {
        self.hue = Some(degrees.to_string());
        self
    }

    /// The same with a title in this language.
    #[must_use]
    pub fn with_lang(mut self, lang: impl Into<String>) -> Self {
        self.lang = lang.into();
        self
    }

    /// Whether it can be one: a URI and a title of reasonable length, a hue that is an angle.
    pub fn is_sound(&self) -> bool {
        let hue = |hue: &String| {
            let angle = hue.parse::<f64>();
            hue.len() <= 32 && angle.is_ok_and(|angle| (0.0..=360.0).contains(&angle))
        };
        let is_uri = self
            .uri
            .split_once(':')
            .is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty());
        is_uri
            && self.uri.len() <= 1023
            && !self
                .uri
                .chars()
                .any(|c| c.is_whitespace() || c.is_control())
            && !self.title.trim().is_empty()
            && self.title.chars().count() <= 256
            && self.lang.len() <= 35
            && self.hue.as_ref().is_none_or(hue)
    }
}

/// Why [`Service::assign_hat`](crate::Service::assign_hat) and the like did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HatError {
    /// There is no such room.
    #[error("no such room")]
    NoRoom,
    /// The room has no such hat, or the user does not wear it.
    #[error("no such hat")]
    NoHat,
    /// A hat without a URI or a title, with a hue that is no angle, or twice the same.
    #[error("not a hat")]
    Invalid,
    /// As many hats as there may be.
    #[error("too many hats")]
    Full,
}

/// `<hats/>` in a presence; nothing where there are none.
pub(crate) fn write_hats(w: &mut Writer<'_>, hats: &[Hat]) {
    if hats.is_empty() {
        return;
    }
    let tag = w.start("hats", ns::HATS);
    for hat in hats {
        w.write(hat);
    }
    w.end(tag);
}

impl WriteXml for Hat {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let tag = w.start("hat", ns::HATS);
        w.attr("title", &self.title);
        w.attr("uri", &self.uri);
        w.opt_attr("hue", self.hue.as_deref());
        w.opt_attr(
            "xml:lang",
            Some(&*self.lang).filter(|lang| !lang.is_empty()),
        );
        w.end(tag);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_a_hat() {
        assert!(Hat::new("urn:x", "X").with_hue(360.0).is_sound());
        for bad in [
            Hat::new("", "X"),
            Hat::new("x", "X"),
            Hat::new(":x", "X"),
            Hat::new("urn:", "X"),
            Hat::new("urn:a b", "X"),
            Hat::new("urn:x", " "),
            Hat::new("urn:x", "x".repeat(257)),
            Hat::new("urn:x", "X").with_hue(361.0),
            Hat::new("urn:x", "X").with_hue(f64::NAN),
            Hat {
                hue: Some("red".to_owned()),
                ..Hat::new("urn:x", "X")
            },
        ] {
            assert!(!bad.is_sound(), "{bad:?}");
        }
    }
}
