//! Requests that wait for their answers.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    fmt,
    time::Duration,
};

use xmpp_core::{FullJid, Jid, Random, StanzaError, Timestamp, xml::Element};

use crate::{Iq, IqContent};

/// Matches answers to the requests that were sent.
///
/// An answer counts only from the entity that was asked, under the id it was asked with: whoever
/// else guesses an id is not heard (STZ-5; CVE-2014-0364 was a client that did not look at `from`),
/// and no other kind of stanza is an answer, whatever its id (as in CVE-2024-46957). A request
/// without an answer ends with [`Outcome::TimedOut`].
///
/// Recommended order: [`request`](Self::request) before an `iq` is sent, [`answer`](Self::answer)
/// with each `iq` that is no request, [`handle_timeout`](Self::handle_timeout) at
/// [`poll_timeout`](Self::poll_timeout), [`poll_event`](Self::poll_event) until it is `None` after
/// each of them.
///
/// ```
/// # use std::time::Duration;
/// # use xmpp_stanza::{Iq, IqTracker, Outcome, Ping, core::{Timestamp, Random}};
/// # struct Zero; impl Random for Zero { fn fill(&mut self, dest: &mut [u8]) { dest.fill(0) } }
/// let now = Timestamp::from_millis(0);
/// let mut tracker = IqTracker::client("me@example.org/phone".parse()?, Box::new(Zero));
/// let mut ping = Iq::get(&Ping).with_to("juliet@example.org/balcony".parse::<xmpp_stanza::core::Jid>()?);
/// let request = tracker.request(now, &mut ping, Duration::from_secs(60));
/// // … send `ping`; what comes back is an answer of the one that was asked, or is not taken:
/// let forged = Iq { from: Some("tybalt@example.org/x".parse()?), ..ping.result().unwrap() };
/// assert!(tracker.answer(forged).is_err());
/// assert!(tracker.answer(ping.result().unwrap()).is_ok());
/// assert_eq!(tracker.poll_event().unwrap().request(), request);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct IqTracker {
    own: Option<FullJid>,
    random: Box<dyn Random + Send>,
    /// Told apart by peer and id, as the answers are.
    pending: HashMap<(Peer, String), Pending>,
    deadlines: BTreeSet<(Timestamp, RequestId)>,
    keys: HashMap<RequestId, (Peer, String)>,
    events: VecDeque<IqEvent>,
    next: u64,
    now: Timestamp,
}

/// A request of an [`IqTracker`]. Never used again by the same tracker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(u64);

/// What became of a request. Only an [`IqTracker`] makes one, after the check that the answer comes
/// from the entity that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IqEvent {
    request: RequestId,
    outcome: Outcome,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It was carried out; with the payload of the answer.
    Result(Option<Element>),
    /// It was refused.
    Error(StanzaError),
    /// There was no answer in time.
    TimedOut,
    /// There will be none: the stream ended.
    Lost,
}

#[derive(Debug)]
struct Pending {
    request: RequestId,
    deadline: Timestamp,
}

/// Who was asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Peer {
    /// The own account, in one of its spellings: no address, own bare JID.
    Account,
    /// The own server's domain: that, or no address.
    Server,
    Other(Jid),
}

impl IqEvent {
    /// The request.
    pub const fn request(&self) -> RequestId {
        self.request
    }

    /// How it ended.
    pub const fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// How it ended, without a copy.
    pub fn into_outcome(self) -> Outcome {
        self.outcome
    }
}

impl IqTracker {
    /// A tracker for a client that is bound to `own`: what has no address comes from its account.
    pub fn client(own: FullJid, random: Box<dyn Random + Send>) -> Self {
        Self::new(Some(own), random)
    }

    /// A tracker for a component or a server, where every stanza has both addresses.
    pub fn server(random: Box<dyn Random + Send>) -> Self {
        Self::new(None, random)
    }

    fn new(own: Option<FullJid>, random: Box<dyn Random + Send>) -> Self {
        Self {
            own,
            random,
            pending: HashMap::new(),
            deadlines: BTreeSet::new(),
            keys: HashMap::new(),
            events: VecDeque::new(),
            next: 0,
            now: Timestamp::default(),
        }
    }

    /// Registers a request that is about to be sent, and waits `timeout` for its answer. An empty
    /// id, or one that is waited for already, is replaced by 128 random bits.
    pub fn request(&mut self, now: Timestamp, iq: &mut Iq, timeout: Duration) -> RequestId {
        self.now = self.now.max(now);
        let peer = self.peer(iq.to.as_ref());
        while iq.id.is_empty() || self.is_pending(&peer, &iq.id) {
            iq.id = self.random_id();
        }
        let request = RequestId(self.next);
        self.next += 1;
        let deadline = self.now.saturating_add(timeout);
        self.deadlines.insert((deadline, request));
        self.keys.insert(request, (peer.clone(), iq.id.clone()));
        self.pending
            .insert((peer, iq.id.clone()), Pending { request, deadline });
        request
    }

    /// Takes the answer to a request.
    ///
    /// # Errors
    ///
    /// Gives the `iq` back when it is a request itself, or an answer to nothing that was asked:
    /// drop it (STZ-4).
    #[expect(clippy::result_large_err, reason = "the error is the argument")]
    pub fn answer(&mut self, iq: Iq) -> Result<(), Iq> {
        if iq.is_request() {
            return Err(iq);
        }
        let Some(key) = self.find(&iq) else {
            return Err(iq);
        };
        let Some(pending) = self.pending.remove(&key) else {
            return Err(iq);
        };
        let outcome = match iq.content {
            IqContent::Result(payload) => Outcome::Result(payload),
            IqContent::Error { error, .. } => Outcome::Error(error),
            IqContent::Get(_) | IqContent::Set(_) => return Err(iq),
        };
        self.deadlines.remove(&(pending.deadline, pending.request));
        self.keys.remove(&pending.request);
        self.events.push_back(IqEvent {
            request: pending.request,
            outcome,
        });
        Ok(())
    }

    /// Forgets a request: its answer will be one to nothing that was asked. Says whether it was
    /// waited for.
    pub fn cancel(&mut self, request: RequestId) -> bool {
        self.take(request).is_some()
    }

    /// The stream has ended for good: every request ends with [`Outcome::Lost`].
    pub fn handle_lost(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        let mut lost: Vec<_> = self.keys.keys().copied().collect();
        lost.sort_unstable();
        for request in lost {
            self.end(request, Outcome::Lost);
        }
    }

    /// Ends the requests whose time is over. Too early is harmless.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        while let Some(&(deadline, request)) = self.deadlines.first() {
            if deadline > self.now {
                break;
            }
            self.end(request, Outcome::TimedOut);
        }
    }

    /// When to call [`IqTracker::handle_timeout`] at the latest.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// The next request that has ended.
    pub fn poll_event(&mut self) -> Option<IqEvent> {
        self.events.pop_front()
    }

    /// The number of requests that wait for an answer.
    pub fn waiting(&self) -> usize {
        self.pending.len()
    }

    fn end(&mut self, request: RequestId, outcome: Outcome) {
        if self.take(request).is_some() {
            self.events.push_back(IqEvent { request, outcome });
        }
    }

    fn take(&mut self, request: RequestId) -> Option<Pending> {
        let pending = self.pending.remove(&self.keys.remove(&request)?)?;
        self.deadlines.remove(&(pending.deadline, request));
        Some(pending)
    }

    fn is_pending(&self, peer: &Peer, id: &str) -> bool {
        self.pending.contains_key(&(peer.clone(), id.to_owned()))
    }

    /// Who a request with that `to` asks.
    fn peer(&self, to: Option<&Jid>) -> Peer {
        match (to, &self.own) {
            (None, _) => Peer::Account,
            (Some(to), Some(own)) if to.as_str() == own.bare_str() => Peer::Account,
            (Some(to), Some(own)) if to.as_str() == own.domain() => Peer::Server,
            (Some(to), _) => Peer::Other(to.clone()),
        }
    }

    /// The request that `iq` may answer (STZ-5): asked without address or at the own bare JID,
    /// answered from no address, the own bare or the own full JID; asked at the own domain,
    /// answered from there or from no address; asked anywhere else, answered from there.
    fn find(&self, iq: &Iq) -> Option<(Peer, String)> {
        let candidates = match (&iq.from, &self.own) {
            (None, _) => [Some(Peer::Account), Some(Peer::Server)],
            (Some(from), Some(own)) if from.as_str() == own.as_str() => {
                [Some(Peer::Other(from.clone())), Some(Peer::Account)]
            }
            (from, _) => [Some(self.peer(from.as_ref())), None],
        };
        candidates
            .into_iter()
            .flatten()
            .map(|peer| (peer, iq.id.clone()))
            .find(|key| self.pending.contains_key(key))
    }

    fn random_id(&mut self) -> String {
        let mut bytes = [0u8; 16];
        self.random.fill(&mut bytes);
        // A number beside the random bits: a broken generator must not make this loop for ever.
        let number = self.next;
        self.next += 1;
        format!("{:032x}-{number:x}", u128::from_be_bytes(bytes))
    }
}

impl fmt::Debug for IqTracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IqTracker")
            .field("own", &self.own)
            .field("waiting", &self.pending.len())
            .finish_non_exhaustive()
    }
}

const _: fn() = || {
    fn send<T: Send>() {}
    send::<IqTracker>();
};
