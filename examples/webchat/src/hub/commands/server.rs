//! Commands about the server as a whole.

use std::time::Duration;

use xmpp_core::Jid;
use xmpp_stanza::{DataForm, FieldType, FormField, Message, MessageType};

use super::{ABOUT, Given, Hub, Key, Spec, Step};

pub(super) const COMMANDS: &[Spec] = &[
    Spec {
        node: "http://jabber.org/protocol/admin#announce",
        name: "Announce something to everybody",
        run: announce,
    },
    Spec {
        node: "http://jabber.org/protocol/admin#shutdown",
        name: "Shut the server down",
        run: shut_down,
    },
];

/// XEP-0133 §4.23
fn announce(hub: &mut Hub, given: &Given) -> Result<Step, String> {
    if given.stage() == 0 {
        let subject = FormField::text("subject", "").with_label("Subject");
        let form = DataForm::form(ABOUT)
            .with_title("Announce something to everybody")
            .with_field(subject)
            .with_field(announcement().required());
        return Ok(Step::last(form));
    }
    let text = given
        .text("announcement")
        .ok_or("there is nothing to announce")?;
    let number = hub.announce(given.one("subject"), &text);
    Ok(Step::note(format!("Sessions that were told: {number}")))
}

/// XEP-0133 §4.31
fn shut_down(hub: &mut Hub, given: &Given) -> Result<Step, String> {
    if given.stage() == 0 {
        let delays = [
            ("0", "At once"),
            ("30", "In 30 seconds"),
            ("60", "In a minute"),
            ("300", "In 5 minutes"),
            ("900", "In 15 minutes"),
        ];
        let delay = FormField::choice("delay", "60", delays).with_label("When");
        let form = DataForm::form(ABOUT)
            .with_title("Shut the server down")
            .with_field(delay.required())
            .with_field(announcement());
        return Ok(Step::last(form));
    }
    let seconds = given.required("delay", "When")?;
    let seconds: u64 = seconds
        .parse()
        .map_err(|_| "the delay is no number of seconds")?;
    if let Some(text) = given.text("announcement") {
        hub.announce(None, &text);
    }
    hub.plan_shutdown(Duration::from_secs(seconds));
    Ok(Step::note(format!("The server goes down in {seconds} s.")))
}

fn announcement() -> FormField {
    FormField::typed("announcement", FieldType::TextMulti, [""; 0]).with_label("Announcement")
}

impl Hub {
    /// Sends a message from the domain to every session; how many there were.
    fn announce(&mut self, subject: Option<&str>, text: &str) -> usize {
        let keys: Vec<Key> = self.clients.keys().copied().collect();
        let mut number = 0;
        for key in keys {
            let Some(jid) = self.clients.get(&key).and_then(|c| c.jid.clone()) else {
                continue;
            };
            let mut message = Message::new(MessageType::Headline)
                .with_from(Jid::from(self.domain.clone()))
                .with_to(jid)
                .with_body(text);
            if let Some(subject) = subject {
                message = message.with_subject(subject);
            }
            self.send(key, &message);
            number += 1;
        }
        number
    }
}
