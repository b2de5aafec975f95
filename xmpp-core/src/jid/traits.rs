//! Conversions, comparison and text of JIDs.

use std::{borrow::Borrow, cmp::Ordering, fmt, hash, str::FromStr};

use super::{BareJid, FullJid, Jid, JidError, JidPart, JidRule};
use crate::xml::{XmlText, XmlTextError};

impl PartialEq for Jid {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Jid {}

impl PartialOrd for Jid {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Jid {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl hash::Hash for Jid {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

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

impl From<FullJid> for BareJid {
    fn from(jid: FullJid) -> Self {
        jid.to_bare()
    }
}

impl TryFrom<Jid> for BareJid {
    type Error = JidError;

    fn try_from(jid: Jid) -> Result<Self, JidError> {
        if jid.is_bare() {
            Ok(Self(jid))
        } else {
            Err(JidError::new(JidPart::Resource, JidRule::Presence))
        }
    }
}

impl TryFrom<Jid> for FullJid {
    type Error = JidError;

    fn try_from(jid: Jid) -> Result<Self, JidError> {
        if jid.is_full() {
            Ok(Self(jid))
        } else {
            Err(JidError::new(JidPart::Resource, JidRule::Presence))
        }
    }
}

impl AsRef<Jid> for BareJid {
    fn as_ref(&self) -> &Jid {
        &self.0
    }
}

impl AsRef<Jid> for FullJid {
    fn as_ref(&self) -> &Jid {
        &self.0
    }
}

macro_rules! text_traits {
    ($($jid:ident),*) => {$(
        impl FromStr for $jid {
            type Err = JidError;

            fn from_str(text: &str) -> Result<Self, JidError> {
                Self::new(text)
            }
        }

        impl fmt::Display for $jid {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $jid {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($jid), "({:?})"), self.as_str())
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

        impl XmlText for $jid {
            fn from_xml_text(text: &str) -> Result<Self, XmlTextError> {
                Self::new(text).map_err(|e| XmlTextError(e.to_string()))
            }

            fn with_xml_text<R>(&self, f: impl FnOnce(&str) -> R) -> R {
                f(self.as_str())
            }
        }
    )*};
}

text_traits!(Jid, BareJid, FullJid);
