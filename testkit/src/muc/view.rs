//! A room as one session sees it.

use std::collections::BTreeMap;

use xmpp_core::xml::{ElementRef, ns};

/// What a session knows about an occupant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) affiliation: String,
    pub(super) role: String,
    pub(super) show: String,
    pub(super) with_jid: bool,
}

impl Known {
    pub(super) fn read(presence: ElementRef<'_>) -> Self {
        let item = item(presence).unwrap_or_else(|| panic!("PR2: no item: {presence}"));
        let text = |name| {
            let value = item.attr(name);
            value.unwrap_or_else(|| panic!("PR2: no {name}: {presence}"))
        };
        Self {
            affiliation: text("affiliation").into_owned(),
            role: text("role").into_owned(),
            show: presence
                .child("show", ns::CLIENT)
                .map(|show| show.text().into_owned())
                .unwrap_or_default(),
            with_jid: item.attr("jid").is_some(),
        }
    }
}

/// How far a join has come (MUC EN2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// After the own presence: history, until the subject.
    #[default]
    History,
    /// After the subject.
    Live,
}

/// A session inside, as its client sees the room.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    /// Its nick.
    pub(super) own: String,
    pub(super) occupants: BTreeMap<String, Known>,
    pub(super) phase: Phase,
    /// The place of the last message heard (MUC GC2).
    pub(super) heard: Option<u64>,
    /// The place of the last message of the history (MUC HI1).
    pub(super) replayed: Option<u64>,
}

impl View {
    pub(super) fn role(&self) -> &str {
        self.occupants
            .get(&self.own)
            .map_or("none", |own| &own.role)
    }
}

pub(super) fn item(stanza: ElementRef<'_>) -> Option<ElementRef<'_>> {
    stanza.child("x", ns::MUC_USER)?.child("item", ns::MUC_USER)
}

pub(super) fn codes(stanza: ElementRef<'_>) -> Vec<u32> {
    stanza
        .child("x", ns::MUC_USER)
        .into_iter()
        .flat_map(ElementRef::children)
        .filter(|child| child.name() == "status")
        .map(|status| {
            let code = status.attr("code").expect("a code");
            code.parse().expect("a number")
        })
        .collect()
}
