//! Who wears which hat (XEP-0317; MUC HA1, HA3).

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use xmpp_core::BareJid;

use super::state::RoomState;
use crate::{
    Hat, HatError, RoomConfig, StatusCode, StoreEvent, context::Context, ids::random_id,
    wire::RoomNotice,
};

/// The wearers of hats, by bare JID, with the URIs of the hats in the order in which they were put on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hats {
    worn: BTreeMap<BareJid, Vec<String>>,
}

impl Hats {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&BareJid, &[String])> {
        self.worn.iter().map(|(user, uris)| (user, &**uris))
    }

    pub(super) fn users(&self) -> impl Iterator<Item = &BareJid> {
        self.worn.keys()
    }

    fn of(&self, user: &BareJid) -> &[String] {
        self.worn.get(user).map_or(&[], |uris| uris)
    }

    /// What was stored.
    pub(super) fn restore(&mut self, user: BareJid, uris: Vec<String>) {
        self.worn.insert(user, uris);
    }

    /// Takes everything off a user. Gives whether there was something.
    pub(super) fn forget(&mut self, user: &BareJid) -> bool {
        self.worn.remove(user).is_some()
    }

    fn wearers(&self, uri: &str) -> Vec<BareJid> {
        let wears = |uris: &[String]| uris.iter().any(|worn| worn == uri);
        self.iter()
            .filter(|(_, uris)| wears(uris))
            .map(|(user, _)| user.clone())
            .collect()
    }

    fn take_off(&mut self, user: &BareJid, uri: &str) -> bool {
        let Some(uris) = self.worn.get_mut(user) else {
            return false;
        };
        let before = uris.len();
        uris.retain(|worn| worn != uri);
        let changed = uris.len() < before;
        if uris.is_empty() {
            self.worn.remove(user);
        }
        changed
    }
}

/// What follows a change of hats, once it is answered.
#[derive(Debug, Default)]
pub(super) struct HatChange {
    /// Who looks different now.
    wearers: Vec<BareJid>,
    /// Whether the hats themselves are others (104).
    defined: bool,
}

impl RoomState {
    /// The hats of a user, as its presences show them.
    pub(super) fn hats_of(&self, user: &BareJid) -> Arc<[Hat]> {
        let uris = self.hats.of(user);
        let hat = |uri: &String| self.config.hats.iter().find(|hat| hat.uri == *uri);
        uris.iter().filter_map(hat).cloned().collect()
    }

    /// MUC HA3, DI5: another one for another list.
    pub(super) fn hats_hash(&self) -> Option<String> {
        let hats = &self.config.hats;
        if hats.is_empty() {
            return None;
        }
        let mut hash = Sha256::new();
        for hat in hats {
            for part in [
                &hat.uri,
                &hat.title,
                hat.hue.as_ref().unwrap_or(&String::new()),
            ] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
        }
        Some(URL_SAFE_NO_PAD.encode(hash.finalize()))
    }

    /// A new hat, or another title or colour for one.
    pub(super) fn define_hat(
        &mut self,
        cx: &mut Context<'_>,
        hat: &Hat,
    ) -> Result<HatChange, HatError> {
        if !hat.is_sound() {
            return Err(HatError::Invalid);
        }
        let limit = cx.service.limits.hats;
        let before = self.config.clone();
        let hats = &mut self.config.hats;
        match hats.iter().position(|known| known.uri == hat.uri) {
            Some(at) if hats[at] == *hat => return Ok(HatChange::default()),
            Some(at) => hats[at] = hat.clone(),
            None if hats.len() >= limit => return Err(HatError::Full),
            None => hats.push(hat.clone()),
        }
        self.store_hat_config(cx, before);
        Ok(HatChange {
            wearers: self.hats.wearers(&hat.uri),
            defined: true,
        })
    }

    /// The end of a hat: it is taken from everybody (MUC HA3).
    pub(super) fn destroy_hat(
        &mut self,
        cx: &mut Context<'_>,
        uri: &str,
    ) -> Result<HatChange, HatError> {
        if !self.config.hats.iter().any(|hat| hat.uri == uri) {
            return Err(HatError::NoHat);
        }
        let (config, worn) = (self.config.clone(), self.hats.clone());
        self.config.hats.retain(|hat| hat.uri != uri);
        let wearers = self.hats.wearers(uri);
        for user in &wearers {
            self.hats.take_off(user, uri);
        }
        self.store_hat_config(cx, config);
        self.store_worn(cx, worn);
        Ok(HatChange {
            wearers,
            defined: true,
        })
    }

    pub(super) fn put_on_hat(
        &mut self,
        cx: &mut Context<'_>,
        user: &BareJid,
        uri: &str,
    ) -> Result<HatChange, HatError> {
        if !self.config.hats.iter().any(|hat| hat.uri == uri) {
            return Err(HatError::NoHat);
        }
        let worn = self.hats.of(user);
        if worn.iter().any(|worn| worn == uri) {
            return Ok(HatChange::default());
        }
        let limits = &cx.service.limits;
        let is_new = worn.is_empty() && self.hats.worn.len() >= limits.hat_wearers;
        if is_new || worn.len() >= limits.hats_per_user {
            return Err(HatError::Full);
        }
        let before = self.hats.clone();
        let worn = self.hats.worn.entry(user.clone()).or_default();
        worn.push(uri.to_owned());
        cx.trace(user, &self.jid);
        self.store_worn(cx, before);
        Ok(HatChange {
            wearers: vec![user.clone()],
            defined: false,
        })
    }

    pub(super) fn take_off_hat(
        &mut self,
        cx: &mut Context<'_>,
        user: &BareJid,
        uri: &str,
    ) -> Result<HatChange, HatError> {
        let before = self.hats.clone();
        if !self.hats.take_off(user, uri) {
            return Err(HatError::NoHat);
        }
        self.store_worn(cx, before);
        Ok(HatChange {
            wearers: vec![user.clone()],
            defined: false,
        })
    }

    /// Other hats for the room, in the place of all it has; whoever wears one that is not among them loses it.
    pub(crate) fn set_hats(
        &mut self,
        cx: &mut Context<'_>,
        hats: Vec<Hat>,
    ) -> Result<(), HatError> {
        if hats.len() > cx.service.limits.hats {
            return Err(HatError::Full);
        }
        let is_twice = |(at, hat): (usize, &Hat)| hats[..at].iter().any(|h| h.uri == hat.uri);
        if hats.iter().any(|hat| !hat.is_sound()) || hats.iter().enumerate().any(is_twice) {
            return Err(HatError::Invalid);
        }
        if self.config.hats == hats {
            return Ok(());
        }
        let before = (self.config.clone(), self.hats.clone());
        self.config.hats = hats;
        let config: &RoomConfig = &self.config;
        let is_there = |uri: &String| config.hats.iter().any(|hat| hat.uri == *uri);
        let wearers: Vec<BareJid> = self.hats.users().cloned().collect();
        self.hats.worn.retain(|_, uris| {
            uris.retain(is_there);
            !uris.is_empty()
        });
        self.store_hat_config(cx, before.0);
        self.store_worn(cx, before.1);
        let change = HatChange {
            wearers,
            defined: true,
        };
        self.show_hats(cx, &change);
        Ok(())
    }

    /// As an admin may, by the host.
    pub(crate) fn change_hat(
        &mut self,
        cx: &mut Context<'_>,
        user: &BareJid,
        uri: &str,
        on: bool,
    ) -> Result<(), HatError> {
        let change = if on {
            self.put_on_hat(cx, user, uri)?
        } else {
            self.take_off_hat(cx, user, uri)?
        };
        self.show_hats(cx, &change);
        Ok(())
    }

    /// Wearers inside are shown again, to all; other hats are another configuration (MUC HA3).
    pub(super) fn show_hats(&mut self, cx: &mut Context<'_>, change: &HatChange) {
        for user in &change.wearers {
            let hats = self.hats_of(user);
            for number in self.occupants.of_user(user) {
                let Some(occupant) = self.occupants.get(number) else {
                    continue;
                };
                if occupant.hats == hats {
                    continue;
                }
                if let Some(occupant) = self.occupants.change(number) {
                    occupant.hats = hats.clone();
                }
                self.tell_others(cx, number);
                self.tell_own_sessions(cx, number, None, &[]);
            }
        }
        if change.defined {
            self.say_reconfigured(cx);
        }
    }

    /// MUC ST4: something about the room is different.
    pub(super) fn say_reconfigured(&mut self, cx: &mut Context<'_>) {
        let notice = RoomNotice {
            room: &self.jid,
            id: &random_id(cx.random),
            codes: &[StatusCode::CONFIGURATION_CHANGED],
        };
        cx.deliver(self.occupants.everyone(), &notice);
    }

    /// Everybody inside wears what is theirs by now; nobody is told.
    pub(super) fn wear_hats(&mut self) {
        for number in self.occupants.numbers() {
            let Some(user) = self.occupants.get(number).map(|o| o.user.clone()) else {
                continue;
            };
            let hats = self.hats_of(&user);
            if let Some(occupant) = self.occupants.change(number) {
                occupant.hats = hats;
            }
        }
    }

    fn store_hat_config(&self, cx: &mut Context<'_>, before: RoomConfig) {
        cx.store(StoreEvent::Config {
            room: self.jid.clone(),
            config: Box::new(self.config.clone()),
        });
        if let Some(commit) = cx.commit() {
            commit.undo.config = Some(Box::new((before, self.config.clone())));
        }
    }

    fn store_worn(&self, cx: &mut Context<'_>, before: Hats) {
        self.store_room(cx);
        if let Some(commit) = cx.commit() {
            commit.undo.hats.get_or_insert(before);
        }
    }
}
