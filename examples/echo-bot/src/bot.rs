//! What the bot says: no I/O here.

use std::io::Write as _;

use xmpp_core::{
    BareJid, FullJid, Jid, StanzaErrorCondition,
    stream::{ClientSession, Misuse},
    xml::Element,
};
use xmpp_muc::{
    HistoryRequest, Muc, MucOwner, MucUser, StatusCode,
    stanza::{
        DataForm, Delay, DiscoInfo, DiscoResponder, Identity, Iq, IqDispatch, IqReply, Message,
        MessageType, Ping, Presence, PresenceType, SoftwareVersion, Stanza, error_for,
    },
};

use crate::Application;

/// A bot in a room. It repeats what is said to its nick (`echo: hello`) and what is said to it in private, and answers
/// ping, version and disco requests; to every other request it answers that it does not know it.
#[derive(Debug)]
pub struct Bot {
    room: BareJid,
    nick: String,
    joined: bool,
    disco: DiscoResponder,
    requests: IqDispatch<()>,
}

impl Bot {
    /// A bot that will join `room` as `nick`.
    #[expect(clippy::result_large_err, reason = "what goes into the answer")]
    pub fn new(room: BareJid, nick: impl Into<String>) -> Self {
        let requests = IqDispatch::new()
            .on_get(|(), _, Ping| Ok(IqReply::Empty))
            .on_get(|(), _, _: SoftwareVersion| {
                let version = SoftwareVersion::new("echo-bot", env!("CARGO_PKG_VERSION"));
                Ok(IqReply::payload(&version))
            });
        let info = DiscoInfo::new()
            .with_identity(Identity::new("client", "bot").with_name("Echo"))
            .with_features(requests.features());
        Self {
            room,
            nick: nick.into(),
            joined: false,
            disco: DiscoResponder::new(info),
            requests,
        }
    }

    /// The bot's own address in the room.
    fn seat(&self) -> Option<FullJid> {
        self.room.with_resource(&self.nick).ok()
    }

    fn join(&self, session: &mut ClientSession) -> Result<(), Misuse> {
        let Some(seat) = self.seat() else {
            tracing::error!(nick = self.nick, "this can be no nick");
            return Ok(());
        };
        let muc = Muc {
            history: Some(HistoryRequest::NONE),
            ..Muc::default()
        };
        session.send(&Presence::available().with_to(seat).with_payload(&muc))
    }

    fn message(&self, message: &Message) -> Option<Message> {
        // Old messages, from before the bot was there, are delivered with a delay.
        if message.payloads.has::<Delay>() {
            return None;
        }
        let (from, body) = (message.from.as_ref()?, message.body()?);
        if message.message_type != MessageType::Groupchat {
            return Some(message.reply()?.with_body(&*body));
        }
        let sender = from.resource()?;
        if sender == self.nick {
            return None;
        }
        let said = body
            .strip_prefix(self.nick.as_str())?
            .strip_prefix([':', ','])?;
        // Not "sender: …", or two bots would never stop.
        let echo = format!("{} (says {sender})", said.trim());
        Some(message.reply()?.with_body(echo))
    }

    fn presence(&mut self, session: &mut ClientSession, presence: &Presence) -> Result<(), Misuse> {
        let Some(from) = presence.from.as_ref() else {
            return Ok(());
        };
        if from.bare_str() != self.room.as_str() {
            return Ok(());
        }
        if let Some(error) = presence.stanza_error() {
            tracing::warn!(%error, "the room refuses");
            if error.condition == StanzaErrorCondition::Conflict && !self.joined {
                self.nick.push('_');
                return self.join(session);
            }
            return Ok(());
        }
        let Ok(Some(muc)) = presence.payload::<MucUser>() else {
            return Ok(());
        };
        if !muc.has_status(StatusCode::SELF_PRESENCE) {
            return Ok(());
        }
        if presence.presence_type == PresenceType::Unavailable {
            self.joined = false;
            tracing::info!(room = %self.room, "left");
            return Ok(());
        }
        // The room may have given another nick than the one asked for.
        if let Some(nick) = from.resource() {
            nick.clone_into(&mut self.nick);
        }
        if muc.has_status(StatusCode::ROOM_CREATED) {
            // Nobody else can come in before its owner has accepted the configuration.
            let instant = MucOwner {
                form: Some(DataForm::submit(
                    "http://jabber.org/protocol/muc#roomconfig",
                )),
                destroy: None,
            };
            let accept = Iq::set(&instant)
                .with_to(self.room.clone())
                .with_id("instant");
            session.send(&accept)?;
        }
        if !self.joined {
            self.joined = true;
            // Nobody may be reading.
            let _ = writeln!(std::io::stdout(), "in {} as {}", self.room, self.nick);
        }
        Ok(())
    }
}

impl Application for Bot {
    fn ready(&mut self, session: &mut ClientSession, _jid: &FullJid) -> Result<(), Misuse> {
        session.send(&Presence::available())?;
        self.join(session)
    }

    fn stanza(&mut self, session: &mut ClientSession, stanza: &Element) -> Result<(), Misuse> {
        match Stanza::try_from(stanza) {
            Ok(Stanza::Message(message)) => match self.message(&message) {
                Some(echo) => session.send(&echo),
                None => Ok(()),
            },
            Ok(Stanza::Iq(iq)) => {
                let answer = self.disco.answer(&iq);
                match answer.or_else(|| self.requests.handle(&mut (), &iq)) {
                    Some(answer) => session.send(&answer),
                    None => Ok(()),
                }
            }
            Ok(Stanza::Presence(presence)) => self.presence(session, &presence),
            // A malformed request gets its error, everything else malformed is dropped.
            Err(broken) => match error_for(stanza.root(), broken.into()) {
                Some(error) => session.send(&error),
                None => Ok(()),
            },
        }
    }

    fn leave(&mut self, session: &mut ClientSession) -> Result<(), Misuse> {
        if self.joined
            && let Some(seat) = self.seat()
        {
            session.send(&Presence::unavailable().with_to(Jid::from(seat)))?;
        }
        session.send(&Presence::unavailable())
    }
}
