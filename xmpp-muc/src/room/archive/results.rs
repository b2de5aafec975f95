//! What the archive tells (XEP-0313 §4.2, §5; MUC MA4, MA5, MA7).

use xmpp_core::{
    BareJid, FullJid,
    xml::{Element, ElementRef, WriteXml, Writer, ns},
};
use xmpp_stanza::{
    ArchiveEnd, ArchiveFin, ArchiveMetadata, ArchiveStart, Delay, ResultSet, ResultSetFirst,
};

use super::{Query, fault_of};
use crate::{
    ArchiveAnswer, ArchiveReadError, StoredMessage,
    context::Context,
    request::{Asker, errors},
    room::RoomState,
};

impl RoomState {
    /// The results, then the end of the query (MUC MA7). What the asker may see is decided now (MUC SE4).
    pub(super) fn answer_query(
        &self,
        cx: &mut Context<'_>,
        query: &Query,
        answer: Result<ArchiveAnswer, ArchiveReadError>,
    ) {
        let user = query.asker.session.to_bare();
        let sees_authors = self.may_see_authors(&query.asker.session);
        let allowed = if query.by_jid && !sees_authors {
            Err(errors::forbidden())
        } else {
            self.check_may_read(cx, &user)
        };
        let answer = match allowed.and_then(|()| answer.map_err(fault_of)) {
            Ok(answer) => answer,
            Err(error) => {
                query.asker.refuse(cx, error);
                return;
            }
        };
        let fin = fin(&answer, query.count_only);
        let mut entries = answer.entries;
        if query.count_only {
            entries.clear();
        }
        if query.flip {
            entries.reverse();
        }
        for entry in &entries {
            // What the room itself said has no author whose address could be shown.
            let author = (sees_authors && entry.from.is_full()).then_some(&entry.author);
            let stanza = Element::from_xml(&*entry.stanza);
            let result = ResultStanza {
                room: &self.jid,
                queryid: query.queryid.as_deref(),
                entry,
                message: stanza.root(),
                author,
            };
            cx.send(query.asker.session.clone(), &result);
        }
        query.asker.reply(cx, Some(&fin));
    }

    pub(super) fn answer_metadata(
        &self,
        cx: &mut Context<'_>,
        asker: &Asker,
        answer: Result<ArchiveAnswer, ArchiveReadError>,
    ) {
        let allowed = self.check_may_read(cx, &asker.session.to_bare());
        match allowed.and_then(|()| answer.map_err(fault_of)) {
            Ok(answer) => asker.reply(cx, Some(&metadata(&answer))),
            Err(error) => asker.refuse(cx, error),
        }
    }
}

fn metadata(answer: &ArchiveAnswer) -> ArchiveMetadata {
    ArchiveMetadata {
        start: answer.entries.first().map(|entry| ArchiveStart {
            id: entry.id.to_string(),
            timestamp: entry.time.into(),
        }),
        end: answer.entries.last().map(|entry| ArchiveEnd {
            id: entry.id.to_string(),
            timestamp: entry.time.into(),
        }),
    }
}

/// The first and the last entry are named in the order of the archive, also for a flipped page.
fn fin(answer: &ArchiveAnswer, count_only: bool) -> ArchiveFin {
    let number = |number: u64| u32::try_from(number).ok();
    let entries = if count_only {
        &[]
    } else {
        answer.entries.as_slice()
    };
    let complete = if count_only {
        answer.total == Some(0)
    } else {
        answer.complete
    };
    let page = ResultSet {
        first: entries.first().map(|entry| ResultSetFirst {
            index: answer.index.and_then(number),
            id: entry.id.to_string(),
        }),
        last: entries.last().map(|entry| entry.id.to_string()),
        count: answer.total.and_then(number),
        ..ResultSet::default()
    };
    ArchiveFin {
        complete,
        stable: true,
        page: Some(page),
    }
}

/// One entry, as its reader may see it.
struct ResultStanza<'a> {
    room: &'a BareJid,
    queryid: Option<&'a str>,
    entry: &'a StoredMessage,
    /// The stored stanza.
    message: ElementRef<'a>,
    /// The author's real address, for who may see it now (MUC MA5).
    author: Option<&'a FullJid>,
}

impl WriteXml for ResultStanza<'_> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let stanza = w.start("message", ns::CLIENT);
        w.attr("from", self.room.as_str());
        let result = w.start("result", ns::MAM);
        w.opt_attr("queryid", self.queryid);
        w.attr("id", &self.entry.id);
        let forwarded = w.start("forwarded", ns::FORWARD);
        w.write(&Delay::new(self.room.clone(), self.entry.time));
        self.write_message(w);
        w.end(forwarded);
        w.end(result);
        w.end(stanza);
    }
}

impl ResultStanza<'_> {
    /// MUC MA4: without `to`, from where it came then.
    fn write_message(&self, w: &mut Writer<'_>) {
        let message = w.start("message", ns::CLIENT);
        w.attr("from", self.entry.from.as_str());
        for name in ["type", "id"] {
            w.opt_attr(name, self.message.attr(name).as_deref());
        }
        w.opt_attr("xml:lang", self.message.attr_ns("lang", ns::XML).as_deref());
        for child in self.message.children() {
            // MA5: it is written on reading; a stored one is not believed.
            if !child.is("x", ns::MUC_USER) {
                w.element(child);
            }
        }
        if let Some(author) = self.author {
            let x = w.start("x", ns::MUC_USER);
            let item = w.start("item", ns::MUC_USER);
            w.attr("jid", author.as_str());
            w.end(item);
            w.end(x);
        }
        w.end(message);
    }
}
