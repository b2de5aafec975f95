//! Stanzas as one line of text.

use std::fmt::Write as _;

use xmpp_core::xml::{Element, ElementRef, Namespace, ns};
use xmpp_muc::StoreEvent;

/// The line of a stanza, without its receiver.
pub(crate) fn line(stanza: &Element) -> String {
    let stanza = stanza.root();
    if stanza.attr("type").as_deref() == Some("error") {
        return error(stanza);
    }
    match stanza.name() {
        "presence" => presence(stanza),
        "message" => message(stanza),
        "iq" => iq(stanza),
        other => panic!("no stanza: {other}"),
    }
}

pub(crate) fn store(event: &StoreEvent) -> String {
    match event {
        StoreEvent::RoomCreated { .. } => "store created".to_owned(),
        StoreEvent::RoomDeleted { .. } => "store deleted".to_owned(),
        StoreEvent::Message(_) => "store message".to_owned(),
        StoreEvent::Replaced { .. } => "store tombstone".to_owned(),
        StoreEvent::Room { .. } => "store room".to_owned(),
        StoreEvent::Config { .. } => "store config".to_owned(),
        StoreEvent::Affiliation {
            user, affiliation, ..
        } => format!(
            "store {affiliation} {}",
            user.as_str().replace("@users.example", "")
        ),
        other => panic!("unknown {other:?}"),
    }
}

/// The nick that a stanza comes from, `room` for the bare room.
fn sender(stanza: ElementRef<'_>) -> String {
    let from = stanza.attr("from").expect("every stanza has a sender");
    match from.split_once('/') {
        Some((_, nick)) => nick.to_owned(),
        None => "room".to_owned(),
    }
}

fn text(parent: ElementRef<'_>, name: &str, ns: Namespace) -> Option<String> {
    parent
        .child(name, ns)
        .map(|child| child.text().into_owned())
}

fn error(stanza: ElementRef<'_>) -> String {
    let error = stanza.child("error", ns::CLIENT).expect("an error");
    let condition = error
        .children()
        .find(|child| child.has_ns(ns::STANZA_ERRORS) && child.name() != "text")
        .expect("a condition");
    format!(
        "{} error {}/{}",
        stanza.name(),
        error.attr("type").expect("an error type"),
        condition.name()
    )
}

fn presence(stanza: ElementRef<'_>) -> String {
    let Some(x) = stanza.child("x", ns::MUC_USER) else {
        return format!(
            "presence {} from {}",
            stanza.attr("type").unwrap_or_default(),
            sender(stanza)
        );
    };
    let sign = match stanza.attr("type").as_deref() {
        None => '+',
        Some("unavailable") => '-',
        Some(other) => panic!("a presence of type {other} with an item"),
    };
    let item = x.child("item", ns::MUC_USER).expect("an item");
    let mut line = format!(
        "{sign}{} {}/{}",
        sender(stanza),
        item.attr("affiliation").expect("an affiliation"),
        item.attr("role").expect("a role")
    );
    let codes: Vec<_> = x
        .children()
        .filter(|child| child.name() == "status")
        .map(|status| status.attr("code").expect("a code").into_owned())
        .collect();
    if !codes.is_empty() {
        write!(line, " #{}", codes.join(",")).expect("a string");
    }
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            write!(line, " {name}={value}").expect("a string");
        }
    };
    add("id", stanza.attr("id").map(Into::into));
    add(
        "jid",
        item.attr("jid")
            .map(|jid| jid.replace("@users.example", "")),
    );
    add("nick", item.attr("nick").map(Into::into));
    if let Some(actor) = item.child("actor", ns::MUC_USER) {
        add("actor", actor.attr("nick").map(Into::into));
        add(
            "by",
            actor
                .attr("jid")
                .map(|jid| jid.replace("@users.example", "")),
        );
    }
    add("reason", text(item, "reason", ns::MUC_USER));
    add("show", text(stanza, "show", ns::CLIENT));
    add("status", text(stanza, "status", ns::CLIENT));
    if let Some(destroy) = x.child("destroy", ns::MUC_USER) {
        add(
            "destroy",
            Some(destroy.attr("jid").unwrap_or_default().into_owned()),
        );
    }
    line
}

/// A message out of the archive: `archive ben: Hello jid=ben/1`.
fn archived(result: ElementRef<'_>) -> String {
    let forwarded = result.child("forwarded", ns::FORWARD).expect("forwarded");
    let stanza = forwarded.child("message", ns::CLIENT).expect("a message");
    let from = sender(stanza);
    let what = if stanza.child("retracted", ns::RETRACT).is_some() {
        format!("{from} retracted")
    } else if let Some(body) = text(stanza, "body", ns::CLIENT) {
        format!("{from}: {body}")
    } else if let Some(subject) = text(stanza, "subject", ns::CLIENT) {
        format!("{from}! {subject}")
    } else {
        let names: Vec<_> = stanza.children().map(ElementRef::name).collect();
        format!("{from} <{}>", names.join(" "))
    };
    let jid = stanza
        .child("x", ns::MUC_USER)
        .and_then(|x| x.child("item", ns::MUC_USER))
        .and_then(|item| item.attr("jid"))
        .map(|jid| format!(" jid={}", jid.replace("@users.example", "")));
    format!("archive {what}{}", jid.unwrap_or_default())
}

fn message(stanza: ElementRef<'_>) -> String {
    if let Some(result) = stanza.child("result", ns::MAM) {
        return archived(result);
    }
    let from = sender(stanza);
    let late = if stanza.child("delay", ns::DELAY).is_some() {
        " @"
    } else {
        ""
    };
    let body = text(stanza, "body", ns::CLIENT);
    if let Some(subject) = text(stanza, "subject", ns::CLIENT)
        && body.is_none()
    {
        return format!("{from}! {subject}{late}");
    }
    let x = stanza.child("x", ns::MUC_USER);
    if let Some(body) = body {
        let private = if x.is_some() { " (private)" } else { "" };
        return format!("{from}{private}: {body}{late}");
    }
    if let Some(x) = x {
        let mut line = format!("{from} says");
        for child in x.children() {
            match child.name() {
                "status" => write!(line, " #{}", child.attr("code").expect("a code")),
                "mav" => Ok(()), // opaque, and in every notice of an affiliation
                "item" => write!(
                    line,
                    " {}={}",
                    child
                        .attr("jid")
                        .unwrap_or_default()
                        .replace("@users.example", ""),
                    child.attr("affiliation").unwrap_or_default()
                ),
                name => write!(
                    line,
                    " {name} from={}",
                    child
                        .attr("from")
                        .unwrap_or_default()
                        .replace("@users.example", "")
                ),
            }
            .expect("a string");
        }
        return line;
    }
    let names: Vec<_> = stanza.children().map(ElementRef::name).collect();
    format!("{from} <{}>", names.join(" "))
}

fn iq(stanza: ElementRef<'_>) -> String {
    let payload = stanza.children().next().map_or("", ElementRef::name);
    let iq_type = stanza.attr("type").expect("a type");
    if let Some(fin) = stanza.child("fin", ns::MAM) {
        let complete = fin.attr("complete").as_deref() == Some("true");
        let count = fin
            .child("set", ns::RSM)
            .and_then(|set| text(set, "count", ns::RSM));
        let complete = if complete { " complete" } else { "" };
        return format!("iq result fin{complete} {}", count.unwrap_or_default());
    }
    if iq_type == "result" {
        return format!("iq result {payload}").trim_end().to_owned();
    }
    format!("iq {iq_type} {payload} from {}", sender(stanza))
}
