//! Commands about rooms. The rooms themselves are asked, in the name of the admin, who is as their owner (MUC RS6).
#![expect(
    clippy::unnecessary_wraps,
    reason = "every command has the same signature"
)]

use xmpp_core::{BareJid, xml::Element};
use xmpp_muc::{AdminItem, Affiliation, DestroyRequest, MucAdmin, MucOwner, OccupantView, Role};
use xmpp_stanza::{DataForm, FieldOption, FieldType, FormField, FormItem, FormReported};

use super::{ABOUT, Given, Hub, Spec, Step};

pub(super) const COMMANDS: &[Spec] = &[
    Spec {
        node: "webchat#list-rooms",
        name: "List rooms",
        run: list,
    },
    Spec {
        node: "webchat#list-occupants",
        name: "List occupants of a room",
        run: occupants,
    },
    Spec {
        node: "webchat#kick",
        name: "Kick somebody out of a room",
        run: kick,
    },
    Spec {
        node: "webchat#ban",
        name: "Ban somebody from a room",
        run: ban,
    },
    Spec {
        node: "webchat#destroy-room",
        name: "Destroy a room",
        run: destroy,
    },
];

fn list(hub: &mut Hub, _: &Given) -> Result<Step, String> {
    let rows = hub.rooms.rooms().map(|(jid, occupants)| {
        let name = hub.rooms.room_config(jid).map_or("", |c| c.name.as_str());
        [
            jid.as_str().to_owned(),
            name.to_owned(),
            occupants.to_string(),
        ]
    });
    let columns = [
        ("room", "Room"),
        ("name", "Name"),
        ("occupants", "Occupants"),
    ];
    Ok(Step::result(table("Rooms", &columns, rows)))
}

fn occupants(hub: &mut Hub, given: &Given) -> Result<Step, String> {
    if given.stage() == 0 {
        let form = choose_room(hub, "List occupants of a room")?;
        return Ok(Step::last(form));
    }
    let room = room(hub, given)?;
    let rows = hub.rooms.occupants(&room).map(|occupant| {
        let addresses: Vec<String> = occupant
            .sessions
            .iter()
            .filter_map(|jid| hub.clients.get(&hub.users.session(jid)?))
            .map(|client| client.address.to_string())
            .collect();
        [
            occupant.nick,
            occupant.user.to_string(),
            occupant.role.as_str().to_owned(),
            occupant.affiliation.as_str().to_owned(),
            addresses.join(" "),
        ]
    });
    let columns = [
        ("nick", "Nick"),
        ("jid", "User"),
        ("role", "Role"),
        ("affiliation", "Affiliation"),
        ("address", "Address"),
    ];
    Ok(Step::result(table(room.as_str(), &columns, rows)))
}

fn kick(hub: &mut Hub, given: &Given) -> Result<Step, String> {
    const TITLE: &str = "Kick somebody out of a room";
    match given.stage() {
        0 => Ok(Step::next(choose_room(hub, TITLE)?)),
        1 => {
            let room = room(hub, given)?;
            let form = choose_occupants(hub, &room, TITLE)?;
            Ok(Step::last(form.with_field(reason())))
        }
        _ => {
            let room = room(hub, given)?;
            let chosen = chosen(hub, &room, given)?;
            let items = chosen.iter().map(|occupant| AdminItem {
                role: Some(Role::None),
                nick: Some(occupant.nick.clone()),
                reason: given.text("reason"),
                ..AdminItem::default()
            });
            Ok(ask(
                &room,
                items,
                format!("Kicked out of {room}: {}", names(&chosen)),
            ))
        }
    }
}

fn ban(hub: &mut Hub, given: &Given) -> Result<Step, String> {
    const TITLE: &str = "Ban somebody from a room";
    match given.stage() {
        0 => Ok(Step::next(choose_room(hub, TITLE)?)),
        1 => {
            let room = room(hub, given)?;
            let too = FormField::boolean("ban-address", true).with_label(
                "Ban their addresses from the server too (an anonymous user comes back as another)",
            );
            let form = choose_occupants(hub, &room, TITLE)?
                .with_field(too)
                .with_field(super::bans::duration())
                .with_field(reason());
            Ok(Step::last(form))
        }
        _ => {
            let room = room(hub, given)?;
            let chosen = chosen(hub, &room, given)?;
            let mut items: Vec<AdminItem> = chosen
                .iter()
                .map(|occupant| AdminItem {
                    affiliation: Some(Affiliation::Outcast),
                    jid: Some(occupant.user.clone().into()),
                    reason: given.text("reason"),
                    ..AdminItem::default()
                })
                .collect();
            if chosen.iter().any(|o| o.affiliation == Affiliation::Owner) {
                // A room has an owner at all times (MUC RS1).
                let heir = AdminItem {
                    affiliation: Some(Affiliation::Owner),
                    jid: Some(hub.admin.jid.clone().into()),
                    ..AdminItem::default()
                };
                items.insert(0, heir);
            }
            let mut note = format!("Banned from {room}: {}", names(&chosen));
            if given.flag("ban-address") {
                let sessions = chosen.iter().flat_map(|occupant| &occupant.sessions);
                let addresses = sessions.filter_map(|jid| hub.address_of(jid)).collect();
                note.push_str(&super::bans::ban_addresses(hub, addresses, given)?);
            }
            Ok(ask(&room, items, note))
        }
    }
}

fn destroy(hub: &mut Hub, given: &Given) -> Result<Step, String> {
    if given.stage() == 0 {
        let instead = FormField::typed("alternative", FieldType::JidSingle, [""; 0])
            .with_label("The address of a room to go to instead");
        let form = choose_room(hub, "Destroy a room")?
            .with_field(instead)
            .with_field(reason());
        return Ok(Step::last(form));
    }
    let room = room(hub, given)?;
    let jid = match given.one("alternative") {
        Some(_) => Some(given.jid("alternative", "The other room")?),
        None => None,
    };
    let payload = Element::from_xml(&MucOwner {
        form: None,
        destroy: Some(DestroyRequest {
            jid,
            password: None,
            reason: given.text("reason"),
        }),
    });
    Ok(Step::Ask {
        note: format!("Destroyed: {room}"),
        room,
        payload,
    })
}

fn ask(room: &BareJid, items: impl IntoIterator<Item = AdminItem>, note: String) -> Step {
    let payload = MucAdmin {
        items: items.into_iter().collect(),
    };
    Step::Ask {
        room: room.clone(),
        payload: Element::from_xml(&payload),
        note,
    }
}

/// The room that was chosen, if it is still there.
fn room(hub: &Hub, given: &Given) -> Result<BareJid, String> {
    let room = given.jid("room", "The room")?;
    match hub.rooms.room_config(&room) {
        Some(_) => Ok(room),
        None => Err(format!("there is no room {room} any more")),
    }
}

/// The occupants that were chosen, if they are still there.
fn chosen(hub: &Hub, room: &BareJid, given: &Given) -> Result<Vec<OccupantView>, String> {
    let nicks = given.all("nicks");
    if nicks.is_empty() {
        return Err("nobody was chosen".to_owned());
    }
    let find = |nick: &str| {
        let found = hub.rooms.occupants(room).find(|o| o.nick == nick);
        found.ok_or_else(|| format!("{nick} is not in {room} any more"))
    };
    nicks.into_iter().map(find).collect()
}

fn names(occupants: &[OccupantView]) -> String {
    let names: Vec<&str> = occupants.iter().map(|o| o.nick.as_str()).collect();
    names.join(", ")
}

fn choose_room(hub: &Hub, title: &str) -> Result<DataForm, String> {
    let rooms: Vec<(String, String)> = hub
        .rooms
        .rooms()
        .map(|(jid, occupants)| (jid.to_string(), format!("{jid} ({occupants})")))
        .collect();
    let Some((first, _)) = rooms.first() else {
        return Err("there are no rooms".to_owned());
    };
    let options = rooms
        .iter()
        .map(|(jid, label)| (jid.as_str(), label.as_str()));
    let field = FormField::choice("room", first, options).with_label("Room");
    let form = DataForm::form(ABOUT).with_title(title);
    Ok(form.with_field(field.required()))
}

fn choose_occupants(hub: &Hub, room: &BareJid, title: &str) -> Result<DataForm, String> {
    let options: Vec<FieldOption> = hub
        .rooms
        .occupants(room)
        .map(|occupant| FieldOption {
            label: Some(format!("{} ({})", occupant.nick, occupant.role.as_str())),
            value: occupant.nick,
        })
        .collect();
    if options.is_empty() {
        return Err(format!("nobody is in {room}"));
    }
    let field = FormField {
        options,
        ..FormField::typed("nicks", FieldType::ListMulti, [""; 0])
    };
    let form = DataForm::form(ABOUT).with_title(title);
    Ok(form.with_field(field.with_label("Occupants").required()))
}

fn reason() -> FormField {
    FormField::text("reason", "").with_label("Reason, which everybody in the room sees")
}

/// A table of results (XEP-0004 §3.4).
pub(super) fn table<const N: usize>(
    title: &str,
    columns: &[(&str, &str); N],
    rows: impl Iterator<Item = [String; N]>,
) -> DataForm {
    let fields = columns
        .iter()
        .map(|(var, label)| FormField::named(*var).with_label(*label));
    let reported = FormReported {
        fields: fields.collect(),
    };
    let items = rows.map(|row| FormItem {
        fields: columns
            .iter()
            .zip(row)
            .map(|((var, _), value)| FormField::value(*var, value))
            .collect(),
    });
    let mut form = DataForm::result(ABOUT).with_title(title);
    form.items = items.collect();
    form.reported = Some(reported);
    form
}
