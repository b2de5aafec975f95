//! Versions of the affiliations, so that clients fetch what has changed and no more (XEP-0463 0.2.0; MUC MV1 to MV3).

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use xmpp_core::{
    BareJid, FullJid, Random, StanzaError,
    xml::{ElementRef, WriteXml, Writer, ns},
};

use super::{lists::List, state::RoomState};
use crate::{
    Affiliation, Mav, Role,
    context::Context,
    ids::random_id,
    request::{Refusal, Request, errors},
};

/// Most users in one message.
const CHUNK: usize = 500;

/// The latest changes, each of which made a version.
#[derive(Clone, Debug, Default)]
pub(crate) struct Versions {
    /// The version before the oldest change; made when first needed.
    base: Option<Arc<str>>,
    steps: VecDeque<Step>,
}

/// One change.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The version that it made.
    pub(crate) until: Arc<str>,
    pub(crate) user: BareJid,
    pub(crate) from: Affiliation,
    pub(crate) to: Affiliation,
}

impl Versions {
    /// What was stored.
    pub(super) fn restore(base: Option<Arc<str>>, steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            base,
            steps: steps.into_iter().collect(),
        }
    }

    pub(super) fn base(&self) -> Option<&Arc<str>> {
        self.base.as_ref()
    }

    pub(super) fn steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter()
    }

    /// The version that holds now.
    fn current(&mut self, random: &mut dyn Random) -> Arc<str> {
        match self.steps.back() {
            Some(step) => step.until.clone(),
            None => self.base.get_or_insert_with(|| random_id(random)).clone(),
        }
    }

    /// A change did not happen after all, and nobody has heard of it. If others came after it, no version is known
    /// any more: whoever asks gets the whole list.
    pub(super) fn take_back(&mut self, user: &BareJid) {
        if self.steps.back().is_some_and(|step| step.user == *user) {
            self.steps.pop_back();
        } else {
            *self = Self::default();
        }
    }

    /// Where the changes since a version begin; nothing for one that is not known (any more).
    fn since(&self, version: &str) -> Option<usize> {
        if self.base.as_deref() == Some(version) {
            return Some(0);
        }
        let made = self.steps.iter().position(|step| *step.until == *version);
        made.map(|at| at + 1)
    }
}

impl RoomState {
    /// MUC MV2: a change makes a version. Gives what is said with it.
    pub(super) fn next_version(
        &mut self,
        cx: &mut Context<'_>,
        user: &BareJid,
        from: Affiliation,
        to: Affiliation,
    ) -> Mav {
        let since = self.versions.current(cx.random);
        let until = random_id(cx.random);
        self.versions.steps.push_back(Step {
            until: until.clone(),
            user: user.clone(),
            from,
            to,
        });
        while self.versions.steps.len() > cx.service.limits.affiliation_versions {
            let oldest = self.versions.steps.pop_front();
            self.versions.base = oldest.map(|step| step.until);
        }
        Mav {
            since: Some(since.as_ref().to_owned()),
            until: Some(until.as_ref().to_owned()),
        }
    }

    /// MUC MV2: what the self-presence of a join says.
    pub(super) fn version_now(&mut self, cx: &mut Context<'_>) -> Mav {
        Mav {
            since: None,
            until: Some(self.versions.current(cx.random).as_ref().to_owned()),
        }
    }

    /// MUC MV1, MV3: the affiliations that a join asks for, before any presence.
    pub(super) fn send_affiliations(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        muc: ElementRef<'_>,
        role: Role,
    ) {
        let Some(asked) = muc.child("mav", ns::MAV) else {
            return;
        };
        let reader = Reader {
            user: request.from.to_bare(),
            affiliation: self.standing_affiliation(cx, &request.from.to_bare()),
            role,
        };
        let is_entitled = |room: &Self, affiliation| {
            affiliation != Affiliation::Outcast
                && room.opens(affiliation, role, List::Affiliation(Affiliation::Member))
        };
        if !is_entitled(self, reader.affiliation) {
            self.refuse_affiliations(cx, request);
            return;
        }
        let current = self.versions.current(cx.random);
        let since = asked.attr("since");
        if since.as_deref() == Some(&*current) {
            return;
        }
        let Some(first) = since
            .as_deref()
            .and_then(|since| self.versions.since(since))
        else {
            self.send_all(cx, request.from, &reader, &current);
            return;
        };
        // What was going on before somebody might know of it is not told afterwards (MV3).
        let then = self
            .versions
            .steps
            .range(first..)
            .find(|step| step.user == reader.user)
            .map_or(reader.affiliation, |step| step.from);
        let rules = cx.service.administrators.contains(&reader.user);
        if !rules && !is_entitled(self, then) {
            self.refuse_affiliations(cx, request);
            return;
        }
        let mut since: Arc<str> = since.unwrap_or_default().as_ref().into();
        let steps: Vec<Step> = self.versions.steps.range(first..).cloned().collect();
        let mut messages = Vec::new();
        for steps in steps.chunks(CHUNK) {
            let Some(last) = steps.last() else { continue };
            let until = last.until.clone();
            messages.push((since, until.clone(), self.seen_by(&reader, steps)));
            since = until;
        }
        // A difference is never empty: where one would be, the whole list is told.
        if messages.iter().any(|(_, _, items)| items.is_empty()) {
            self.send_all(cx, request.from, &reader, &current);
            return;
        }
        for (since, until, items) in messages {
            self.send_listing(cx, request.from, Some(&since), &until, &items);
        }
    }

    /// The latest state of each user that some changes are about, as far as the reader may know of it.
    fn seen_by(&self, reader: &Reader, steps: &[Step]) -> Vec<(BareJid, Affiliation)> {
        let reads = |affiliation| self.reads(reader, affiliation);
        // Where each user is now, and whether it was on a list that the reader knows.
        let mut users: BTreeMap<&BareJid, (bool, Affiliation)> = BTreeMap::new();
        for step in steps {
            let known = reads(step.from) || reads(step.to);
            let user = users.entry(&step.user).or_default();
            *user = (user.0 || known, step.to);
        }
        users
            .into_iter()
            .filter(|(_, (known, _))| *known)
            .map(|(user, (_, to))| {
                let shown = if reads(to) { to } else { Affiliation::None };
                (user.clone(), shown)
            })
            .collect()
    }

    fn reads(&self, reader: &Reader, affiliation: Affiliation) -> bool {
        affiliation != Affiliation::None
            && self.opens(
                reader.affiliation,
                reader.role,
                List::Affiliation(affiliation),
            )
    }

    /// All that the reader may know, in messages that adjoin.
    fn send_all(
        &self,
        cx: &mut Context<'_>,
        session: &FullJid,
        reader: &Reader,
        current: &Arc<str>,
    ) {
        let all: Vec<(BareJid, Affiliation)> = self
            .affiliations
            .iter()
            .filter(|(_, entry)| self.reads(reader, entry.affiliation))
            .map(|(user, entry)| (user.clone(), entry.affiliation))
            .collect();
        if all.is_empty() {
            self.send_listing(cx, session, None, current, &[]);
            return;
        }
        let chunks = all.chunks(CHUNK);
        let last = chunks.len() - 1;
        let mut since: Option<Arc<str>> = None;
        for (at, items) in chunks.enumerate() {
            let until = if at == last {
                current.clone()
            } else {
                random_id(cx.random) // nobody can ask for it later, and gets everything then
            };
            self.send_listing(cx, session, since.as_deref(), &until, items);
            since = Some(until);
        }
    }

    fn send_listing(
        &self,
        cx: &mut Context<'_>,
        session: &FullJid,
        since: Option<&str>,
        until: &str,
        items: &[(BareJid, Affiliation)],
    ) {
        let listing = Listing {
            room: &self.jid,
            mav: Mav {
                since: since.map(str::to_owned),
                until: Some(until.to_owned()),
            },
            items,
        };
        cx.send(session.clone(), &listing);
    }

    /// MUC MV3: an error, and the join goes on.
    fn refuse_affiliations(&self, cx: &mut Context<'_>, request: Request<'_>) {
        let error = StanzaError::from(errors::forbidden()).with_by(self.jid.clone());
        let id = request.id();
        let refusal = Refusal {
            name: "message",
            from: self.jid.as_str(),
            id: id.as_deref(),
            empty_x: false,
            echo: &[],
            error: &error,
        };
        cx.send(request.from.clone(), &refusal);
    }
}

/// Who asks.
struct Reader {
    user: BareJid,
    affiliation: Affiliation,
    role: Role,
}

/// Affiliations as a message has them.
struct Listing<'a> {
    room: &'a BareJid,
    mav: Mav,
    items: &'a [(BareJid, Affiliation)],
}

impl WriteXml for Listing<'_> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let message = w.start("message", ns::CLIENT);
        w.attr("from", self.room.as_str());
        let x = w.start("x", ns::MUC_USER);
        w.write(&self.mav);
        for (user, affiliation) in self.items {
            let item = w.start("item", ns::MUC_USER);
            w.attr("jid", user.as_str());
            w.attr("affiliation", affiliation.as_str());
            w.end(item);
        }
        w.end(x);
        w.end(message);
    }
}
