//! Hats by ad-hoc commands (XEP-0317 §3.2 to §3.7, XEP-0050; MUC HA2).

use xmpp_core::{
    BareJid, Jid,
    xml::{ElementRef, Payload as _, ns},
};
use xmpp_stanza::{
    Command, CommandAction, CommandCondition, CommandStatus, DataForm, DataFormType, DiscoInfo,
    DiscoItem, DiscoItems, FieldType, FormField, FormItem, FormReported, Identity,
};

use super::{hats::HatChange, state::RoomState};
use crate::{
    Affiliation, Hat, HatError,
    context::Context,
    ids::random_id,
    request::{Fault, Request, errors},
};

/// What the forms are about; the nodes of the commands begin like it.
const COMMANDS: &str = "urn:xmpp:hats:commands";
const URI: &str = "hats#uri";
const TITLE: &str = "hats#title";
const HUE: &str = "hats#hue";
const JID: &str = "hats#jid";

/// What can be done about hats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HatCommand {
    Create,
    Destroy,
    List,
    Assign,
    Unassign,
    ListAssigned,
}

impl HatCommand {
    const ALL: [Self; 6] = [
        Self::Create,
        Self::Destroy,
        Self::List,
        Self::Assign,
        Self::Unassign,
        Self::ListAssigned,
    ];

    const fn node(self) -> &'static str {
        match self {
            Self::Create => "urn:xmpp:hats:commands:create",
            Self::Destroy => "urn:xmpp:hats:commands:destroy",
            Self::List => "urn:xmpp:hats:commands:list",
            Self::Assign => "urn:xmpp:hats:commands:assign",
            Self::Unassign => "urn:xmpp:hats:commands:unassign",
            Self::ListAssigned => "urn:xmpp:hats:commands:list-assigned",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Create => "Create or change a hat",
            Self::Destroy => "Destroy a hat",
            Self::List => "List the hats",
            Self::Assign => "Give somebody a hat",
            Self::Unassign => "Take a hat from somebody",
            Self::ListAssigned => "List who wears which hat",
        }
    }

    fn of(node: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|command| command.node() == node)
    }
}

impl RoomState {
    /// A `set` with a command.
    pub(super) fn handle_command(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        payload: ElementRef<'_>,
    ) {
        if let Err(error) = self.run_command(cx, request, payload) {
            request.refuse(cx, error);
        }
    }

    /// The commands that a user may run, by disco#items.
    pub(super) fn answer_commands(&self, cx: &mut Context<'_>, request: Request<'_>) {
        let mut items = DiscoItems::new().with_node(ns::COMMANDS.as_str());
        if self.may_command(cx, request) {
            for command in HatCommand::ALL {
                items = items.with_item(
                    DiscoItem::new(self.jid.clone())
                        .with_node(command.node())
                        .with_name(command.name()),
                );
            }
        }
        request.reply(cx, &items);
    }

    /// What a command is, by disco#info; nothing for another node.
    pub(super) fn command_info(node: &str) -> Option<DiscoInfo> {
        let info = DiscoInfo::new().with_node(node);
        if node == ns::COMMANDS.as_str() {
            return Some(info.with_identity(Identity::new("automation", "command-list")));
        }
        let name = HatCommand::of(node)?.name();
        Some(
            info.with_identity(Identity::new("automation", "command-node").with_name(name))
                .with_features([ns::COMMANDS, ns::DATA_FORMS]),
        )
    }

    fn may_command(&self, cx: &Context<'_>, request: Request<'_>) -> bool {
        self.standing_affiliation(cx, &request.from.to_bare()) >= Affiliation::Admin
    }

    /// No run is remembered: what a form needs is in the form.
    fn run_command(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        payload: ElementRef<'_>,
    ) -> Result<(), Fault> {
        let asked = Command::from_element(payload).map_err(|_| errors::bad_request())?;
        let command = HatCommand::of(&asked.node).ok_or_else(errors::item_not_found)?;
        if !self.may_command(cx, request) {
            return Err(errors::forbidden());
        }
        let run = match &asked.session_id {
            Some(run) if run.len() <= 128 => run.clone(),
            _ => random_id(cx.random).as_ref().to_owned(),
        };
        let completed = asked.answer(run.clone(), CommandStatus::Completed);
        match asked.action.unwrap_or_default() {
            CommandAction::Cancel => {
                request.reply(cx, &asked.answer(run, CommandStatus::Canceled));
                return Ok(());
            }
            CommandAction::Prev => return Err(bad(CommandCondition::BadAction)),
            CommandAction::Execute | CommandAction::Next | CommandAction::Complete => {}
        }
        let form = match (command, &asked.form) {
            (HatCommand::List, _) => self.list_hats(),
            (HatCommand::ListAssigned, _) => self.list_wearers(),
            (_, None) => {
                let mut answer = asked.answer(run, CommandStatus::Executing);
                answer.form = Some(self.hat_form(command));
                request.reply(cx, &answer);
                return Ok(());
            }
            (_, Some(form)) => {
                let change = self.change_hats(cx, command, form)?;
                request.reply(cx, &completed);
                self.show_hats(cx, &change);
                return Ok(());
            }
        };
        let answer = Command {
            form: Some(form),
            ..completed
        };
        request.reply(cx, &answer);
        Ok(())
    }

    fn change_hats(
        &mut self,
        cx: &mut Context<'_>,
        command: HatCommand,
        form: &DataForm,
    ) -> Result<HatChange, Fault> {
        let bad_payload = || bad(CommandCondition::BadPayload);
        if form.form_type != DataFormType::Submit || form.about() != Some(COMMANDS) {
            return Err(bad_payload());
        }
        let uri = form
            .value(URI)
            .filter(|uri| !uri.is_empty())
            .ok_or_else(bad_payload)?;
        let user = || -> Result<BareJid, Fault> {
            let jid = form.value(JID).ok_or_else(bad_payload)?;
            let jid = Jid::new(jid).map_err(|_| errors::jid_malformed())?;
            Ok(jid.to_bare())
        };
        let change = match command {
            HatCommand::Create => {
                let known = self.config.hats.iter().find(|hat| hat.uri == uri);
                let hat = Hat {
                    uri: uri.to_owned(),
                    title: form.value(TITLE).ok_or_else(bad_payload)?.to_owned(),
                    hue: form
                        .value(HUE)
                        .filter(|hue| !hue.is_empty())
                        .map(str::to_owned),
                    lang: known.map(|hat| hat.lang.clone()).unwrap_or_default(),
                };
                self.define_hat(cx, &hat)
            }
            HatCommand::Destroy => self.destroy_hat(cx, uri),
            HatCommand::Assign => self.put_on_hat(cx, &user()?, uri),
            HatCommand::Unassign => self.take_off_hat(cx, &user()?, uri),
            HatCommand::List | HatCommand::ListAssigned => return Err(bad_payload()),
        };
        change.map_err(|error| match error {
            HatError::NoRoom | HatError::NoHat => errors::item_not_found(),
            HatError::Invalid => bad_payload(),
            HatError::Full => errors::resource_constraint(),
        })
    }

    fn hat_form(&self, command: HatCommand) -> DataForm {
        let form = DataForm::form(COMMANDS).with_title(command.name());
        let choice = || {
            let hats = self.config.hats.iter();
            let mut field = FormField::choice(URI, "", hats.map(|hat| (&*hat.uri, &*hat.title)));
            field.values.clear();
            field.with_label("Hat").required()
        };
        let line = |var, label| {
            FormField::typed(var, FieldType::TextSingle, None::<String>).with_label(label)
        };
        if command == HatCommand::Create {
            return form
                .with_field(line(TITLE, "Title").required())
                .with_field(line(URI, "URI").required())
                .with_field(line(HUE, "Hue, an angle in degrees"));
        }
        if command == HatCommand::Destroy {
            return form.with_field(choice());
        }
        let user = FormField::typed(JID, FieldType::JidSingle, None::<String>);
        form.with_field(user.with_label("User").required())
            .with_field(choice())
    }

    fn list_hats(&self) -> DataForm {
        let mut form = report(&[TITLE, URI, HUE]);
        form.items = self.config.hats.iter().map(|hat| item(hat, None)).collect();
        form
    }

    fn list_wearers(&self) -> DataForm {
        let mut form = report(&[JID, URI, TITLE, HUE]);
        for (user, _) in self.hats.iter() {
            for hat in self.hats_of(user).iter() {
                form.items.push(item(hat, Some(user)));
            }
        }
        form
    }
}

fn bad(condition: CommandCondition) -> Fault {
    errors::bad_request().with_application(xmpp_core::xml::Element::from_xml(&condition))
}

fn report(fields: &[&str]) -> DataForm {
    let mut form = DataForm::bare(DataFormType::Result);
    form.reported = Some(FormReported {
        fields: fields.iter().map(|var| FormField::named(*var)).collect(),
    });
    form
}

fn item(hat: &Hat, wearer: Option<&BareJid>) -> FormItem {
    let mut fields: Vec<FormField> = wearer
        .map(|user| FormField::value(JID, user.as_str()))
        .into_iter()
        .collect();
    fields.push(FormField::value(TITLE, &*hat.title));
    fields.push(FormField::value(URI, &*hat.uri));
    if let Some(hue) = &hat.hue {
        fields.push(FormField::value(HUE, &**hue));
    }
    FormItem { fields }
}
