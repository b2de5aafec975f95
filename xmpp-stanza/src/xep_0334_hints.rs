//! XEP-0334: Message Processing Hints, version 1.0.0.

use xmpp_core::{Payload, xml::ns};

/// How servers on the way should treat a message ([XEP-0334
/// §4](https://xmpp.org/extensions/xep-0334.html)). A message may have several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(ns = ns::HINTS)]
pub enum Hint {
    /// Keep it for recipients that are offline, but in no archive.
    NoPermanentStore,
    /// Keep it nowhere.
    NoStore,
    /// Send no copies to other clients of the same user.
    NoCopy,
    /// Keep it, whatever it looks like.
    Store,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Payloads,
        testing::{error, round_trip},
    };

    #[test]
    fn the_four_hints() {
        for (name, hint) in [
            ("no-permanent-store", Hint::NoPermanentStore),
            ("no-store", Hint::NoStore),
            ("no-copy", Hint::NoCopy),
            ("store", Hint::Store),
        ] {
            let xml = format!("<{name} xmlns='urn:xmpp:hints'/>");
            assert_eq!(round_trip::<Hint>(&xml), hint);
        }
        assert_eq!(
            error::<Hint>("<no-hint xmlns='urn:xmpp:hints'/>"),
            "not a <no-permanent-store|no-store|no-copy|store/>"
        );
    }

    #[test]
    fn several_hints() {
        let mut payloads = Payloads::new();
        payloads.push(&Hint::NoCopy);
        payloads.push(&Hint::NoStore);
        let hints: Vec<_> = payloads.all::<Hint>().map(Result::unwrap).collect();
        assert_eq!(hints, [Hint::NoCopy, Hint::NoStore]);
    }
}
