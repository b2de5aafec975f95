//! A reader of a room's archive (XEP-0313).

use std::collections::VecDeque;

use xmpp_core::xml::{Element, ElementRef, ns};

use super::{User, condition, is_error};

/// A message of the archive.
#[derive(Clone, Debug)]
pub struct Archived {
    pub id: String,
    /// Its text, where it has one.
    pub body: Option<String>,
    /// The forwarded message.
    pub stanza: Element,
}

/// What of it is the same for every reader: a moderator is told the author's address as well (MUC MA5).
impl PartialEq for Archived {
    fn eq(&self, other: &Self) -> bool {
        (&self.id, &self.body) == (&other.id, &other.body)
    }
}

/// One page, and what was said of it.
#[derive(Debug)]
pub struct Page {
    pub messages: Vec<Archived>,
    pub complete: bool,
    pub count: Option<u64>,
    pub index: Option<u64>,
    /// The error's condition instead.
    pub refused: Option<String>,
}

impl Page {
    pub fn bodies(&self) -> Vec<&str> {
        let bodies = self.messages.iter();
        bodies
            .filter_map(|message| message.body.as_deref())
            .collect()
    }
}

/// Asks for a page: `fields` of the form, each a name and a value, and what stands in `<set/>`.
pub async fn page(user: &mut User, room: &str, fields: &[(&str, &str)], set: &str) -> Page {
    let id = format!("archive-{}", rand::random::<u64>());
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("<field var='{name}'><value>{value}</value></field>"))
        .collect();
    let fields = fields.concat();
    user.send(&format!(
        "<iq type='set' id='{id}' to='{room}@rooms.localhost'><query xmlns='urn:xmpp:mam:2' queryid='{id}'>\
         <x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>urn:xmpp:mam:2</value></field>{fields}</x>\
         <set xmlns='http://jabber.org/protocol/rsm'>{set}</set></query></iq>"
    ))
    .await;
    let mut messages = Vec::new();
    loop {
        let stanza = user.next().await;
        if let Some(result) = stanza.child("result", ns::MAM) {
            assert_eq!(result.attr("queryid").as_deref(), Some(&*id));
            messages.push(archived(result));
        } else if stanza.attr("id").as_deref() == Some(&id) {
            return answer(&stanza, messages);
        }
    }
}

fn answer(stanza: &Element, messages: Vec<Archived>) -> Page {
    let mut page = Page {
        messages,
        complete: false,
        count: None,
        index: None,
        refused: None,
    };
    if is_error(stanza) {
        page.refused = condition(stanza);
        return page;
    }
    let fin = stanza.child("fin", ns::MAM).expect("the end of a page");
    let set = fin.child("set", ns::RSM).expect("a set");
    page.complete = fin.attr("complete").as_deref() == Some("true");
    let number = |text: &str| text.parse().expect("a number");
    page.count = set
        .child("count", ns::RSM)
        .map(|count| number(&count.text()));
    let first = set.child("first", ns::RSM);
    page.index = first.and_then(|first| first.attr("index").map(|index| number(&index)));
    let end = |name| set.child(name, ns::RSM).map(|end| end.text().into_owned());
    let id = |message: Option<&Archived>| message.map(|message| message.id.clone());
    assert_eq!(end("first"), id(page.messages.first()), "{stanza}");
    assert_eq!(end("last"), id(page.messages.last()), "{stanza}");
    page
}

fn archived(result: ElementRef<'_>) -> Archived {
    let id = result.attr("id").expect("an id").into_owned();
    let forwarded = result.child("forwarded", ns::FORWARD).expect("a message");
    let message = forwarded.child("message", ns::CLIENT).expect("a message");
    Archived {
        id,
        body: message
            .child("body", ns::CLIENT)
            .map(|body| body.text().into_owned()),
        stanza: message.to_element(),
    }
}

/// The whole archive, page by page from its beginning.
pub async fn forwards(user: &mut User, room: &str, max: usize) -> Vec<Archived> {
    let mut all: Vec<Archived> = Vec::new();
    loop {
        let after = all.last().map(|last| format!("<after>{}</after>", last.id));
        let set = format!("<max>{max}</max>{}", after.unwrap_or_default());
        let page = page(user, room, &[], &set).await;
        assert_eq!(page.refused, None, "{room}");
        all.extend(page.messages);
        if page.complete {
            return all;
        }
    }
}

/// The whole archive, page by page from its end, oldest first.
pub async fn backwards(user: &mut User, room: &str, max: usize) -> Vec<Archived> {
    let mut all: VecDeque<Archived> = VecDeque::new();
    loop {
        let before = all.front().map_or("", |first| &first.id);
        let set = format!("<max>{max}</max><before>{before}</before>");
        let page = page(user, room, &[], &set).await;
        assert_eq!(page.refused, None, "{room}");
        for message in page.messages.into_iter().rev() {
            all.push_front(message);
        }
        if page.complete {
            return all.into();
        }
    }
}
