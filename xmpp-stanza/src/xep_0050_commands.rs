//! XEP-0050: Ad-Hoc Commands, version 1.3.0.

use xmpp_core::{
    Payload, StanzaError, StanzaErrorCondition, XmlText,
    xml::{Element, ns},
};

use crate::DataForm;

/// A step of a command ([XEP-0050 §2](https://xmpp.org/extensions/xep-0050.html)): a request in an
/// `iq` of type `set`, or its answer.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "command", ns = ns::COMMANDS)]
pub struct Command {
    /// Which command.
    #[xml(attr)]
    pub node: String,
    /// Which run of it; absent in the first request.
    #[xml(attr, name = "sessionid")]
    pub session_id: Option<String>,
    /// In a request: where to go; [`CommandAction::Execute`] without one.
    #[xml(attr)]
    pub action: Option<CommandAction>,
    /// In an answer: how far it got.
    #[xml(attr)]
    pub status: Option<CommandStatus>,
    /// In an answer: where one may go.
    #[xml(child)]
    pub actions: Option<CommandActions>,
    /// What there is to say, for people.
    #[xml(child)]
    pub notes: Vec<CommandNote>,
    /// The form to fill in, or filled in, or the results.
    #[xml(child)]
    pub form: Option<DataForm>,
    /// Other payloads.
    #[xml(rest)]
    pub payloads: Vec<Element>,
}

/// Where to go in a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, XmlText)]
pub enum CommandAction {
    /// Nowhere: give up.
    Cancel,
    /// To the end.
    Complete,
    /// Wherever the responder would go, which is what [`CommandActions::execute`] says.
    #[default]
    Execute,
    /// To the next step.
    Next,
    /// To the step before.
    Prev,
}

/// How far a command got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, XmlText)]
pub enum CommandStatus {
    /// Given up.
    Canceled,
    /// Done.
    Completed,
    /// Not done yet.
    Executing,
}

/// Where one may go in a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "actions", ns = ns::COMMANDS)]
pub struct CommandActions {
    /// What [`CommandAction::Execute`] stands for.
    #[xml(attr)]
    pub execute: Option<CommandAction>,
    /// To the step before.
    #[xml(flag)]
    pub prev: bool,
    /// To the next step.
    #[xml(flag)]
    pub next: bool,
    /// To the end.
    #[xml(flag)]
    pub complete: bool,
}

/// What there is to say about a step, for people.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "note", ns = ns::COMMANDS)]
pub struct CommandNote {
    /// How serious it is.
    #[xml(attr, name = "type", default)]
    pub note_type: CommandNoteType,
    /// Its language.
    #[xml(attr, name = "xml:lang")]
    pub lang: Option<String>,
    /// The text.
    #[xml(text)]
    pub text: String,
}

/// How serious a [`CommandNote`] is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, XmlText)]
pub enum CommandNoteType {
    /// The command did not succeed.
    Error,
    /// Good to know.
    #[default]
    Info,
    /// Not as it should be.
    Warn,
}

/// Why a step is refused, beside the condition of RFC 6120
/// ([XEP-0050 §4.4](https://xmpp.org/extensions/xep-0050.html)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(ns = ns::COMMANDS)]
pub enum CommandCondition {
    /// One cannot go there from here.
    BadAction,
    /// The language is not there.
    BadLocale,
    /// The form is wrong.
    BadPayload,
    /// There is no such run.
    #[xml(name = "bad-sessionid")]
    BadSessionId,
    /// There is no such action.
    MalformedAction,
    /// The run took too long.
    SessionExpired,
}

impl Command {
    /// Starts a command.
    pub fn execute(node: impl Into<String>) -> Self {
        Self {
            node: node.into(),
            session_id: None,
            action: Some(CommandAction::Execute),
            status: None,
            actions: None,
            notes: Vec::new(),
            form: None,
            payloads: Vec::new(),
        }
    }

    /// The request after this answer.
    #[must_use]
    pub fn step(&self, action: CommandAction, form: Option<DataForm>) -> Self {
        Self {
            session_id: self.session_id.clone(),
            action: Some(action),
            form,
            ..Self::execute(&self.node)
        }
    }

    /// The answer to this request.
    #[must_use]
    pub fn answer(&self, session_id: impl Into<String>, status: CommandStatus) -> Self {
        Self {
            session_id: Some(session_id.into()),
            action: None,
            status: Some(status),
            ..Self::execute(&self.node)
        }
    }
}

impl CommandActions {
    /// Where [`CommandAction::Execute`] leads: where `execute` says, else to the next step
    /// ([XEP-0050 §3.4](https://xmpp.org/extensions/xep-0050.html)); to the end where there is no
    /// next step, as there is none in an answer without actions.
    pub fn default_action(&self) -> CommandAction {
        match self.execute {
            Some(CommandAction::Execute) | None if self.next => CommandAction::Next,
            Some(CommandAction::Execute) | None => CommandAction::Complete,
            Some(action) => action,
        }
    }
}

impl CommandCondition {
    /// The error that says so.
    pub fn error(self) -> StanzaError {
        let condition = match self {
            Self::SessionExpired => StanzaErrorCondition::NotAllowed,
            _ => StanzaErrorCondition::BadRequest,
        };
        StanzaError::new(condition).with_application(Element::from_xml(&self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    fn command(attrs: &str, content: &str) -> Command {
        round_trip(&format!(
            "<command xmlns='http://jabber.org/protocol/commands' {attrs}>{content}</command>"
        ))
    }

    #[test]
    fn a_run_of_two_steps() {
        assert_eq!(
            command("node='config' action='execute'", ""),
            Command::execute("config")
        );
        let first = command(
            "node='config' sessionid='config:2002' status='executing'",
            "<actions execute='next'><next/></actions><x xmlns='jabber:x:data' type='form'/>",
        );
        let actions = first.actions.unwrap();
        assert!(actions.next && !actions.prev);
        assert_eq!(actions.default_action(), CommandAction::Next);
        let second = first.step(CommandAction::Complete, Some(DataForm::submit("x")));
        assert_eq!(second.session_id.as_deref(), Some("config:2002"));
        let done = command(
            "node='config' sessionid='config:2002' status='completed'",
            "<note>Service 'httpd' has been configured.</note><note type='warn' xml:lang='en'>Slowly.</note>",
        );
        assert_eq!(done.notes[1].note_type, CommandNoteType::Warn);
        let answer = second.answer("config:2002", CommandStatus::Completed);
        assert_eq!(
            answer,
            Command {
                notes: Vec::new(),
                ..done
            }
        );
    }

    #[test]
    fn the_default_action() {
        for (actions, expected) in [
            (CommandActions::default(), CommandAction::Complete),
            (
                CommandActions {
                    next: true,
                    ..Default::default()
                },
                CommandAction::Next,
            ),
            (
                CommandActions {
                    execute: Some(CommandAction::Complete),
                    next: true,
                    ..Default::default()
                },
                CommandAction::Complete,
            ),
        ] {
            assert_eq!(actions.default_action(), expected);
        }
    }

    #[test]
    fn conditions() {
        let expired: CommandCondition =
            round_trip("<session-expired xmlns='http://jabber.org/protocol/commands'/>");
        assert_eq!(expired.error().condition, StanzaErrorCondition::NotAllowed);
        round_trip::<CommandCondition>(
            "<bad-sessionid xmlns='http://jabber.org/protocol/commands'/>",
        );
    }

    #[test]
    fn malformed() {
        let command =
            |rest: &str| format!("<command xmlns='http://jabber.org/protocol/commands' {rest}");
        for (xml, expected) in [
            ("/>", "<command/> has no attribute 'node'"),
            (
                "node='a' action='jump'/>",
                "<command/>: invalid action 'jump': not one of cancel, complete, execute, next, prev",
            ),
            (
                "node='a' status='done'/>",
                "<command/>: invalid status 'done': not one of canceled, completed, executing",
            ),
        ] {
            assert_eq!(error::<Command>(&command(xml)), expected);
        }
    }
}
