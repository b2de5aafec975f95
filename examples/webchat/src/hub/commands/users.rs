//! Commands about users (XEP-0133 §4).
#![expect(
    clippy::unnecessary_wraps,
    reason = "every command has the same signature"
)]

use std::collections::BTreeSet;

use xmpp_core::{Jid, stream::StreamErrorCondition};
use xmpp_stanza::{DataForm, FieldType, FormField};

use super::{ABOUT, Given, Hub, Key, Spec, Step};

pub(super) const COMMANDS: &[Spec] = &[
    Spec {
        node: "http://jabber.org/protocol/admin#get-online-users-num",
        name: "Number of online users",
        run: count,
    },
    Spec {
        node: "http://jabber.org/protocol/admin#get-online-users-list",
        name: "List online users",
        run: list,
    },
    Spec {
        node: "http://jabber.org/protocol/admin#user-stats",
        name: "About a user",
        run: stats,
    },
    Spec {
        node: "http://jabber.org/protocol/admin#end-user-session",
        name: "End sessions of users",
        run: end,
    },
];

/// §4.19
fn count(hub: &mut Hub, _: &Given) -> Result<Step, String> {
    let number = hub.users.users().count().to_string();
    let field = FormField::value("onlineusersnum", number).with_label("Online users");
    Ok(Step::result(DataForm::result(ABOUT).with_field(field)))
}

/// §4.21
fn list(hub: &mut Hub, given: &Given) -> Result<Step, String> {
    if given.stage() == 0 {
        let max = ["25", "50", "100", "200", "none"].map(|n| (n, n));
        let field = FormField::choice("max_items", "100", max).with_label("Most users to show");
        let form = DataForm::form(ABOUT).with_title("List online users");
        return Ok(Step::last(form.with_field(field)));
    }
    let max = given.one("max_items").and_then(|n| n.parse().ok());
    let mut users: Vec<&str> = hub.users.users().map(|(user, _)| user.as_str()).collect();
    users.sort_unstable();
    users.truncate(max.unwrap_or(usize::MAX));
    let field = FormField::typed("onlineuserjids", FieldType::JidMulti, users);
    let form = DataForm::result(ABOUT).with_field(field.with_label("Online users"));
    Ok(Step::result(form))
}

/// §4.16
fn stats(hub: &mut Hub, given: &Given) -> Result<Step, String> {
    if given.stage() == 0 {
        let field = FormField::typed("accountjid", FieldType::JidSingle, [""; 0])
            .with_label("The user's address")
            .required();
        let form = DataForm::form(ABOUT).with_title("About a user");
        return Ok(Step::last(form.with_field(field)));
    }
    let user = given.jid("accountjid", "The address")?;
    let keys: Vec<Key> = hub.users.sessions(&user).collect();
    if keys.is_empty() {
        return Err(format!("{user} is not online"));
    }
    let clients = || keys.iter().filter_map(|key| hub.clients.get(key));
    let addresses: BTreeSet<String> = clients().map(|c| c.address.to_string()).collect();
    let resources = clients()
        .filter_map(|c| c.jid.as_ref())
        .map(xmpp_core::FullJid::resource);
    let rooms: BTreeSet<&str> = clients()
        .flat_map(|c| &c.rooms)
        .map(xmpp_core::BareJid::as_str)
        .collect();
    let field = |var: &str, label: &str, values: Vec<&str>| {
        FormField::typed(var, FieldType::TextMulti, values).with_label(label)
    };
    let addresses = addresses.iter().map(String::as_str).collect();
    let form = DataForm::result(ABOUT)
        .with_field(field("ipaddresses", "Addresses", addresses))
        .with_field(field("onlineresources", "Sessions", resources.collect()))
        .with_field(field("rooms", "Rooms", rooms.into_iter().collect()));
    Ok(Step::result(form))
}

/// §4.6: of a bare JID all sessions, of a full one that one.
fn end(hub: &mut Hub, given: &Given) -> Result<Step, String> {
    if given.stage() == 0 {
        let field = FormField::typed("accountjids", FieldType::JidMulti, [""; 0])
            .with_label("The addresses whose sessions are to be ended, one a line")
            .required();
        let form = DataForm::form(ABOUT).with_title("End sessions of users");
        return Ok(Step::last(form.with_field(field)));
    }
    let mut keys = Vec::new();
    for text in given.all("accountjids") {
        let jid = Jid::new(text).map_err(|e| format!("'{text}' is no address: {e}"))?;
        let before = keys.len();
        match jid.to_full() {
            Some(full) => keys.extend(hub.users.session(&full)),
            None => keys.extend(hub.users.sessions(&jid.to_bare())),
        }
        if keys.len() == before {
            return Err(format!("{jid} is not online"));
        }
    }
    let number = keys.len();
    for key in keys {
        hub.end(key, StreamErrorCondition::PolicyViolation.into());
    }
    Ok(Step::note(format!("Sessions ended: {number}")))
}
