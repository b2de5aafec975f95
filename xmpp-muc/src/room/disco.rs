//! What a room says about itself (XEP-0045 §6.4, §6.5; MUC DI3 to DI7).

use xmpp_core::xml::{ElementRef, Payload as _, ns};
use xmpp_stanza::{DataForm, DiscoInfo, DiscoItems, FieldType, FormField, Identity};

use super::archive::EXTENDED;
use super::{registration::RESERVED_NICK, state::RoomState};
use crate::{
    context::Context,
    request::{Request, errors},
    wire::MODERATE_0,
};

/// `muc#stable_id`: reflections keep the sender's id (MUC GC1).
pub(crate) const STABLE_ID: &str = "http://jabber.org/protocol/muc#stable_id";
/// XEP-0410 §3.3.
const SELF_PING: &str = "http://jabber.org/protocol/muc#self-ping-optimization";
/// Visitors may ask for voice (XEP-0045 §7.13).
const VOICE_REQUESTS: &str = "http://jabber.org/protocol/muc#request";
/// XEP-0424 §4: a retracted message leaves a tombstone in the archive.
const TOMBSTONES: &str = "urn:xmpp:message-retract:1#tombstone";
/// Messages in an hour (XEP-0502).
const ACTIVITY: &str = "{urn:xmpp:muc-activity}message-activity";
const ROOM_INFO: &str = "http://jabber.org/protocol/muc#roominfo";
/// The node that tells which stanzas pass (XEP-0045 §18.1.1).
const TRAFFIC: &str = "http://jabber.org/protocol/muc#traffic";

impl RoomState {
    pub(super) fn answer_disco_info(
        &self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        payload: ElementRef<'_>,
    ) {
        match payload.attr("node").as_deref() {
            None | Some("") => {
                let info = self.disco_info(cx);
                request.reply(cx, &info);
            }
            // DI7: nothing is filtered by namespace.
            Some(RESERVED_NICK) => self.answer_reserved_nick(cx, request),
            Some(TRAFFIC) => request.refuse(cx, errors::service_unavailable()),
            Some(node) => match Self::command_info(node) {
                Some(info) => request.reply(cx, &info),
                None => request.refuse(cx, errors::item_not_found()),
            },
        }
    }

    /// MUC DI6: who is inside is nobody's business outside. HA2: the commands are there for who may run them.
    pub(super) fn answer_disco_items(
        &self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        payload: ElementRef<'_>,
    ) {
        match DiscoItems::from_element(payload).map(|items| items.node) {
            Ok(None) => request.reply(cx, &DiscoItems::new()),
            Ok(Some(node)) if node.is_empty() => request.reply(cx, &DiscoItems::new()),
            Ok(Some(node)) if node == ns::COMMANDS.as_str() => self.answer_commands(cx, request),
            Ok(_) => request.refuse(cx, errors::item_not_found()),
            Err(_) => request.refuse(cx, errors::bad_request()),
        }
    }

    fn disco_info(&self, cx: &Context<'_>) -> DiscoInfo {
        let config = &self.config;
        let mut identity = Identity::new("conference", "text");
        if !config.name.is_empty() {
            identity = identity.with_name(&*config.name);
        }
        let one_of = |condition, yes, no| if condition { yes } else { no };
        DiscoInfo::new()
            .with_identity(identity)
            .with_features([
                ns::DISCO_INFO,
                ns::DISCO_ITEMS,
                ns::MUC,
                ns::PING,
                ns::OCCUPANT_ID,
                ns::STANZA_ID,
            ])
            .with_features([
                STABLE_ID,
                SELF_PING,
                ns::HATS.as_str(),
                ns::MAV.as_str(),
                ns::VCARD_TEMP.as_str(),
                ns::COMMANDS.as_str(),
                one_of(config.public, "muc_public", "muc_hidden"),
                one_of(config.persistent, "muc_persistent", "muc_temporary"),
                one_of(config.members_only, "muc_membersonly", "muc_open"),
                one_of(config.moderated, "muc_moderated", "muc_unmoderated"),
                one_of(
                    config.password.is_some(),
                    "muc_passwordprotected",
                    "muc_unsecured",
                ),
                one_of(
                    config.non_anonymous(),
                    "muc_nonanonymous",
                    "muc_semianonymous",
                ),
            ])
            .with_features(self.offers_registration(cx).then_some(ns::REGISTER))
            .with_features((config.moderated && config.voice_requests).then_some(VOICE_REQUESTS))
            .with_feature(ns::RETRACT)
            .with_features(
                // DI4: what neither history nor archive holds cannot be moderated.
                (config.archive || config.max_history_fetch > 0)
                    .then_some([ns::MODERATE, MODERATE_0])
                    .into_iter()
                    .flatten(),
            )
            .with_features(
                config
                    .archive
                    .then_some([ns::MAM.as_str(), EXTENDED, TOMBSTONES])
                    .into_iter()
                    .flatten(),
            )
            .with_form(self.room_info(cx))
    }

    /// MUC DI5.
    fn room_info(&self, cx: &Context<'_>) -> DataForm {
        let config = &self.config;
        let mut form = DataForm::result(ROOM_INFO)
            .with_field(FormField::text(
                "muc#roominfo_description",
                &*config.description,
            ))
            .with_field(FormField::text(
                "muc#roominfo_occupants",
                self.occupants.len().to_string(),
            ))
            .with_field(FormField::boolean(
                "muc#roominfo_subjectmod",
                config.change_subject,
            ))
            .with_field(FormField::boolean(
                "muc#roomconfig_changesubject",
                config.change_subject,
            ))
            .with_field(FormField::text(
                "muc#roominfo_slow_mode_duration",
                config.slow_mode.as_secs().to_string(),
            ))
            .with_field(FormField::text(
                "muc#maxhistoryfetch",
                config.max_history_fetch.to_string(),
            ));
        if let Some(avatar) = &self.avatar
            && !avatar.hashes().is_empty()
        {
            form = form.with_field(FormField::typed(
                "muc#roominfo_avatarhash",
                FieldType::TextMulti,
                avatar.hashes(),
            ));
        }
        if let Some(rate) = self.activity.rate(cx.now, config) {
            form = form.with_field(FormField::text(ACTIVITY, rate));
        }
        if let Some(hash) = self.hats_hash() {
            form = form.with_field(FormField::text("hats#hash", hash));
        }
        if !config.lang.is_empty() {
            form = form.with_field(FormField::text("muc#roominfo_lang", &*config.lang));
        }
        if !config.pubsub.is_empty() {
            form = form.with_field(FormField::text("muc#roominfo_pubsub", &*config.pubsub));
        }
        if config.public
            && !config.members_only
            && let Some(subject) = &self.subject
        {
            form = form.with_field(FormField::text("muc#roominfo_subject", &*subject.text));
        }
        form
    }
}
