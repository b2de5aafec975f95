//! How many strings, addresses and lists a value owns: what it may allocate.

use xmpp_core::{Jid, xml::LangMap};
use xmpp_muc::MucUser;
use xmpp_stanza::{Delay, TypedIqContent, TypedMessage, TypedStanza, pubsub::Event};

use super::ours::{Archived, Child, Known, Published};

pub fn child(child: &Child) -> usize {
    match child {
        Child::Management(_) => 0,
        Child::Stanza(TypedStanza::Message(m)) => message(m, payload),
        Child::Stanza(TypedStanza::Presence(p)) => {
            jids([&p.from, &p.to])
                + options([&p.id, &p.lang])
                + texts(&p.statuses)
                + list(&p.payloads, payload)
        }
        Child::Stanza(TypedStanza::Iq(iq)) => {
            let TypedIqContent::Result(Some(content)) = &iq.content else {
                panic!("only results are in the shapes");
            };
            jids([&iq.from, &iq.to]) + string(&iq.id) + options([&iq.lang]) + payload(content)
        }
    }
}

fn message<P>(m: &TypedMessage<P>, payload: impl Fn(&P) -> usize) -> usize {
    assert!(m.thread.is_none(), "not in the shapes");
    jids([&m.from, &m.to])
        + options([&m.id, &m.lang])
        + texts(&m.bodies)
        + texts(&m.subjects)
        + list(&m.payloads, payload)
}

fn payload(payload: &Known) -> usize {
    match payload {
        Known::ChatState(_) | Known::ReceiptRequest(_) => 0,
        Known::OriginId(id) => string(&id.id),
        Known::StanzaId(id) => string(&id.id) + 1,
        Known::OccupantId(id) => string(&id.id),
        Known::Delay(delay) => of_delay(delay),
        Known::Caps(caps) => options([&caps.hash]) + string(&caps.node) + string(&caps.ver),
        Known::VCardUpdate(update) => options([&update.photo]),
        Known::MucUser(user) => muc_user(user),
        Known::Archived(result) => {
            let own: Jid = "own@example.org".parse().expect("an address");
            let queryid = result.queryid().expect("a query").to_owned();
            let result = (**result).clone();
            let archived = result
                .check(Some(&own), &own, &own.to_bare(), &queryid)
                .expect("a result");
            let inner = message(archived.message(), |_: &Archived| 0);
            1 + string(archived.id()) + archived.delay().map_or(0, of_delay) + inner
        }
        Known::Event(event) => of_event(event),
        Known::Roster(roster) => {
            options([&roster.ver])
                + list(&roster.items, |item| {
                    1 + options([&item.name]) + list(&item.groups, |group| string(group))
                })
        }
        Known::DiscoInfo(info) => {
            options([&info.node])
                + list(&info.features, |feature| string(&feature.var))
                + list(&info.identities, |i| {
                    string(&i.category) + string(&i.identity_type) + options([&i.lang, &i.name])
                })
        }
        Known::DiscoItems(items) => {
            options([&items.node])
                + list(&items.items, |item| 1 + options([&item.node, &item.name]))
        }
        Known::Other(element) => panic!("untyped: {element}"),
    }
}

fn of_delay(delay: &Delay) -> usize {
    jids([&delay.from]) + options([&delay.reason])
}

fn muc_user(user: &MucUser) -> usize {
    list(&user.items, |item| {
        jids([&item.jid]) + options([&item.nick, &item.reason])
    }) + list(&user.statuses, |_| 0)
}

fn of_event(event: &Event<Published>) -> usize {
    let items = event.items.as_ref().expect("items");
    string(&items.node)
        + list(&items.items, |item| {
            let payloads = list(&item.0.elements, |published| {
                let Published::Bundle(bundle) = published else {
                    panic!("untyped");
                };
                3 + list(&bundle.pre_keys.keys, |_| 1)
            });
            options([&item.0.id]) + jids([&item.0.publisher]) + payloads
        })
}

fn jids<const N: usize>(jids: [&Option<Jid>; N]) -> usize {
    jids.into_iter().flatten().count()
}

fn string(text: &str) -> usize {
    usize::from(!text.is_empty())
}

fn options<const N: usize>(texts: [&Option<String>; N]) -> usize {
    texts.into_iter().flatten().map(|text| string(text)).sum()
}

fn texts(texts: &LangMap) -> usize {
    let of_both: usize = texts
        .iter()
        .map(|(lang, text)| string(lang) + string(text))
        .sum();
    usize::from(!texts.is_empty()) + of_both
}

fn list<T>(values: &[T], f: impl Fn(&T) -> usize) -> usize {
    usize::from(!values.is_empty()) + values.iter().map(f).sum::<usize>()
}
