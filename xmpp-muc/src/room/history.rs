//! The messages that somebody who enters is shown (XEP-0045 §7.2.13, §7.2.14; MUC HI1 to HI7).

use std::{collections::VecDeque, sync::Arc, time::Duration};

use xmpp_core::{FullJid, Timestamp};

use crate::{Fanout, HistoryRequest};

/// What a room remembers of its discussion, bounded by count and by bytes.
#[derive(Debug, Default)]
pub(crate) struct History {
    entries: VecDeque<Entry>,
    bytes: usize,
}

/// One message.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// As it is replayed: with the room's delay (MUC HI1).
    pub(crate) stanza: Arc<Fanout>,
    /// Its stanza-id.
    pub(crate) id: Arc<str>,
    /// The author's occupant-id.
    pub(crate) occupant_id: Arc<str>,
    /// The id that the author gave it, and its origin-id.
    pub(crate) own_ids: [Option<Box<str>>; 2],
    /// When the room accepted it.
    pub(crate) time: Timestamp,
    /// Its size in memory.
    pub(crate) bytes: usize,
}

impl History {
    /// Adds the newest message and drops the oldest ones above the bounds.
    pub(crate) fn push(&mut self, entry: Entry, max_messages: usize, max_bytes: usize) {
        self.bytes += entry.bytes;
        self.entries.push_back(entry);
        self.shrink_to(max_messages, max_bytes);
    }

    /// Drops the oldest messages above the bounds; a lower cap takes effect at once (MUC HI6).
    pub(crate) fn shrink_to(&mut self, max_messages: usize, max_bytes: usize) {
        while self.entries.len() > max_messages || self.bytes > max_bytes {
            let Some(oldest) = self.entries.pop_front() else {
                return;
            };
            self.bytes -= oldest.bytes;
        }
    }

    /// The message with this stanza-id.
    pub(crate) fn find(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| *entry.id == *id)
    }

    /// The message of this author that it calls so itself.
    pub(crate) fn find_own(&self, id: &str, occupant_id: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| {
            let mut ids = entry.own_ids.iter().flatten();
            *entry.occupant_id == *occupant_id && ids.any(|own| **own == *id)
        })
    }

    /// Takes out the message with this stanza-id: it is retracted (MUC HI5).
    pub(crate) fn take(&mut self, id: &str) -> Option<Entry> {
        let at = self.entries.iter().rposition(|entry| *entry.id == *id)?;
        let entry = self.entries.remove(at)?;
        self.bytes -= entry.bytes;
        Some(entry)
    }

    /// Puts a message back that was taken out: its retraction could not be stored (MUC ET14).
    pub(crate) fn put_back(&mut self, entry: Entry) {
        let at = self
            .entries
            .partition_point(|other| other.time <= entry.time);
        self.bytes += entry.bytes;
        self.entries.insert(at, entry);
    }

    /// Forgets a message that could not be stored (MUC ET14).
    pub(crate) fn remove(&mut self, stanza: &Arc<Fanout>) {
        if let Some(at) = self
            .entries
            .iter()
            .rposition(|entry| Arc::ptr_eq(&entry.stanza, stanza))
            && let Some(entry) = self.entries.remove(at)
        {
            self.bytes -= entry.bytes;
        }
    }

    /// The newest messages that satisfy every limit of the request, oldest first (MUC HI2).
    pub(crate) fn select(
        &self,
        request: &HistoryRequest,
        now: Timestamp,
        to: &FullJid,
    ) -> impl Iterator<Item = &Arc<Fanout>> {
        // HI4: a limit of zero means none at all.
        let nothing = [request.max_chars, request.max_stanzas, request.seconds].contains(&Some(0))
            || request.since.is_some_and(|since| since > now);
        let count = if nothing {
            0
        } else {
            self.newest(request, now, to)
        };
        self.entries
            .range(self.entries.len() - count..)
            .map(|entry| &entry.stanza)
    }

    /// How many of the newest messages satisfy every limit.
    fn newest(&self, request: &HistoryRequest, now: Timestamp, to: &FullJid) -> usize {
        let window = |seconds: u64| {
            let span = u64::try_from(Duration::from_secs(seconds).as_millis()).unwrap_or(u64::MAX);
            Timestamp::from_millis(now.as_millis().saturating_sub(span))
        };
        let oldest = request.seconds.map(window).max(request.since);
        let mut chars_left = request.max_chars;
        let mut copy = String::new();
        let max = request
            .max_stanzas
            .map_or(usize::MAX, |max| usize::try_from(max).unwrap_or(usize::MAX));
        self.entries
            .iter()
            .rev()
            .take(max)
            .take_while(|entry| oldest.is_none_or(|oldest| entry.time >= oldest))
            .take_while(|entry| {
                let Some(left) = &mut chars_left else {
                    return true;
                };
                // HI3: the whole stanza as this receiver gets it, in characters.
                copy.clear();
                entry.stanza.copy(to.as_str(), &mut copy);
                let chars = copy.chars().count() as u64;
                match left.checked_sub(chars) {
                    Some(rest) => {
                        *left = rest;
                        true
                    }
                    None => false,
                }
            })
            .count()
    }
}
