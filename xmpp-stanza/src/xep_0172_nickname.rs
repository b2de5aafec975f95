//! XEP-0172: User Nickname, version 1.1.

use xmpp_core::{Payload, xml::ns};

/// The name that a user gives to himself ([XEP-0172
/// §3](https://xmpp.org/extensions/xep-0172.html)), in the first message to a stranger or in an
/// item of the node of the same name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "nick", ns = ns::NICK)]
pub struct UserNick {
    /// The name.
    #[xml(text)]
    pub nick: String,
}

impl UserNick {
    /// That name.
    pub fn new(nick: impl Into<String>) -> Self {
        Self { nick: nick.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::round_trip;

    #[test]
    fn a_nickname() {
        let nick: UserNick =
            round_trip("<nick xmlns='http://jabber.org/protocol/nick'>Ishmael</nick>");
        assert_eq!(nick, UserNick::new("Ishmael"));
    }
}
