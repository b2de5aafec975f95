//! The archive of a room, read page by page (XEP-0313, XEP-0059).

use rusqlite::{
    Connection, OptionalExtension as _, Row, Transaction,
    types::{ToSql, Value},
};
use xmpp_core::{
    BareJid, JidError, Timestamp,
    xml::{Element, Fanout, Limits, ns},
};
use xmpp_muc::{
    ArchiveAnchor, ArchiveAnswer, ArchiveAuthor, ArchivePage, ArchiveReadError, ArchiveRequest,
    ArchiveSelection, StoredMessage,
};

/// The columns that [`message`] reads, of each entry that is found.
const MESSAGES: &str = "SELECT e.seq, e.id, e.time, e.author, e.occupant, m.stanza
                        FROM entries AS e CROSS JOIN messages AS m ON m.seq = e.seq";

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("unknown id")]
    UnknownId,
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("a request of a kind that is not known here")]
    Unsupported,
    #[error("message {id} cannot be read: {detail}")]
    Message { id: String, detail: String },
}

impl From<ReadError> for ArchiveReadError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::UnknownId => Self::UnknownId,
            ReadError::Sqlite(_) | ReadError::Unsupported | ReadError::Message { .. } => {
                Self::Failed
            }
        }
    }
}

/// Answers a request. All of the answer is from one moment: that of the transaction.
pub(super) fn read(
    tx: &Transaction<'_>,
    room: &BareJid,
    request: &ArchiveRequest,
) -> Result<ArchiveAnswer, ReadError> {
    let key = tx
        .prepare_cached("SELECT key FROM rooms WHERE jid = ?1")?
        .query_row([room.as_str()], |row| row.get(0))
        .optional()?;
    let archive = Archive {
        // One that is not stored has an empty archive.
        key: key.unwrap_or(-1),
        room,
        db: tx,
    };
    match request {
        ArchiveRequest::Page(selection, page) => archive.page(selection, page),
        ArchiveRequest::Metadata => archive.ends(),
        ArchiveRequest::Message(id) => archive.one(id),
        _ => Err(ReadError::Unsupported),
    }
}

/// Messages of one room that are read at the start, however recent they are.
const MAX_LATEST: usize = 10_000;

/// The last messages of a room in the archive's order: `wanted` of them, and all not older than `recent`. What cannot be
/// read is left out and logged.
pub(super) fn latest(
    db: &Connection,
    room: &BareJid,
    key: i64,
    wanted: usize,
    recent: i64,
) -> rusqlite::Result<Vec<StoredMessage>> {
    let sql = format!("{MESSAGES} WHERE e.room = ?1 ORDER BY e.seq DESC LIMIT ?2");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query((key, limit(MAX_LATEST.max(wanted))))?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        if messages.len() >= wanted && row.get::<_, i64>(2)? < recent {
            break;
        }
        match message(room, row) {
            Ok((_, message)) => messages.push(message),
            Err(ReadError::Sqlite(error)) => return Err(error),
            Err(error) => tracing::error!(%room, %error, "left out of the history"),
        }
    }
    messages.reverse();
    Ok(messages)
}

/// The archive of one room at one moment.
struct Archive<'a> {
    db: &'a Transaction<'a>,
    room: &'a BareJid,
    key: i64,
}

impl Archive<'_> {
    fn page(
        &self,
        selection: &ArchiveSelection,
        page: &ArchivePage,
    ) -> Result<ArchiveAnswer, ReadError> {
        let filter = self.filter(selection)?;
        let (backwards, edge) = match &page.anchor {
            ArchiveAnchor::First => (false, None),
            ArchiveAnchor::After(id) => (false, Some((" AND e.seq > :edge", self.seq(id)?))),
            ArchiveAnchor::Before(id) => (true, Some((" AND e.seq < :edge", self.seq(id)?))),
            ArchiveAnchor::Last => (true, None),
        };
        let mut parameters = filter.parameters();
        if let Some((_, seq)) = &edge {
            parameters.push((":edge", seq));
        }
        // One more than wanted says whether there is more.
        let max = limit(page.max.saturating_add(1));
        parameters.push((":max", &max));
        let sql = filter.page_statement(edge.map(|(condition, _)| condition), backwards);
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query(&*parameters)?;
        let mut found = Vec::new();
        let mut complete = true;
        while let Some(row) = rows.next()? {
            if found.len() == page.max {
                complete = false;
                break;
            }
            found.push(message(self.room, row)?);
        }
        if backwards {
            found.reverse();
        }
        let (total, index) = self.count(&filter, found.first().map(|(seq, _)| *seq))?;
        Ok(ArchiveAnswer {
            entries: found.into_iter().map(|(_, message)| message).collect(),
            total: Some(total),
            index,
            complete,
        })
    }

    /// How many messages a filter passes, and how many of them are before `first`.
    fn count(&self, filter: &Filter, first: Option<i64>) -> Result<(u64, Option<u64>), ReadError> {
        let sql = filter.count_statement();
        let mut parameters = filter.parameters();
        parameters.push((":first", &first));
        let (total, before) = self
            .db
            .prepare_cached(&sql)?
            .query_row(&*parameters, |row| {
                Ok((unsigned(row, 0)?, unsigned(row, 1)?))
            })?;
        Ok((total, first.map(|_| before)))
    }

    /// The first and the last message, if they are not the same one.
    fn ends(&self) -> Result<ArchiveAnswer, ReadError> {
        let mut entries = Vec::new();
        for order in ["ASC", "DESC"] {
            let sql = format!("{MESSAGES} WHERE e.room = ?1 ORDER BY e.seq {order} LIMIT 1");
            let mut statement = self.db.prepare_cached(&sql)?;
            let mut rows = statement.query([self.key])?;
            if let Some(row) = rows.next()? {
                entries.push(message(self.room, row)?);
            }
        }
        entries.dedup_by_key(|(seq, _)| *seq);
        Ok(whole(entries))
    }

    fn one(&self, id: &str) -> Result<ArchiveAnswer, ReadError> {
        let sql = format!("{MESSAGES} WHERE e.room = ?1 AND e.id = ?2");
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query((self.key, id))?;
        let row = rows.next()?.ok_or(ReadError::UnknownId)?;
        Ok(whole(vec![message(self.room, row)?]))
    }

    /// Where a message stands in the archive's order.
    fn seq(&self, id: &str) -> Result<i64, ReadError> {
        self.db
            .prepare_cached("SELECT seq FROM entries WHERE room = ?1 AND id = ?2")?
            .query_row((self.key, id), |row| row.get(0))
            .optional()?
            .ok_or(ReadError::UnknownId)
    }

    fn filter(&self, selection: &ArchiveSelection) -> Result<Filter, ReadError> {
        let mut filter = Filter::new(self.key);
        if let Some(id) = &selection.after_id {
            filter.add(" AND e.seq > :after", ":after", self.seq(id)?);
        }
        if let Some(id) = &selection.before_id {
            filter.add(" AND e.seq < :before", ":before", self.seq(id)?);
        }
        if let Some(start) = selection.start {
            filter.add(" AND e.time >= :start", ":start", super::millis(start));
        }
        if let Some(end) = selection.end {
            filter.add(" AND e.time <= :end", ":end", super::millis(end));
        }
        match &selection.with {
            None => {}
            Some(ArchiveAuthor::Occupant(occupant)) => {
                filter.add(
                    " AND e.occupant = :occupant",
                    ":occupant",
                    occupant.to_string(),
                );
            }
            Some(ArchiveAuthor::User(user)) if user.is_full() => {
                filter.add(" AND e.author = :author", ":author", user.to_string());
            }
            // Whatever is behind the slash: the character after it is 0.
            Some(ArchiveAuthor::User(user)) => {
                filter.add(" AND e.author > :user", ":user", format!("{user}/"));
                filter.add(" AND e.author < :others", ":others", format!("{user}0"));
            }
        }
        if !selection.ids.is_empty() {
            // XEP-0313 §4.1.4: one that is not there makes the whole query fail.
            let places = selection.ids.iter().map(|id| self.seq(id));
            let places = places.collect::<Result<Vec<i64>, _>>()?;
            filter.add(
                " AND e.seq IN (SELECT value FROM json_each(:places))",
                ":places",
                serde_json::Value::from(places).to_string(),
            );
        }
        Ok(filter)
    }
}

/// An answer that is no page of something longer.
fn whole(entries: Vec<(i64, StoredMessage)>) -> ArchiveAnswer {
    ArchiveAnswer {
        entries: entries.into_iter().map(|(_, message)| message).collect(),
        complete: true,
        ..ArchiveAnswer::default()
    }
}

/// Which messages of a room.
struct Filter {
    /// There are few different ones, since values are parameters, so that the cache of statements holds them.
    conditions: String,
    values: Vec<(&'static str, Value)>,
}

impl Filter {
    fn new(room: i64) -> Self {
        Self {
            conditions: " WHERE e.room = :room".to_owned(),
            values: vec![(":room", room.into())],
        }
    }

    fn add(&mut self, condition: &str, name: &'static str, value: impl Into<Value>) {
        self.conditions.push_str(condition);
        self.values.push((name, value.into()));
    }

    fn page_statement(&self, edge: Option<&str>, backwards: bool) -> String {
        format!(
            "{MESSAGES}{}{} ORDER BY e.seq {} LIMIT :max",
            self.conditions,
            edge.unwrap_or_default(),
            if backwards { "DESC" } else { "ASC" },
        )
    }

    fn count_statement(&self) -> String {
        format!(
            "SELECT count(*), count(*) FILTER (WHERE e.seq < :first) FROM entries AS e{}",
            self.conditions
        )
    }

    fn parameters(&self) -> Vec<(&'static str, &dyn ToSql)> {
        self.values
            .iter()
            .map(|(name, value)| (*name, value as &dyn ToSql))
            .collect()
    }
}

/// The message of a row, and its place in the order.
fn message(room: &BareJid, row: &Row<'_>) -> Result<(i64, StoredMessage), ReadError> {
    let id: String = row.get(1)?;
    let unreadable = |detail: String| ReadError::Message {
        id: id.clone(),
        detail,
    };
    let (author, from): (String, String) = (row.get(3)?, row.get(4)?);
    let author = author
        .parse()
        .map_err(|error: JidError| unreadable(error.to_string()))?;
    let from = from
        .parse()
        .map_err(|error: JidError| unreadable(error.to_string()))?;
    let text: String = row.get(5)?;
    let stanza = Element::parse_in(&text, Limits::CLIENT, ns::CLIENT)
        .map_err(|error| unreadable(error.to_string()))?;
    let time = Timestamp::from_millis(unsigned(row, 2)?);
    let stanza = Fanout::new(&stanza);
    let message = StoredMessage::new(room.clone(), id.as_str(), time, author, from, stanza);
    Ok((row.get(0)?, message))
}

fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column)
        .map(|n| u64::try_from(n).unwrap_or(0))
}

/// For SQL's `LIMIT`.
fn limit(max: usize) -> i64 {
    i64::try_from(max).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{schema, tests::plan};

    /// The statements that read a page and count, for a selection of an archive with one message, `x`.
    fn with_filter(selection: &ArchiveSelection, test: impl FnOnce(&Connection, &Filter)) {
        let mut db = Connection::open_in_memory().expect("memory");
        schema::prepare(&mut db).expect("tables");
        db.execute_batch(
            "INSERT INTO rooms (key, jid, snapshot) VALUES (1, 'a@b', '{}');
             INSERT INTO entries (room, seq, time, author, occupant, id)
                 VALUES (1, 1, 5, 'u@b/r', 'a@b/n', 'x');",
        )
        .expect("an entry");
        let archive = Archive {
            db: &db.unchecked_transaction().expect("a transaction"),
            room: &"a@b".parse().expect("a JID"),
            key: 1,
        };
        test(&db, &archive.filter(selection).expect("all ids are there"));
    }

    /// Pages are found and put in order by the entries, and neither counting nor passing over other people's messages reads a message.
    #[test]
    fn every_selection_is_found_by_the_entries_of_its_room() {
        const BY_ROOM: &str = "SEARCH e USING PRIMARY KEY (room=?";
        // Those by id are smaller, where nothing else is asked for.
        const COVERED: &str = "SEARCH e USING COVERING INDEX entries_by_id (room=?)";
        let jid = |jid: &str| jid.parse().expect("a JID");
        let occupant = "a@b/c".parse().expect("a full JID");
        let authors = [
            None,
            Some(ArchiveAuthor::Occupant(occupant)),
            Some(ArchiveAuthor::User(jid("a@b"))),
            Some(ArchiveAuthor::User(jid("a@b/c"))),
        ];
        let check = |db: &Connection, filter: &Filter| {
            for edge in [None, Some(" AND e.seq > :edge"), Some(" AND e.seq < :edge")] {
                for backwards in [false, true] {
                    let plan = plan(db, &filter.page_statement(edge, backwards));
                    assert_eq!(plan.len(), 2, "nothing is sorted: {plan:?}");
                    assert!(plan[0].starts_with(BY_ROOM), "{plan:?}");
                    assert!(
                        plan[1].starts_with("SEARCH m USING INTEGER PRIMARY KEY"),
                        "{plan:?}"
                    );
                }
            }
            let plan = plan(db, &filter.count_statement());
            assert_eq!(plan.len(), 1, "{plan:?}");
            assert!(
                plan[0].starts_with(BY_ROOM) || plan[0] == COVERED,
                "{plan:?}"
            );
        };
        for with in authors {
            for times in [None, Some(Timestamp::from_millis(1))] {
                let mut selection = ArchiveSelection::default();
                (selection.start, selection.end) = (times, times);
                selection.with.clone_from(&with);
                with_filter(&selection, check);
            }
        }
    }

    #[test]
    fn messages_asked_for_by_their_ids_are_looked_up() {
        let mut selection = ArchiveSelection::default();
        selection.ids = vec!["x".to_owned()];
        with_filter(&selection, |db, filter| {
            for statement in [filter.page_statement(None, false), filter.count_statement()] {
                let plan = plan(db, &statement);
                assert!(
                    plan.iter()
                        .any(|step| step.ends_with("PRIMARY KEY (room=? AND seq=?)")),
                    "{plan:?}"
                );
            }
        });
    }
}
