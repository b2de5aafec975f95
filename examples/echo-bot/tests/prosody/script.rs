//! A client that does one thing after the other.

use std::collections::VecDeque;

use echo_bot::Application;
use tokio_util::sync::CancellationToken;
use xmpp_core::{
    FullJid,
    stream::{ClientSession, Misuse},
    xml::Element,
};

/// Steps of a client, which stops when the last is done.
pub(crate) struct Script {
    steps: VecDeque<Step>,
    stop: CancellationToken,
    /// The address it got.
    pub(crate) jid: Option<FullJid>,
    /// All that arrived.
    pub(crate) received: Vec<Element>,
}

struct Step {
    name: String,
    act: Box<dyn FnMut() -> String + Send>,
    until: Box<dyn Fn(&Element) -> bool + Send>,
}

impl Script {
    pub(crate) fn new(stop: &CancellationToken) -> Self {
        Self {
            steps: VecDeque::new(),
            stop: stop.clone(),
            jid: None,
            received: Vec::new(),
        }
    }

    /// Sends the stanza that `act` gives, if that is not empty, and waits for one that `until` accepts.
    pub(crate) fn step(
        mut self,
        name: impl Into<String>,
        act: impl FnMut() -> String + Send + 'static,
        until: impl Fn(&Element) -> bool + Send + 'static,
    ) -> Self {
        self.steps.push_back(Step {
            name: name.into(),
            act: Box::new(act),
            until: Box::new(until),
        });
        self
    }

    /// The step that it did not finish.
    pub(crate) fn unfinished(&self) -> Option<&str> {
        self.steps.front().map(|step| step.name.as_str())
    }

    fn begin(&mut self, session: &mut ClientSession) -> Result<(), Misuse> {
        let Some(step) = self.steps.front_mut() else {
            self.stop.cancel();
            return Ok(());
        };
        let text = (step.act)();
        if text.is_empty() {
            return Ok(());
        }
        let stanza: Element = text.parse().expect("well-formed");
        session.send(&stanza)
    }
}

impl Application for Script {
    fn ready(&mut self, session: &mut ClientSession, jid: &FullJid) -> Result<(), Misuse> {
        self.jid = Some(jid.clone());
        self.begin(session)
    }

    fn stanza(&mut self, session: &mut ClientSession, stanza: &Element) -> Result<(), Misuse> {
        self.received.push(stanza.clone());
        match self.steps.front() {
            Some(step) if (step.until)(stanza) => {
                self.steps.pop_front();
                self.begin(session)
            }
            _ => Ok(()),
        }
    }

    fn leave(&mut self, _session: &mut ClientSession) -> Result<(), Misuse> {
        Ok(())
    }
}
