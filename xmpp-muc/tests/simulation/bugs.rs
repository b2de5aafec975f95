//! Bugs that are planted, to show that the checker finds them.
//!
//! They are not in the rooms: each changes the outcomes of a correct room on their way to the checker, as a room with
//! that bug would. `expected` is the rule that the checker then names.

use testkit::muc::Out;
use xmpp_core::xml::{Element, ns};
use xmpp_muc::{Affiliation, StoreEvent};

/// A bug, and the rules one of which the checker names.
pub(crate) struct Bug {
    pub(crate) name: &'static str,
    pub(crate) expected: &'static [&'static str],
    pub(crate) plant: fn(&mut Vec<Out>),
}

pub(crate) const BUGS: &[Bug] = &[
    Bug {
        name: "a newcomer is not told of one occupant",
        expected: &["EN2", "PR6"],
        plant: |out| remove_last(out, is_roster),
    },
    Bug {
        name: "one of those inside does not hear that somebody left",
        expected: &["PR2"],
        plant: |out| {
            remove_last(out, |to, stanza| {
                is_presence(stanza, true) && !is_own(stanza) && to.contains("users")
            });
        },
    },
    Bug {
        name: "one of those inside does not hear a message",
        expected: &["GC1", "SE6"],
        plant: |out| remove_last(out, |_, stanza| is_live(stanza)),
    },
    Bug {
        name: "somebody outside hears a message",
        expected: &["GC1"],
        plant: |out| {
            copy_last(
                out,
                |_, stanza| is_live(stanza),
                |xml, to| xml.replace(to, "spy@users.example/1"),
            );
        },
    },
    Bug {
        name: "a message comes twice",
        expected: &["GC1", "GC2"],
        plant: |out| copy_last(out, |_, stanza| is_live(stanza), |xml, _| xml),
    },
    Bug {
        name: "a stanza-id is given to every message",
        expected: &["GC2"],
        plant: |out| {
            edit(
                out,
                |_, stanza| is_live(stanza),
                |xml| set(&xml, "<stanza-id ", " id=", "same"),
            );
        },
    },
    Bug {
        name: "a message has two stanza-ids of the room",
        expected: &["GC3"],
        plant: |out| {
            edit(
                out,
                |_, stanza| is_live(stanza),
                |xml| {
                    let id = "<stanza-id xmlns='urn:xmpp:sid:0' by='lobby@rooms.example' id='forged'/></message>";
                    xml.replace("</message>", id)
                },
            );
        },
    },
    Bug {
        name: "history comes in another order",
        expected: &["HI1"],
        plant: |out| {
            let late: Vec<_> = (0..out.len())
                .filter(|n| is(&out[*n], |_, s| is_history(s)))
                .collect();
            if let [.., one, two] = *late {
                out.swap(one, two);
            }
        },
    },
    Bug {
        name: "history of another room",
        expected: &["SE6"],
        plant: |out| {
            edit(
                out,
                |_, stanza| is_history(stanza),
                |xml| set(&xml, "by='lobby@rooms.example'", " id=", "elsewhere"),
            );
        },
    },
    Bug {
        name: "the subject comes before the history",
        expected: &["EN2"],
        plant: |out| {
            let history = out.iter().position(|out| is(out, |_, s| is_history(s)));
            let subject = out.iter().position(|out| is(out, |_, s| is_subject(s)));
            if let (Some(history), Some(subject)) = (history, subject)
                && history < subject
            {
                let subject = out.remove(subject);
                out.insert(history, subject);
            }
        },
    },
    Bug {
        name: "a join without a subject",
        expected: &["SU1"],
        plant: |out| remove_last(out, |_, stanza| is_subject(stanza)),
    },
    Bug {
        name: "somebody else comes after the own presence",
        expected: &["EN2"],
        plant: |out| {
            let own = out
                .iter()
                .position(|out| is(out, |_, s| is_own(s) && is_presence(s, false)));
            if let Some(own) = own.filter(|own| *own > 0 && is(&out[own - 1], is_roster)) {
                out.swap(own - 1, own);
            }
        },
    },
    Bug {
        name: "no 110 in a presence about oneself",
        expected: &["ST5", "SE10", "GC1"],
        plant: |out| {
            edit(
                out,
                |_, stanza| is_own(stanza),
                |xml| xml.replace("<status code='110'/>", ""),
            );
        },
    },
    Bug {
        name: "110 in a presence about another",
        expected: &["ST5", "MS3", "PR3", "SE10"],
        plant: |out| {
            edit(
                out,
                |_, stanza| is_presence(stanza, false) && !is_own(stanza),
                |xml| xml.replace("</x></presence>", "<status code='110'/></x></presence>"),
            );
        },
    },
    Bug {
        name: "110 twice",
        expected: &["EN6"],
        plant: |out| {
            edit(
                out,
                |_, stanza| is_own(stanza),
                |xml| {
                    xml.replace(
                        "<status code='110'/>",
                        "<status code='110'/><status code='110'/>",
                    )
                },
            );
        },
    },
    Bug {
        name: "two items in one presence",
        expected: &["PR2"],
        plant: |out| {
            edit(
                out,
                |_, stanza| is_presence(stanza, false),
                |xml| {
                    xml.replace(
                        "</x></presence>",
                        "<item affiliation='none' role='none'/></x></presence>",
                    )
                },
            );
        },
    },
    Bug {
        name: "a participant is shown as a visitor to one",
        expected: &["PR2", "PR6"],
        plant: |out| {
            edit_last(
                out,
                |_, stanza| is_presence(stanza, false) && !is_own(stanza),
                |xml| xml.replace("role='participant'", "role='visitor'"),
            );
        },
    },
    Bug {
        name: "everybody is shown as a member",
        expected: &["PR2"],
        plant: |out| {
            edit(
                out,
                |_, stanza| is_presence(stanza, false),
                |xml| xml.replace("affiliation='none'", "affiliation='member'"),
            );
        },
    },
    Bug {
        name: "an affiliation is shown and not stored",
        expected: &["PR2", "RS4"],
        plant: |out| out.retain(|out| !matches!(out, Out::Store(StoreEvent::Affiliation { .. }))),
    },
    Bug {
        name: "an affiliation is shown before it is stored",
        expected: &["PR2"],
        plant: |out| {
            out.sort_by_key(|out| matches!(out, Out::Store(StoreEvent::Affiliation { .. })));
        },
    },
    Bug {
        name: "the last owner may go",
        expected: &["RS4", "PR2"],
        plant: |out| {
            let made = out.iter().find_map(|out| match out {
                Out::Store(StoreEvent::RoomCreated { room, owner }) => {
                    Some((room.clone(), owner.clone()))
                }
                _ => None,
            });
            if let Some((room, user)) = made {
                out.push(Out::Store(StoreEvent::Affiliation {
                    room,
                    user,
                    affiliation: Affiliation::None,
                    nick: None,
                    reason: None,
                }));
            }
        },
    },
    Bug {
        name: "a real address is shown to everybody",
        expected: &["SE1", "EN8", "MS3"],
        plant: |out| {
            edit(
                out,
                |_, stanza| is_presence(stanza, false) && !is_own(stanza),
                |xml| {
                    xml.replace(
                        "role='participant'/>",
                        "role='participant' jid='ben@users.example/1'/>",
                    )
                },
            );
        },
    },
    Bug {
        name: "a moderator does not see real addresses",
        expected: &["EN8"],
        plant: |out| {
            edit(
                out,
                |_, stanza| is_presence(stanza, false) && !is_own(stanza),
                |xml| match xml.split_once(" jid='") {
                    Some((head, tail)) => {
                        let rest = tail.split_once('\'').map_or("", |(_, rest)| rest);
                        format!("{head}{rest}")
                    }
                    None => xml,
                },
            );
        },
    },
    Bug {
        name: "a private message has a stanza-id of the room",
        expected: &["PM1"],
        plant: |out| {
            edit(
                out,
                |_, stanza| is_private(stanza),
                |xml| {
                    let id = "<stanza-id xmlns='urn:xmpp:sid:0' by='lobby@rooms.example' id='forged'/></message>";
                    xml.replace("</message>", id)
                },
            );
        },
    },
    Bug {
        name: "a request without an answer",
        expected: &["IQ1"],
        plant: |out| remove_last(out, |_, stanza| is_answer(stanza)),
    },
    Bug {
        name: "a request with two answers",
        expected: &["IQ1"],
        plant: |out| copy_last(out, |_, stanza| is_answer(stanza), |xml, _| xml),
    },
    Bug {
        name: "somebody who was told to be out hears of another",
        expected: &["SE10"],
        plant: |out| {
            copy_last(
                out,
                |_, stanza| is_farewell(stanza),
                |xml, _| xml.replace("<status code='110'/>", ""),
            );
        },
    },
    Bug {
        name: "somebody is told twice to be out",
        expected: &["SE10"],
        plant: |out| {
            copy_last(out, |_, stanza| is_farewell(stanza), |xml, _| xml);
        },
    },
    Bug {
        name: "two users under one nick",
        expected: &["NI3", "PR2", "EN3"],
        plant: |out| {
            edit(
                out,
                |_, _| true,
                |xml| {
                    xml.replace("lobby@rooms.example/eve'", "lobby@rooms.example/ben'")
                        .replace(" nick='eve'", " nick='ben'")
                },
            );
        },
    },
];

fn is(out: &Out, which: fn(&str, &Element) -> bool) -> bool {
    matches!(out, Out::Stanza { to, stanza } if which(to.as_str(), stanza))
}

fn is_presence(stanza: &Element, unavailable: bool) -> bool {
    let kind = if unavailable {
        Some("unavailable")
    } else {
        None
    };
    stanza.name() == "presence"
        && stanza.attr("type").as_deref() == kind
        && stanza.child("x", ns::MUC_USER).is_some()
}

fn is_own(stanza: &Element) -> bool {
    stanza.name() == "presence" && stanza.to_string().contains("<status code='110'/>")
}

/// The last that a session hears, whatever the reason.
fn is_farewell(stanza: &Element) -> bool {
    let text = stanza.to_string();
    let goes_on = ["code='303'", "code='333'"]
        .iter()
        .any(|code| text.contains(code));
    is_own(stanza) && is_presence(stanza, true) && !goes_on
}

/// A presence that is shown to somebody who enters, or at least to one.
fn is_roster(_: &str, stanza: &Element) -> bool {
    is_presence(stanza, false) && !is_own(stanza)
}

fn is_groupchat(stanza: &Element) -> bool {
    stanza.name() == "message" && stanza.attr("type").as_deref() == Some("groupchat")
}

fn is_live(stanza: &Element) -> bool {
    is_groupchat(stanza)
        && stanza.child("stanza-id", ns::STANZA_ID).is_some()
        && stanza.child("delay", ns::DELAY).is_none()
}

fn is_history(stanza: &Element) -> bool {
    is_groupchat(stanza)
        && stanza.child("stanza-id", ns::STANZA_ID).is_some()
        && stanza.child("delay", ns::DELAY).is_some()
        && stanza.child("body", ns::CLIENT).is_some()
}

fn is_subject(stanza: &Element) -> bool {
    is_groupchat(stanza)
        && stanza.child("subject", ns::CLIENT).is_some()
        && stanza.child("stanza-id", ns::STANZA_ID).is_none()
}

fn is_private(stanza: &Element) -> bool {
    stanza.name() == "message"
        && matches!(stanza.attr("type").as_deref(), Some("chat" | "normal"))
        && stanza
            .attr("from")
            .is_some_and(|from| from.starts_with("lobby@rooms.example/"))
}

fn is_answer(stanza: &Element) -> bool {
    stanza.name() == "iq" && matches!(stanza.attr("type").as_deref(), Some("result" | "error"))
}

/// Something that picks stanzas.
type Which = fn(&str, &Element) -> bool;

fn remove_last(out: &mut Vec<Out>, which: Which) {
    if let Some(at) = out.iter().rposition(|out| is(out, which)) {
        out.remove(at);
    }
}

fn copy_last(out: &mut Vec<Out>, which: Which, change: fn(String, &str) -> String) {
    if let Some(at) = out.iter().rposition(|out| is(out, which))
        && let Out::Stanza { to, stanza } = &out[at]
    {
        let copy = read(&change(stanza.to_string(), to.as_str()));
        out.insert(at + 1, copy);
    }
}

fn edit(out: &mut [Out], which: Which, change: fn(String) -> String) {
    for out in out.iter_mut().filter(|out| is(out, which)) {
        if let Out::Stanza { stanza, .. } = out {
            *out = read(&change(stanza.to_string()));
        }
    }
}

fn edit_last(out: &mut [Out], which: Which, change: fn(String) -> String) {
    if let Some(out) = out.iter_mut().rfind(|out| is(out, which)) {
        edit(std::slice::from_mut(out), which, change);
    }
}

fn read(xml: &str) -> Out {
    let stanza: Element = xml.parse().expect("well-formed");
    let to = stanza
        .attr("to")
        .expect("a receiver")
        .parse()
        .expect("an address");
    Out::Stanza { to, stanza }
}

/// Sets the value of an attribute behind a place in the text.
fn set(xml: &str, place: &str, attribute: &str, value: &str) -> String {
    let Some(start) = xml.find(place) else {
        return xml.to_owned();
    };
    let Some(at) = xml[start..].find(attribute) else {
        return xml.to_owned();
    };
    let (head, tail) = xml.split_at(start + at + attribute.len() + 1);
    let rest = tail.find('\'').map_or("", |end| &tail[end..]);
    format!("{head}{value}{rest}")
}
