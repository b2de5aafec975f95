//! Conversions, comparison and text of JIDs.

use std::{borrow::Borrow, cmp::Ordering, fmt, hash, str::FromStr};

use super::{BareJid, BareJidRef, FullJid, Jid, JidError, JidRef};
use crate::xml::{XmlText, XmlTextError};

impl From<BareJid> for Jid {
    fn from(jid: BareJid) -> Self {
        jid.0
    }
}

impl From<FullJid> for Jid {
    fn from(jid: FullJid) -> Self {
        jid.0
    }
}

/// Equality, order, hash and output: those of the text.
macro_rules! as_text {
    ($($jid:ty, $name:literal);*) => {$(
        impl fmt::Display for $jid {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $jid {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($name, "({:?})"), self.as_str())
            }
        }

        impl AsRef<str> for $jid {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        /// Equality, order and hash are those of the text, so that maps can be asked by `&str`.
        impl Borrow<str> for $jid {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }

        impl PartialEq<str> for $jid {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<&str> for $jid {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }
    )*};
}

as_text!(
    Jid, "Jid";
    BareJid, "BareJid";
    FullJid, "FullJid";
    JidRef<'_>, "JidRef";
    BareJidRef<'_>, "BareJidRef"
);

macro_rules! compared_as_text {
    ($($jid:ty),*) => {$(
        impl PartialEq for $jid {
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }

        impl Eq for $jid {}

        impl PartialOrd for $jid {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $jid {
            fn cmp(&self, other: &Self) -> Ordering {
                self.as_str().cmp(other.as_str())
            }
        }

        impl hash::Hash for $jid {
            fn hash<H: hash::Hasher>(&self, state: &mut H) {
                self.as_str().hash(state);
            }
        }
    )*};
}

compared_as_text!(Jid, JidRef<'_>, BareJidRef<'_>);

/// An owned JID and a borrowed one.
macro_rules! compared_with_views {
    ($($jid:ty, $view:ty);*) => {$(
        impl PartialEq<$view> for $jid {
            fn eq(&self, other: &$view) -> bool {
                self.as_str() == other.as_str()
            }
        }

        impl PartialEq<$jid> for $view {
            fn eq(&self, other: &$jid) -> bool {
                self.as_str() == other.as_str()
            }
        }
    )*};
}

compared_with_views!(Jid, JidRef<'_>; FullJid, JidRef<'_>; BareJid, BareJidRef<'_>);

macro_rules! read_from_text {
    ($($jid:ident),*) => {$(
        impl FromStr for $jid {
            type Err = JidError;

            fn from_str(text: &str) -> Result<Self, JidError> {
                Self::new(text)
            }
        }

        /// What is in XML came from a peer: it is read by `received`.
        impl XmlText for $jid {
            fn from_xml_text(text: &str) -> Result<Self, XmlTextError> {
                Self::received(text).map_err(|e| XmlTextError(e.to_string()))
            }

            #[inline]
            fn with_xml_text<R>(&self, f: impl FnOnce(&str) -> R) -> R {
                f(self.as_str())
            }
        }
    )*};
}

read_from_text!(Jid, BareJid, FullJid);
