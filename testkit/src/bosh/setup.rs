//! What one run is made of: everything follows from its seed.

use std::time::Duration;

use crate::Seeded;

/// The client that takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// `xmpp_bosh::Client`.
    Ours,
    /// [`StropheLike`](super::StropheLike).
    Strophe,
}

/// How bad the network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// For our client: what goes wrong stays within `requests` and `inactivity`, and nothing may be
    /// lost, doubled, reordered or ended. For a Strophe-like client: an answer that was handed over
    /// is lost only with the page that asked for it, and answers arrive in the order in which they
    /// were handed over; the client's own habit of processing on arrival does no harm then.
    Bounded,
    /// Anything goes wrong at any time. Sessions may end; they say why.
    Wild,
}

/// A defect put in by purpose, which the checks must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// An answer that broke off before it was handed over is not taken back (point 1).
    UnhandedNotTakenBack,
    /// An answer that was handed over is taken back, too (point 1).
    HandedTakenBack,
    /// The loss of a held request goes unnoticed, so that its answer is written to nobody (BOSH
    /// 9.11, ejabberd, Punjab).
    DeadConnectionsAnswered,
    /// A repeat gets an empty answer in place of the one that is kept (BOSH 9.4).
    RepeatsAnsweredEmpty,
    /// A repeat is processed as if it were new (BOSH 9.4).
    RepeatsProcessed,
    /// Requests are processed as they arrive (BOSH 4.2, Punjab).
    ArrivalOrder,
    /// Answers to two requests change places (BOSH 4.3).
    AnswersSwapped,
    /// The first stanza of an answer comes once more with the next (BOSH 4.7, Punjab).
    FirstStanzaTwice,
    /// The loss of a connection ends the session.
    LossIsTheEnd,
    /// The client's repeats are no copies: their payload is missing (BOSH 9.8).
    RepeatsSentEmpty,
    /// An answer without payload, to a request that may be held no longer, waits for the next one.
    EmptyAnswersPutOff,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::UnhandedNotTakenBack,
        Self::HandedTakenBack,
        Self::DeadConnectionsAnswered,
        Self::RepeatsAnsweredEmpty,
        Self::RepeatsProcessed,
        Self::ArrivalOrder,
        Self::AnswersSwapped,
        Self::FirstStanzaTwice,
        Self::LossIsTheEnd,
        Self::RepeatsSentEmpty,
        Self::EmptyAnswersPutOff,
    ];
}

/// One run.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Its seed.
    pub seed: u64,
    /// The client.
    pub who: Who,
    /// The network.
    pub weather: Weather,
    /// The defect, if one is planted.
    pub bug: Option<Bug>,
    pub(super) wait: Duration,
    pub(super) hold: u8,
    pub(super) acks: bool,
    pub(super) keys: bool,
    /// Where answers are split.
    pub(super) max_body: usize,
    /// Stanzas that each side says.
    pub(super) stanzas: u64,
    /// Of a hundred requests so many meet a fault.
    pub(super) fault_percent: u64,
    pub(super) reloads: u64,
    pub(super) pauses: bool,
}

impl Setup {
    /// The run of that seed.
    pub fn new(seed: u64, who: Who, weather: Weather) -> Self {
        let mut random = Seeded::new(seed ^ 0x5e70_5e70);
        let ours = who == Who::Ours;
        Self {
            seed,
            who,
            weather,
            bug: None,
            // Strophe asks for 59 s; ours for less, so that it notices a silent loss well within
            // inactivity.
            wait: Duration::from_secs(if ours { random.between(5, 20) } else { 59 }),
            hold: if ours && random.chance(30) { 2 } else { 1 },
            acks: random.chance(50),
            keys: ours && random.chance(2),
            max_body: if random.chance(30) { 300 } else { 256 * 1024 },
            stanzas: random.between(3, 14),
            fault_percent: random.between(0, 50),
            reloads: if ours { 0 } else { random.between(0, 2) },
            pauses: ours && random.chance(20),
        }
    }

    /// The same with a planted defect.
    #[must_use]
    pub fn with_bug(mut self, bug: Bug) -> Self {
        self.bug = Some(bug);
        self
    }
}
