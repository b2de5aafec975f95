//! Who is in the room: occupants, their sessions, and the lists of receivers.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use xmpp_core::{BareJid, FullJid, xml::Element};

use super::presence::available;
use crate::{Affiliation, Fanout, Hat, Role, nick::NickKey, privileges::Standing};

/// One occupant, by order of entry; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct OccupantNumber(u64);

/// A nick in use, with the sessions under it: all of one user (MUC MS1).
#[derive(Debug)]
pub(crate) struct Occupant {
    /// The occupant JID, `room/nick`.
    pub(crate) address: FullJid,
    pub(crate) key: NickKey,
    /// The real bare JID.
    pub(crate) user: BareJid,
    /// The occupant-id (XEP-0421).
    pub(crate) id: Arc<str>,
    /// What it wears (XEP-0317).
    pub(crate) hats: Arc<[Hat]>,
    /// One role per nick (MUC MS8).
    pub(crate) role: Role,
    pub(crate) affiliation: Affiliation,
    /// In order of entry, never empty.
    pub(crate) sessions: Vec<Session>,
    /// The presence as others get it, with the real JID and without; written when first needed.
    pub(super) written: [Option<Arc<Fanout>>; 2],
}

/// One connected client of an occupant.
#[derive(Debug)]
pub(crate) struct Session {
    /// Its real full JID.
    pub(crate) jid: FullJid,
    /// Its presence, without what only the room may say.
    pub(crate) presence: Element,
    pub(crate) priority: i8,
    /// How many of its requests to other occupants wait for an answer (MUC IQ7).
    pub(crate) queries: usize,
    /// It takes nothing any more: it is on no list of receivers.
    pub(crate) is_unreachable: bool,
}

impl Occupant {
    pub(crate) fn nick(&self) -> &str {
        self.address.resource()
    }

    /// The session whose presence is shown: highest priority, then earliest entry (MUC MS3).
    pub(crate) fn primary(&self) -> &Session {
        let mut primary = &self.sessions[0];
        for session in &self.sessions[1..] {
            if session.priority > primary.priority {
                primary = session;
            }
        }
        primary
    }

    pub(crate) fn session(&self, jid: &FullJid) -> Option<&Session> {
        self.sessions.iter().find(|session| session.jid == *jid)
    }

    pub(crate) fn standing(&self) -> Standing {
        Standing {
            role: self.role,
            affiliation: self.affiliation,
        }
    }

    /// Its presence as others get it, who see the real JID or do not; written when first needed.
    pub(super) fn shown(&mut self, seeing: bool) -> Arc<Fanout> {
        if let Some(written) = &self.written[usize::from(seeing)] {
            return written.clone();
        }
        let jid = seeing.then(|| &self.primary().jid);
        let written = Arc::new(Fanout::new(&available(self, jid)));
        self.written[usize::from(seeing)] = Some(written.clone());
        written
    }

    /// The sessions' addresses.
    pub(crate) fn session_jids(&self) -> Arc<[FullJid]> {
        self.sessions.iter().map(|s| s.jid.clone()).collect()
    }
}

/// The occupants of one room.
#[derive(Debug, Default)]
pub(crate) struct Occupants {
    all: BTreeMap<OccupantNumber, Occupant>,
    by_nick: HashMap<NickKey, OccupantNumber>,
    by_session: HashMap<FullJid, OccupantNumber>,
    last: u64,
    lists: Lists,
}

/// Lists of receivers, kept until somebody enters, leaves or changes role.
#[derive(Debug, Default)]
struct Lists {
    everyone: Option<Arc<[FullJid]>>,
    moderators: Option<Arc<[FullJid]>>,
    rest: Option<Arc<[FullJid]>>,
}

/// Receivers of a presence, by whether they see real JIDs (MUC EN8).
#[derive(Debug)]
pub(crate) struct Audience {
    pub(crate) seeing: Arc<[FullJid]>,
    pub(crate) blind: Arc<[FullJid]>,
}

impl Occupants {
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// In order of entry.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (OccupantNumber, &Occupant)> {
        self.all
            .iter()
            .map(|(number, occupant)| (*number, occupant))
    }

    /// The numbers in order of entry.
    pub(crate) fn numbers(&self) -> Vec<OccupantNumber> {
        self.all.keys().copied().collect()
    }

    pub(crate) fn get(&self, number: OccupantNumber) -> Option<&Occupant> {
        self.all.get(&number)
    }

    pub(crate) fn by_key(&self, key: &NickKey) -> Option<(OccupantNumber, &Occupant)> {
        let number = *self.by_nick.get(key)?;
        Some((number, self.all.get(&number)?))
    }

    /// The occupant whose nick is `nick`, by the folded key.
    pub(crate) fn by_nick(&self, nick: &str) -> Option<(OccupantNumber, &Occupant)> {
        self.by_key(&NickKey::new(nick)?)
    }

    pub(crate) fn by_session(&self, jid: &FullJid) -> Option<(OccupantNumber, &Occupant)> {
        let number = *self.by_session.get(jid)?;
        Some((number, self.all.get(&number)?))
    }

    /// The nicks of one user, in order of entry. The user's own sessions only, so the cost is that of a search.
    pub(crate) fn of_user(&self, user: &BareJid) -> Vec<OccupantNumber> {
        self.iter()
            .filter(|(_, occupant)| occupant.user == *user)
            .map(|(number, _)| number)
            .collect()
    }

    /// As [`Occupants::iter`], for writing presences.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (OccupantNumber, &mut Occupant)> {
        self.all
            .iter_mut()
            .map(|(number, occupant)| (*number, occupant))
    }

    /// An occupant, for writing its presence.
    pub(super) fn get_mut(&mut self, number: OccupantNumber) -> Option<&mut Occupant> {
        self.all.get_mut(&number)
    }

    /// An occupant about to be changed in a way that its presence shows.
    pub(crate) fn change(&mut self, number: OccupantNumber) -> Option<&mut Occupant> {
        let occupant = self.all.get_mut(&number)?;
        occupant.written = [None, None];
        Some(occupant)
    }

    /// Gives an occupant another role or affiliation.
    pub(crate) fn set_standing(&mut self, number: OccupantNumber, standing: Standing) {
        if let Some(occupant) = self.change(number) {
            occupant.role = standing.role;
            occupant.affiliation = standing.affiliation;
            self.lists.moderators = None;
            self.lists.rest = None;
        }
    }

    /// Counts a request of this session that waits for its answer, or one that does no more.
    pub(crate) fn count_query(&mut self, jid: &FullJid, open: bool) {
        if let Some(session) = self.session_mut(jid) {
            session.queries = if open {
                session.queries + 1
            } else {
                session.queries.saturating_sub(1)
            };
        }
    }

    /// A session that takes nothing any more.
    pub(crate) fn set_unreachable(&mut self, jid: &FullJid) {
        if let Some(session) = self.session_mut(jid) {
            session.is_unreachable = true;
            self.lists = Lists::default();
        }
    }

    /// A session, for what its occupant's presence does not show.
    fn session_mut(&mut self, jid: &FullJid) -> Option<&mut Session> {
        let occupant = self.all.get_mut(self.by_session.get(jid)?)?;
        occupant.sessions.iter_mut().find(|s| s.jid == *jid)
    }

    /// A new occupant. The key and the session must be free.
    pub(crate) fn insert(&mut self, occupant: Occupant) -> OccupantNumber {
        self.last += 1;
        let number = OccupantNumber(self.last);
        self.by_nick.insert(occupant.key.clone(), number);
        for session in &occupant.sessions {
            self.by_session.insert(session.jid.clone(), number);
        }
        self.all.insert(number, occupant);
        self.lists = Lists::default();
        number
    }

    /// One more session under a nick.
    pub(crate) fn add_session(&mut self, number: OccupantNumber, session: Session) {
        self.by_session.insert(session.jid.clone(), number);
        if let Some(occupant) = self.change(number) {
            occupant.sessions.push(session);
        }
        self.lists = Lists::default();
    }

    /// Takes one of several sessions away from a nick.
    pub(crate) fn remove_session(&mut self, jid: &FullJid) -> Option<Session> {
        let number = self.by_session.remove(jid)?;
        self.lists = Lists::default();
        let occupant = self.change(number)?;
        let at = occupant.sessions.iter().position(|s| s.jid == *jid)?;
        Some(occupant.sessions.remove(at))
    }

    /// Takes a whole occupant away.
    pub(crate) fn remove(&mut self, number: OccupantNumber) -> Option<Occupant> {
        let occupant = self.all.remove(&number)?;
        self.by_nick.remove(&occupant.key);
        for session in &occupant.sessions {
            self.by_session.remove(&session.jid);
        }
        self.lists = Lists::default();
        Some(occupant)
    }

    /// Another nick for an occupant. The key must be free or its own.
    pub(crate) fn rename(&mut self, number: OccupantNumber, address: FullJid, key: NickKey) {
        let Some(occupant) = self.change(number) else {
            return;
        };
        occupant.address = address;
        let old = std::mem::replace(&mut occupant.key, key.clone());
        self.by_nick.remove(&old);
        self.by_nick.insert(key, number);
    }

    /// Every session that can be reached, in order of entry of the occupants.
    pub(crate) fn everyone(&mut self) -> Arc<[FullJid]> {
        let all = &self.all;
        self.lists
            .everyone
            .get_or_insert_with(|| collect(all, None, |_| true))
            .clone()
    }

    /// Every session that can be reached but those of `except`.
    pub(crate) fn audience(
        &mut self,
        non_anonymous: bool,
        except: Option<OccupantNumber>,
    ) -> Audience {
        let is_moderator = |occupant: &Occupant| occupant.role == Role::Moderator;
        let all = &self.all;
        if non_anonymous {
            return Audience {
                seeing: match except {
                    None => self.everyone(),
                    Some(_) => collect(all, except, |_| true),
                },
                blind: [].into(),
            };
        }
        if except.is_some() {
            return Audience {
                seeing: collect(all, except, is_moderator),
                blind: collect(all, except, |occupant| !is_moderator(occupant)),
            };
        }
        let lists = &mut self.lists;
        Audience {
            seeing: lists
                .moderators
                .get_or_insert_with(|| collect(all, None, is_moderator))
                .clone(),
            blind: lists
                .rest
                .get_or_insert_with(|| collect(all, None, |occupant| !is_moderator(occupant)))
                .clone(),
        }
    }
}

fn collect(
    all: &BTreeMap<OccupantNumber, Occupant>,
    except: Option<OccupantNumber>,
    want: impl Fn(&Occupant) -> bool,
) -> Arc<[FullJid]> {
    all.iter()
        .filter(|(number, occupant)| Some(**number) != except && want(occupant))
        .flat_map(|(_, occupant)| &occupant.sessions)
        .filter(|session| !session.is_unreachable)
        .map(|session| session.jid.clone())
        .collect()
}
