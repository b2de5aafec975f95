//! What one parser made of the input.

use std::fmt;

use xmpp_core::xml::ParseError;

use crate::item::Item;

/// How the input is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One element.
    Document,
    /// A stream: white space between its stanzas is nothing.
    Stream,
}

/// What a parser made of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading<E> {
    /// What it told.
    pub items: Vec<Item>,
    /// Where it stood then.
    pub end: End<E>,
}

/// Where a parser stood at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End<E> {
    /// The root is whole.
    Complete,
    /// More should have come. What stands before this byte it has accepted; the rest may be the beginning of a token.
    Open(u64, E),
    /// It refused.
    Refused(E),
}

/// A parser that ours is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oracle {
    /// expat, the first.
    Expat,
    /// rxml, the second.
    Rxml,
}

impl fmt::Display for Oracle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expat => "expat",
            Self::Rxml => "rxml",
        })
    }
}

/// Why an oracle refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Refusal {
    /// expat's reason, and the character that it points at.
    Expat(expat_oracle::Refusal, Option<char>),
    /// rxml's reason.
    Rxml(rxml::Error),
}

/// Which way a verdict or the content differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// We refuse what the oracle does not.
    WeRefuse,
    /// The oracle refuses what we do not.
    OracleRefuses,
    /// Both accept and tell something else.
    Content,
    /// For one of the two the input is complete, for the other it is not.
    End,
}

/// A difference between two readings of the same input. Without the input: what differs is told apart by what the parsers say.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// How both read it.
    pub mode: Mode,
    /// What differs.
    pub way: Way,
    /// Ours.
    pub ours: &'a Reading<ParseError>,
    /// The oracle's.
    pub theirs: &'a Reading<Refusal>,
}

impl Case<'_> {
    /// Why we refuse, if we do.
    pub fn our_error(&self) -> Option<ParseError> {
        match self.ours.end {
            End::Refused(error) => Some(error),
            _ => None,
        }
    }

    /// rxml's reason, if it did not accept.
    pub(crate) fn rxml_error(&self) -> Option<rxml::Error> {
        match self.theirs.end {
            End::Refused(Refusal::Rxml(error)) | End::Open(_, Refusal::Rxml(error)) => Some(error),
            _ => None,
        }
    }
}
