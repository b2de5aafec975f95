//! Commands about addresses that may not come in.
#![expect(
    clippy::unnecessary_wraps,
    reason = "every command has the same signature"
)]

use std::{collections::BTreeSet, net::IpAddr, time::Duration};

use xmpp_core::Jid;
use xmpp_stanza::{DataForm, FieldOption, FieldType, FormField};

use super::{ABOUT, Given, Hub, Spec, Step, rooms::table};
use crate::hub::bans::Network;

pub(super) const COMMANDS: &[Spec] = &[
    Spec {
        node: "webchat#ban-address",
        name: "Ban an address from the server",
        run: ban,
    },
    Spec {
        node: "webchat#list-bans",
        name: "List banned addresses",
        run: list,
    },
    Spec {
        node: "webchat#unban-address",
        name: "Let banned addresses in again",
        run: unban,
    },
];

/// How long a ban may be.
const DURATIONS: [(&str, &str); 6] = [
    ("3600", "An hour"),
    ("86400", "A day"),
    ("604800", "A week"),
    ("2592000", "30 days"),
    ("31536000", "A year"),
    ("0", "For ever"),
];

fn ban(hub: &mut Hub, given: &Given) -> Result<Step, String> {
    if given.stage() == 0 {
        let who = FormField::typed("who", FieldType::TextSingle, [""; 0])
            .with_label("An IPv4 address, an IPv6 address (its /64 is meant), or the JID of a user who is online")
            .required();
        let why = FormField::text("reason", "").with_label("Reason, for the list of bans only");
        let form = DataForm::form(ABOUT)
            .with_title("Ban an address from the server")
            .with_field(who)
            .with_field(duration())
            .with_field(why);
        return Ok(Step::last(form));
    }
    let who = given.required("who", "Who")?;
    let addresses: BTreeSet<IpAddr> = if let Ok(address) = who.parse() {
        [address].into()
    } else {
        let jid = Jid::new(who).map_err(|_| format!("'{who}' is neither an address nor a JID"))?;
        let keys: Vec<_> = match jid.to_full() {
            Some(full) => hub.users.session(&full).into_iter().collect(),
            None => hub.users.sessions(&jid.to_bare()).collect(),
        };
        let clients = keys.iter().filter_map(|key| hub.clients.get(key));
        let addresses: BTreeSet<IpAddr> = clients.map(|client| client.address).collect();
        if addresses.is_empty() {
            return Err(format!("{jid} is not online"));
        }
        addresses
    };
    let note = ban_addresses(hub, addresses, given)?;
    Ok(Step::note(note.trim_start_matches([';', ' '])))
}

/// Bans addresses for as long as the form says, and ends the sessions that come from them.
pub(super) fn ban_addresses(
    hub: &mut Hub,
    addresses: BTreeSet<IpAddr>,
    given: &Given,
) -> Result<String, String> {
    let seconds = given.one("duration").map_or(Ok(86400), str::parse);
    let seconds: u64 = seconds.map_err(|_| "the duration is no number of seconds".to_owned())?;
    let duration = (seconds > 0).then(|| Duration::from_secs(seconds));
    let mut networks = BTreeSet::new();
    for address in addresses {
        networks.insert(Network::of(address).ok_or(
            "loopback cannot be banned: behind a proxy, set trusted-proxy so that addresses are known",
        )?);
    }
    let reason = given.text("reason").unwrap_or_default();
    let mut ended = 0;
    let mut names = Vec::new();
    for network in networks {
        names.push(network.to_string());
        ended += hub.ban(network, duration, &reason)?;
    }
    Ok(format!(
        "; addresses banned: {}; sessions ended: {ended}",
        names.join(", ")
    ))
}

fn list(hub: &mut Hub, _: &Given) -> Result<Step, String> {
    let now = hub.now;
    let rows = hub.bans.iter(now).map(|(network, ban)| {
        let left = match ban.until {
            Some(until) => format!("{} min", until.since(now).as_secs().div_ceil(60)),
            None => "for ever".to_owned(),
        };
        [network.to_string(), left, ban.reason.clone()]
    });
    let columns = [
        ("address", "Address"),
        ("left", "Still"),
        ("reason", "Reason"),
    ];
    Ok(Step::result(table("Banned addresses", &columns, rows)))
}

fn unban(hub: &mut Hub, given: &Given) -> Result<Step, String> {
    if given.stage() == 0 {
        let options: Vec<FieldOption> = hub
            .bans
            .iter(hub.now)
            .map(|(network, _)| FieldOption {
                label: None,
                value: network.to_string(),
            })
            .collect();
        if options.is_empty() {
            return Err("no address is banned".to_owned());
        }
        let field = FormField {
            options,
            ..FormField::typed("addresses", FieldType::ListMulti, [""; 0])
        };
        let form = DataForm::form(ABOUT).with_title("Let banned addresses in again");
        return Ok(Step::last(
            form.with_field(field.with_label("Addresses").required()),
        ));
    }
    let mut number = 0;
    for text in given.all("addresses") {
        let network = text
            .parse()
            .map_err(|()| format!("'{text}' is no address"))?;
        number += usize::from(hub.unban(network));
    }
    Ok(Step::note(format!("Addresses let in again: {number}")))
}

/// The field that asks for how long.
pub(super) fn duration() -> FormField {
    FormField::choice("duration", "86400", DURATIONS).with_label("For how long")
}
