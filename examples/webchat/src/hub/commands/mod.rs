//! Commands of the admin: ad-hoc commands (XEP-0050) on the domain, with the nodes of XEP-0133 where it has some.
//!
//! This file is the engine: who may run commands, which runs there are, their steps. The commands themselves are a
//! table for each group; each is a function from what was filled in so far to the next [`Step`].

mod bans;
mod given;
mod rooms;
mod server;
mod users;

use std::{collections::HashMap, fmt::Write as _, time::Duration};

use xmpp_core::{
    BareJid, FullJid, Random, StanzaError, StanzaErrorCondition, Timestamp,
    xml::{Element, ns},
};
use xmpp_muc::Fanout;
use xmpp_stanza::{
    Command, CommandAction, CommandActions, CommandCondition, CommandNote, CommandNoteType,
    CommandStatus, DataForm, DataFormType, DiscoInfo, DiscoItem, DiscoItems, DiscoResponder,
    Identity, Iq, IqContent, bad_payload,
};

use self::given::Given;
use super::{Hub, client::Key};

/// What the forms of XEP-0133 are about.
const ABOUT: &str = "http://jabber.org/protocol/admin";
/// Runs at a time.
const MAX_RUNS: usize = 100;
/// How long a run waits for the next step.
const PATIENCE: Duration = Duration::from_mins(10);

/// A command.
struct Spec {
    node: &'static str,
    name: &'static str,
    run: Run,
}

/// Goes one step on. An error is a sentence for the admin, who may fill in the last form again.
type Run = fn(&mut Hub, &Given) -> Result<Step, String>;

/// What comes next in a run.
enum Step {
    /// A form is to be filled in. If it is the last one, what is filled in is carried out.
    Form { form: DataForm, last: bool },
    /// It is done.
    Done {
        form: Option<DataForm>,
        note: Option<String>,
    },
    /// It is done when a room has agreed to this request, which is made as the admin.
    Ask {
        room: BareJid,
        payload: Element,
        note: String,
    },
}

impl Step {
    fn last(form: DataForm) -> Self {
        Self::Form { form, last: true }
    }

    fn next(form: DataForm) -> Self {
        Self::Form { form, last: false }
    }

    fn result(form: DataForm) -> Self {
        Self::Done {
            form: Some(form),
            note: None,
        }
    }

    fn note(text: impl Into<String>) -> Self {
        Self::Done {
            form: None,
            note: Some(text.into()),
        }
    }
}

/// What becomes of a request to the domain.
#[expect(clippy::large_enum_variant, reason = "it is made once for a request")]
pub(super) enum Reply {
    /// It is about commands; its answer.
    Now(Option<Iq>),
    /// It is about commands; the answer comes later.
    Later,
    /// It is about something else.
    NoCommand,
}

/// The runs of commands.
pub(super) struct Commands {
    runs: HashMap<String, Progress>,
    /// Runs that wait for a room, by the id of the request.
    asked: HashMap<String, Asked>,
    /// In whose name rooms are asked: an address of the admin that no session has.
    asker: FullJid,
    disco: DiscoResponder,
    random: Box<dyn Random + Send>,
}

/// How far a run is.
struct Progress {
    /// Whose it is: this session's and no other's.
    of: FullJid,
    spec: &'static Spec,
    given: Given,
    form: DataForm,
    last: bool,
    since: Timestamp,
}

struct Asked {
    key: Key,
    /// What the admin asked, to be answered.
    request: Iq,
    answer: Command,
}

/// Every command, in the order of the list.
fn all() -> impl Iterator<Item = &'static Spec> {
    [
        users::COMMANDS,
        rooms::COMMANDS,
        bans::COMMANDS,
        server::COMMANDS,
    ]
    .into_iter()
    .flatten()
}

impl Commands {
    pub(super) fn new(
        domain: &BareJid,
        admin: &BareJid,
        mut random: Box<dyn Random + Send>,
    ) -> Self {
        let info = |identity_type, name: &str| {
            DiscoInfo::new()
                .with_identity(Identity::new("automation", identity_type).with_name(name))
                .with_feature(ns::COMMANDS)
                .with_feature(ns::DATA_FORMS)
        };
        let mut list = DiscoItems::new();
        let mut disco = DiscoResponder::new(DiscoInfo::new());
        for spec in all() {
            let item = DiscoItem::new(domain.clone())
                .with_node(spec.node)
                .with_name(spec.name);
            list = list.with_item(item);
            let info = info("command-node", spec.name);
            disco = disco.with_node(spec.node, info, DiscoItems::new());
        }
        let info = info("command-list", "Commands");
        Self {
            runs: HashMap::new(),
            asked: HashMap::new(),
            asker: admin
                .with_resource(&token(&mut *random))
                .expect("letters and digits"),
            disco: disco.with_node(ns::COMMANDS.as_str(), info, list),
            random,
        }
    }

    /// In whose name rooms are asked.
    pub(super) fn asker(&self) -> &FullJid {
        &self.asker
    }

    /// Forgets what nobody went on with.
    fn expire(&mut self, now: Timestamp) {
        self.runs
            .retain(|_, run| now.since(run.since) < 2 * PATIENCE);
    }

    /// The session is gone, and with it what it began.
    pub(super) fn session_ended(&mut self, jid: &FullJid) {
        self.runs.retain(|_, run| run.of != *jid);
    }
}

impl Hub {
    /// A request to the domain, if it is about commands; its answer, or that it comes later.
    pub(super) fn command(&mut self, key: Key, from: &FullJid, iq: &Iq) -> Reply {
        match iq.set_payload::<Command>() {
            Ok(None) => match self.command_disco(key, iq) {
                Some(answer) => Reply::Now(Some(answer)),
                None => Reply::NoCommand,
            },
            Ok(Some(_)) if !self.is_admin(key) => Reply::Now(iq.error(forbidden())),
            Ok(Some(command)) => match self.run(key, from, iq, &command) {
                Ok(Some(answer)) => Reply::Now(iq.reply(&answer)),
                Ok(None) => Reply::Later,
                Err(error) => Reply::Now(iq.error(error)),
            },
            Err(error) => Reply::Now(iq.error(bad_payload(&error))),
        }
    }

    /// XEP-0050 §2: the list and its items, for the admin alone.
    fn command_disco(&self, key: Key, iq: &Iq) -> Option<Iq> {
        let info = iq.get_payload::<DiscoInfo>().ok().flatten();
        let items = iq.get_payload::<DiscoItems>().ok().flatten();
        let node = match (&info, &items) {
            (Some(info), _) => info.node.as_deref(),
            (_, Some(items)) => items.node.as_deref(),
            _ => return None,
        };
        match node {
            None if info.is_some() && self.is_admin(key) => {
                let answer = self.server.answer(self.now, iq)?;
                let info = answer.payload::<DiscoInfo>().ok().flatten()?;
                iq.reply(&info.with_feature(ns::COMMANDS))
            }
            Some(node) if node == ns::COMMANDS.as_str() || all().any(|s| s.node == node) => {
                if self.is_admin(key) {
                    self.commands.disco.answer(iq)
                } else {
                    iq.error(forbidden())
                }
            }
            _ => None,
        }
    }

    /// One request of a run. `None`: the answer comes when a room has given its own.
    #[expect(clippy::result_large_err, reason = "it is made once for a command")]
    fn run(
        &mut self,
        key: Key,
        from: &FullJid,
        iq: &Iq,
        command: &Command,
    ) -> Result<Option<Command>, StanzaError> {
        let action = command.action.unwrap_or_default();
        self.commands.expire(self.now);
        let Some(id) = &command.session_id else {
            let spec = all().find(|spec| spec.node == command.node);
            let spec = spec.ok_or(StanzaErrorCondition::ItemNotFound)?;
            if action != CommandAction::Execute {
                return Err(CommandCondition::BadAction.error());
            }
            if self.commands.runs.len() >= MAX_RUNS {
                return Err(StanzaErrorCondition::ResourceConstraint.into());
            }
            let id = token(&mut *self.commands.random);
            tracing::info!(session = key.0, command = spec.node, "command");
            return Ok(self.go_on(key, from, iq, spec, &id, Given::default()));
        };
        // Of another session it is as unknown as one that never was.
        let run = self.commands.runs.get(id).filter(|run| run.of == *from);
        let run = run.ok_or_else(|| CommandCondition::BadSessionId.error())?;
        if run.spec.node != command.node {
            return Err(CommandCondition::BadSessionId.error());
        }
        if self.now.since(run.since) >= PATIENCE {
            self.commands.runs.remove(id);
            return Err(CommandCondition::SessionExpired.error());
        }
        let withdrawn = |form: &DataForm| form.form_type == DataFormType::Cancel;
        if action == CommandAction::Cancel || command.form.as_ref().is_some_and(withdrawn) {
            self.commands.runs.remove(id);
            return Ok(Some(command.answer(id, CommandStatus::Canceled)));
        }
        let mut given = run.given.clone();
        let spec = run.spec;
        match action {
            CommandAction::Prev if given.stage() == 0 => {
                return Err(CommandCondition::BadAction.error());
            }
            CommandAction::Prev => given.back(),
            CommandAction::Next if run.last => return Err(CommandCondition::BadAction.error()),
            CommandAction::Complete if !run.last => {
                return Err(CommandCondition::BadAction.error());
            }
            _ => {
                let form = command.form.as_ref();
                let form = form.ok_or_else(|| CommandCondition::BadPayload.error())?;
                // Some clients leave out the hidden field that says what the form is about.
                let mut form = form.clone();
                if form.about().is_none() {
                    form.set("FORM_TYPE", [ABOUT]);
                }
                if let Err(error) = run.form.check(&form) {
                    let answer = self.show_again(id, &error.to_string());
                    return answer
                        .ok_or_else(|| CommandCondition::BadSessionId.error())
                        .map(Some);
                }
                given.add(&form);
            }
        }
        Ok(self.go_on(key, from, iq, spec, id, given))
    }

    /// Takes the next step of a run.
    fn go_on(
        &mut self,
        key: Key,
        from: &FullJid,
        iq: &Iq,
        spec: &'static Spec,
        id: &str,
        given: Given,
    ) -> Option<Command> {
        let command = Command::execute(spec.node);
        match (spec.run)(self, &given) {
            Ok(Step::Form { form, last }) => {
                let run = Progress {
                    of: from.clone(),
                    spec,
                    given,
                    form,
                    last,
                    since: self.now,
                };
                let answer = run.show(id);
                self.commands.runs.insert(id.to_owned(), run);
                Some(answer)
            }
            Ok(Step::Done { form, note }) => {
                self.commands.runs.remove(id);
                let mut answer = command.answer(id, CommandStatus::Completed);
                answer.form = form;
                answer.notes = note
                    .into_iter()
                    .map(|text| says(CommandNoteType::Info, text))
                    .collect();
                Some(answer)
            }
            Ok(Step::Ask {
                room,
                payload,
                note,
            }) => {
                self.commands.runs.remove(id);
                let mut answer = command.answer(id, CommandStatus::Completed);
                answer.notes = vec![says(CommandNoteType::Info, note)];
                let asked = Asked {
                    key,
                    request: iq.clone(),
                    answer,
                };
                self.ask_room(&room, &payload, asked);
                None
            }
            Err(text) => self.show_again(id, &text).or_else(|| {
                let mut answer = command.answer(id, CommandStatus::Completed);
                answer.notes = vec![says(CommandNoteType::Error, text)];
                Some(answer)
            }),
        }
    }

    /// The last form once more, with what was wrong about it.
    fn show_again(&mut self, id: &str, text: &str) -> Option<Command> {
        let run = self.commands.runs.get_mut(id)?;
        run.since = self.now;
        let mut answer = run.show(id);
        answer.notes = vec![says(CommandNoteType::Error, text)];
        Some(answer)
    }

    /// Asks a room in the admin's name.
    fn ask_room(&mut self, room: &BareJid, payload: &Element, asked: Asked) {
        let id = token(&mut *self.commands.random);
        let from = self.commands.asker.clone();
        let iq = Iq::set(payload)
            .with_id(&id)
            .with_from(from.clone())
            .with_to(room.clone());
        self.commands.asked.insert(id, asked);
        let element = Element::from_xml(&iq);
        self.rooms.handle_stanza(self.now, &from, &element);
        self.carry_out_effects();
    }

    /// A room has sent something to the admin's name: the answer to what was asked.
    pub(super) fn room_answered(&mut self, stanza: &Fanout) {
        let Ok(element) = Element::parse_in(
            stanza.as_str(),
            xmpp_core::xml::Limits::SERVER_FROM_CLIENT,
            ns::CLIENT,
        ) else {
            return;
        };
        let Ok(iq) = Iq::from_element(element.root()) else {
            return;
        };
        let Some(Asked {
            key,
            request,
            answer,
        }) = self.commands.asked.remove(&iq.id)
        else {
            return;
        };
        let reply = match iq.content {
            IqContent::Error { error, .. } => request.error(error),
            _ => request.reply(&answer),
        };
        self.answer(key, reply);
    }
}

impl Progress {
    fn show(&self, id: &str) -> Command {
        let mut answer = Command::execute(self.spec.node).answer(id, CommandStatus::Executing);
        answer.form = Some(self.form.clone());
        answer.actions = Some(CommandActions {
            execute: Some(if self.last {
                CommandAction::Complete
            } else {
                CommandAction::Next
            }),
            prev: self.given.stage() > 0,
            next: !self.last,
            complete: self.last,
        });
        answer
    }
}

fn says(note_type: CommandNoteType, text: impl Into<String>) -> CommandNote {
    CommandNote {
        note_type,
        lang: None,
        text: text.into(),
    }
}

fn forbidden() -> StanzaError {
    StanzaErrorCondition::Forbidden.into()
}

/// 128 random bits.
fn token(random: &mut dyn Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes it");
        text
    })
}
