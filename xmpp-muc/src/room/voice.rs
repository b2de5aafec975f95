//! Requests for voice in a moderated room (XEP-0045 §7.13, §8.6; MUC VO1 to VO3).

use std::{collections::BTreeMap, sync::Arc};

use xmpp_core::{
    BareJid, Timestamp,
    xml::{ElementRef, Payload as _, PayloadError, ns},
};
use xmpp_stanza::{DataForm, DataFormType, FieldType, FormField};

use super::{admin::Done, leave::Actor, state::RoomState};
use crate::{
    Role,
    context::Context,
    ids::random_id,
    privileges::Standing,
    request::{Request, errors},
    wire::RoomMessage,
};

/// What such a form is about.
const REQUEST: &str = "http://jabber.org/protocol/muc#request";
const ROLE: &str = "muc#role";
const JID: &str = "muc#jid";
const NICK: &str = "muc#roomnick";
const ALLOW: &str = "muc#request_allow";

/// Who asked for voice and when; an answered request stays for the interval between two.
#[derive(Debug, Default)]
pub(crate) struct VoiceRequests {
    asked: BTreeMap<BareJid, Asked>,
}

#[derive(Debug)]
struct Asked {
    at: Timestamp,
    open: bool,
}

impl VoiceRequests {
    /// Forgets what a user asked for.
    pub(crate) fn forget(&mut self, user: &BareJid) {
        self.asked.remove(user);
    }
}

/// The form about voice in a message, if there is one.
pub(super) fn voice_form(message: ElementRef<'_>) -> Option<Result<DataForm, PayloadError>> {
    let form = DataForm::from_element(message.child("x", ns::DATA_FORMS)?);
    let is_other = form
        .as_ref()
        .is_ok_and(|form| form.about() != Some(REQUEST));
    (!is_other).then_some(form)
}

impl RoomState {
    /// A form about voice, from an occupant: a request, or a moderator's answer to one.
    pub(super) fn handle_voice_form(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        form: Result<DataForm, PayloadError>,
    ) {
        let Some((_, occupant)) = self.occupants.by_session(request.from) else {
            request.refuse(cx, errors::not_inside());
            return;
        };
        let role = occupant.role;
        let form = match form {
            Ok(form) if form.form_type == DataFormType::Submit => form,
            _ => {
                request.refuse(cx, errors::bad_request());
                return;
            }
        };
        if form.field(ALLOW).is_some() && role == Role::Moderator {
            self.answer_voice_request(cx, request, &form);
        } else {
            self.request_voice(cx, request, &form, role);
        }
    }

    /// MUC VO1, VO2.
    fn request_voice(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        form: &DataForm,
        role: Role,
    ) {
        if form.value(ROLE) != Some(Role::Participant.as_str()) {
            request.refuse(cx, errors::bad_request());
            return;
        }
        if role != Role::Visitor {
            return; // VO2: has it already
        }
        if !self.config.voice_requests {
            request.refuse(cx, errors::forbidden());
            return;
        }
        let user = request.from.to_bare();
        let interval = self.config.voice_request_interval;
        let now = cx.now;
        self.voice
            .asked
            .retain(|_, asked| asked.open || now.since(asked.at) < interval);
        let too_soon = self
            .voice
            .asked
            .get(&user)
            .is_some_and(|asked| now.since(asked.at) < interval);
        if too_soon || self.voice.asked.len() >= cx.service.limits.voice_requests {
            request.refuse(cx, errors::resource_constraint());
            return;
        }
        let Some((_, occupant)) = self.occupants.by_session(request.from) else {
            return;
        };
        let form = DataForm::form(REQUEST)
            .with_title("Request for voice")
            .with_field(FormField::typed(
                ROLE,
                FieldType::ListSingle,
                [Role::Participant.as_str()],
            ))
            .with_field(FormField::typed(
                JID,
                FieldType::JidSingle,
                [request.from.as_str()],
            ))
            .with_field(FormField::text(NICK, occupant.nick()))
            .with_field(FormField::boolean(ALLOW, false));
        self.voice.asked.insert(
            user,
            Asked {
                at: now,
                open: true,
            },
        );
        let stanza = RoomMessage {
            room: &self.jid,
            id: Some(&random_id(cx.random)),
            payload: &form,
        };
        // It names the real address: moderators only.
        let moderators: Arc<[_]> = self
            .occupants
            .iter()
            .filter(|(_, occupant)| occupant.role == Role::Moderator)
            .flat_map(|(_, occupant)| occupant.sessions.iter().map(|session| session.jid.clone()))
            .collect();
        cx.deliver(moderators, &stanza);
    }

    /// MUC VO3: the first answer counts, and gives voice, whatever it says beside.
    fn answer_voice_request(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        form: &DataForm,
    ) {
        let Ok(Some(allow)) = form.flag(ALLOW) else {
            request.refuse(cx, errors::bad_request());
            return;
        };
        let target = form
            .value(NICK)
            .and_then(|nick| self.occupants.by_nick(nick));
        let Some((number, target)) = target else {
            request.refuse(cx, errors::item_not_found());
            return;
        };
        let named = form
            .value(JID)
            .and_then(|jid| xmpp_core::Jid::new(jid).ok());
        let user = target.user.clone();
        let standing = Standing {
            role: Role::Participant,
            affiliation: target.affiliation,
        };
        let is_visitor = target.role == Role::Visitor;
        let open = self.voice.asked.get_mut(&user).filter(|asked| asked.open);
        let Some(asked) = open else {
            return; // answered already, or never asked
        };
        if named.is_none_or(|named| named.bare_str() != user.as_str()) {
            return;
        }
        asked.open = false;
        if !allow || !is_visitor {
            return;
        }
        let actor_jid = request.from.to_bare();
        let nick = self
            .occupants
            .by_session(request.from)
            .map(|(_, occupant)| occupant.nick().to_owned());
        self.remember(cx, &user, standing);
        let done = self
            .change_standing(cx, number, standing, None)
            .map(Done::Changed);
        let actor = Actor {
            nick: nick.as_deref(),
            user: &actor_jid,
        };
        self.tell_done(cx, done.into_iter().collect(), Some(actor));
    }
}
