//! Clients that ask too often (BOSH 7.3, 7.4).

use xmpp_core::Timestamp;

use super::terms::Terms;

/// The last requests, as far as the rules need them.
#[derive(Debug, Default)]
pub(super) struct Pace {
    last: Option<Timestamp>,
    last_was_empty: bool,
    /// Whether the last answer held a payload.
    payload_since: bool,
}

impl Pace {
    /// An answer was given.
    pub(super) fn answered(&mut self, payload: bool) {
        self.payload_since = payload;
    }

    /// Takes the next new request and says whether it came too soon: only where `polling` was
    /// advertised (BOSH 7.5, point 9). `waiting` counts the requests without an answer, this one
    /// included.
    pub(super) fn is_excessive(
        &mut self,
        terms: &Terms,
        empty: bool,
        waiting: u64,
        now: Timestamp,
    ) -> bool {
        let soon = terms
            .polling
            .is_some_and(|polling| self.last.is_some_and(|last| now.since(last) < polling));
        let excessive = soon
            && empty
            && if terms.polls {
                self.last_was_empty && !self.payload_since
            } else {
                waiting == terms.requests
            };
        self.last = Some(now);
        self.last_was_empty = empty;
        excessive
    }
}
