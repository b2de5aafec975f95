//! The room's avatar, a vCard (XEP-0486 0.1.0, XEP-0054; MUC AV1, AV2).

use std::fmt::Write as _;

use sha1::{Digest as _, Sha1};
use xmpp_core::xml::{Element, ElementRef, Limits, Payload as _, ns};
use xmpp_stanza::VCard;

use super::state::RoomState;
use crate::{
    Affiliation,
    context::Context,
    request::{Fault, Request, errors},
};

/// What the owner gave the room, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Avatar {
    vcard: Element,
    /// SHA-1 of each picture in it, in hexadecimal (XEP-0153 §3.1).
    hashes: Vec<String>,
}

impl Avatar {
    /// Reads a vCard. `None` for an empty one.
    fn read(vcard: ElementRef<'_>) -> Result<Option<Self>, Fault> {
        let card = VCard::from_element(vcard).map_err(|_| errors::bad_request())?;
        if card == VCard::default() {
            return Ok(None);
        }
        let hashes = card
            .photos
            .iter()
            .filter_map(|photo| photo.data.as_ref())
            .map(|data| hex(&Sha1::digest(data)))
            .collect();
        Ok(Some(Self {
            vcard: Element::from_xml(&vcard),
            hashes,
        }))
    }

    /// What was stored; nothing if it cannot be read any more.
    pub(super) fn restore(text: &str) -> Option<Self> {
        let vcard = Element::parse_in(text, Limits::CLIENT, ns::CLIENT).ok()?;
        Self::read(vcard.root()).ok()?
    }

    /// As it is stored.
    pub(super) fn to_text(&self) -> String {
        self.vcard.to_string()
    }

    /// For disco (MUC AV2).
    pub(super) fn hashes(&self) -> &[String] {
        &self.hashes
    }
}

impl RoomState {
    /// Whoever may ask the room what it is may see its picture (AV1). Without one the answer is that of servers whose
    /// rooms have none, which clients know (CL2).
    pub(super) fn answer_avatar(&self, cx: &mut Context<'_>, request: Request<'_>) {
        match &self.avatar {
            Some(avatar) => request.reply(cx, &avatar.vcard),
            None => request.refuse(cx, errors::service_unavailable()),
        }
    }

    /// AV1: another picture, or none.
    pub(super) fn set_avatar(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        vcard: ElementRef<'_>,
    ) {
        if self.standing_affiliation(cx, &request.from.to_bare()) != Affiliation::Owner {
            request.refuse(cx, errors::forbidden());
            return;
        }
        let avatar = match Avatar::read(vcard) {
            Ok(avatar) => avatar,
            Err(error) => {
                request.refuse(cx, error);
                return;
            }
        };
        let bytes = avatar.as_ref().map_or(0, |avatar| avatar.to_text().len());
        if bytes > cx.service.limits.avatar_bytes {
            request.refuse(cx, errors::too_large("vCard")); // FL3
            return;
        }
        let hashes = |avatar: &Option<Avatar>| avatar.as_ref().map(|a| a.hashes.clone());
        let same = hashes(&self.avatar) == hashes(&avatar);
        let before = std::mem::replace(&mut self.avatar, avatar);
        self.store_room(cx);
        if let Some(commit) = cx.commit() {
            commit.undo.avatars.push(before);
        }
        request.result(cx);
        if !same {
            self.say_reconfigured(cx);
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // a String takes everything
        text
    })
}
