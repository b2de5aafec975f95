//! A store of archives in memory, written the plain way.

use std::{collections::BTreeMap, sync::Arc};

use xmpp_core::{BareJid, Jid};
use xmpp_muc::{
    ArchiveAnchor, ArchiveAnswer, ArchiveAuthor, ArchivePage, ArchiveReadError, ArchiveRequest,
    ArchiveSelection, StoreEvent, StoredMessage,
};

/// The archives of all rooms.
#[derive(Clone, Debug, Default)]
pub struct Archive {
    rooms: BTreeMap<BareJid, Vec<StoredMessage>>,
}

impl Archive {
    /// Takes note of what is durable now.
    pub fn store(&mut self, event: &StoreEvent) {
        match event {
            StoreEvent::Message(message) => {
                let room = self.rooms.entry(message.room.clone()).or_default();
                room.push((**message).clone());
            }
            StoreEvent::Replaced { room, id, stanza } => {
                let entries = self.rooms.get_mut(room).map(Vec::as_mut_slice);
                for entry in entries.unwrap_or_default() {
                    if entry.id == *id {
                        entry.stanza = Arc::clone(stanza);
                    }
                }
            }
            StoreEvent::RoomDeleted { room } => {
                self.rooms.remove(room);
            }
            _ => {}
        }
    }

    /// All entries of a room, oldest first.
    pub fn entries(&self, room: &BareJid) -> &[StoredMessage] {
        self.rooms.get(room).map_or(&[], Vec::as_slice)
    }

    /// What the archive holds of what is asked.
    ///
    /// # Errors
    ///
    /// [`ArchiveReadError::UnknownId`] if the question names an entry that is not there.
    pub fn read(
        &self,
        room: &BareJid,
        request: &ArchiveRequest,
    ) -> Result<ArchiveAnswer, ArchiveReadError> {
        let all = self.entries(room);
        let mut answer = ArchiveAnswer::default();
        match request {
            ArchiveRequest::Page(selection, page) => return page_of(all, selection, page),
            ArchiveRequest::Metadata => {
                answer.entries.extend(all.first().cloned());
                answer
                    .entries
                    .extend(all.get(1..).and_then(<[_]>::last).cloned());
            }
            ArchiveRequest::Message(id) => {
                answer
                    .entries
                    .extend(all.iter().find(|entry| entry.id == *id).cloned());
            }
            _ => return Err(ArchiveReadError::Failed),
        }
        Ok(answer)
    }
}

fn page_of(
    all: &[StoredMessage],
    selection: &ArchiveSelection,
    page: &ArchivePage,
) -> Result<ArchiveAnswer, ArchiveReadError> {
    let place = |id: &str| {
        let found = all.iter().position(|entry| *entry.id == *id);
        found.ok_or(ArchiveReadError::UnknownId)
    };
    let after = selection.after_id.as_deref().map(place).transpose()?;
    let before = selection.before_id.as_deref().map(place).transpose()?;
    for id in &selection.ids {
        place(id)?;
    }
    let passes = |(n, entry): &(usize, &StoredMessage)| {
        after.is_none_or(|after| *n > after)
            && before.is_none_or(|before| *n < before)
            && selection.start.is_none_or(|start| entry.time >= start)
            && selection.end.is_none_or(|end| entry.time <= end)
            && (selection.ids.is_empty() || selection.ids.iter().any(|id| **id == *entry.id))
            && selection
                .with
                .as_ref()
                .is_none_or(|with| is_by(entry, with))
    };
    let pass: Vec<_> = all.iter().enumerate().filter(passes).collect();
    let from = |n: usize| pass.partition_point(|(place, _)| *place < n);
    let range = match &page.anchor {
        ArchiveAnchor::First => 0..pass.len().min(page.max),
        ArchiveAnchor::After(id) => {
            let start = from(place(id)? + 1);
            start..pass.len().min(start + page.max)
        }
        ArchiveAnchor::Before(id) => {
            let end = from(place(id)?);
            end.saturating_sub(page.max)..end
        }
        ArchiveAnchor::Last => pass.len().saturating_sub(page.max)..pass.len(),
    };
    let forward = matches!(page.anchor, ArchiveAnchor::First | ArchiveAnchor::After(_));
    let complete = if forward {
        range.end == pass.len()
    } else {
        range.start == 0
    };
    Ok(ArchiveAnswer {
        total: Some(pass.len() as u64),
        index: (!range.is_empty()).then_some(range.start as u64),
        complete,
        entries: pass[range]
            .iter()
            .map(|(_, entry)| (*entry).clone())
            .collect(),
    })
}

fn is_by(entry: &StoredMessage, author: &ArchiveAuthor) -> bool {
    match author {
        ArchiveAuthor::Occupant(occupant) => entry.from == Jid::from(occupant.clone()),
        ArchiveAuthor::User(user) if user.is_full() => Jid::from(entry.author.clone()) == *user,
        ArchiveAuthor::User(user) => entry.author.to_bare() == user.to_bare(),
    }
}
