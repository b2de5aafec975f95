//! The admin account: who may log in with a password, and the rooms that are always there.

use std::sync::Arc;

use xmpp_core::{
    BareJid, Random,
    sasl::{
        self, Hmac, Lookup, LookupKind, Registry, Scram, ScramHash, ScramKeys, ScramSha1,
        ScramSha256, ScramSha512,
    },
    stream::ServerConfig,
};
use xmpp_muc::CreateError;

use super::{Hub, client::Key};
use crate::HostSettings;

/// The localpart of the account; nobody else gets it, whether there is an admin or not.
pub(super) const NAME: &str = "admin";
/// Rounds of PBKDF2: the page computes them too.
const ITERATIONS: u32 = 10_000;

/// SCRAM over a hash that the library does not bring, but Strophe.js does.
struct ScramSha384;

impl ScramHash for ScramSha384 {
    type Digest = sha2::Sha384;
    type Hmac = Hmac<sha2::Sha384>;
    const MECHANISM: &'static str = "SCRAM-SHA-384";
    const PLUS: &'static str = "SCRAM-SHA-384-PLUS";
    const PRIORITY: i32 = 71;
}

/// The account, if the server has one.
#[derive(Debug)]
pub(super) struct AdminAccount {
    pub(super) jid: BareJid,
    /// What each SCRAM checks with; the token itself is not kept here. Empty without an account.
    keys: Vec<ScramKeys>,
    /// For streams at the admin's own door.
    pub(super) sessions: Option<Arc<ServerConfig>>,
}

impl AdminAccount {
    pub(super) fn new(settings: &HostSettings, random: &mut dyn Random) -> Self {
        // Hides that there is no other account.
        let mut secret = [0; 32];
        random.fill(&mut secret);
        let keys = settings.admin.as_ref().and_then(|admin| {
            keys_of(admin.token.reveal(), random)
                .inspect_err(|error| tracing::error!(%error, "the admin token is no password"))
                .ok()
        });
        let keys = keys.unwrap_or_default();
        // SCRAM alone: the token is never sent. Not SHA-256 alone, because there are clients that know one of the others only;
        // a client that is talked down to SHA-1 shows no more than by the others: the token is long and random. None is
        // offered where everybody comes in, for libraries that can do it take it, even for a login without an account.
        let sessions = (!keys.is_empty()).then(|| {
            let sasl = sasl::ServerConfig::new(secret)
                .answers([
                    LookupKind::SCRAM_SHA_1,
                    LookupKind::SCRAM_SHA_256,
                    LookupKind::custom(ScramSha384::MECHANISM),
                    LookupKind::SCRAM_SHA_512,
                ])
                .with_stored_form(ITERATIONS, 16);
            let config = super::config::sessions(settings, settings.timing.websocket_ping);
            let config = config.expect("the domain was checked");
            let registry = Registry::default()
                .with(Scram::<ScramSha384>::new())
                .with(Scram::<ScramSha384>::plus());
            Arc::new(config.with_sasl(registry, sasl))
        });
        Self {
            jid: jid(settings),
            keys,
            sessions,
        }
    }

    pub(super) fn answer(&self, lookup: &Lookup) -> sasl::Answer {
        let Lookup::ScramKeys { authcid, mechanism } = lookup else {
            return sasl::Answer::UnknownUser;
        };
        let mut keys = self.keys.iter().filter(|_| authcid == NAME);
        match keys.find(|keys| keys.mechanism() == mechanism) {
            Some(keys) => sasl::Answer::ScramKeys(keys.clone()),
            None => sasl::Answer::UnknownUser,
        }
    }
}

/// What each SCRAM checks `token` with, each with a salt of its own.
fn keys_of(token: &str, random: &mut dyn Random) -> Result<Vec<ScramKeys>, sasl::PrepareError> {
    Ok(vec![
        ScramKeys::generate::<ScramSha1>(token, ITERATIONS, random)?,
        ScramKeys::generate::<ScramSha256>(token, ITERATIONS, random)?,
        ScramKeys::generate::<ScramSha384>(token, ITERATIONS, random)?,
        ScramKeys::generate::<ScramSha512>(token, ITERATIONS, random)?,
    ])
}

/// The account's address.
pub(super) fn jid(settings: &HostSettings) -> BareJid {
    BareJid::from_parts(Some(NAME), &settings.domain).expect("the domain was checked")
}

/// Randomness in letters and digits, almost six bits a byte. SCRAM allows more in a nonce, but stanza.js 12 does not
/// understand a challenge whose nonce has a `=`.
pub(super) struct Letters(pub(super) Box<dyn Random + Send>);

impl Random for Letters {
    fn fill(&mut self, dest: &mut [u8]) {
        const ALL: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut at = 0;
        while at < dest.len() {
            let mut bytes = [0; 32];
            self.0.fill(&mut bytes);
            // As many of each: the rest is drawn again.
            for byte in bytes.into_iter().filter(|byte| *byte < 248) {
                if let Some(next) = dest.get_mut(at) {
                    *next = ALL[usize::from(byte % 62)];
                    at += 1;
                }
            }
        }
    }
}

impl Hub {
    /// Makes the rooms of the configuration that are not there. Call it when those that were stored are back.
    pub fn declare_rooms(&mut self) {
        let owner = self.admin.jid.clone();
        for room in std::mem::take(&mut self.declared) {
            let config = room.config(&self.rooms.config().room);
            match self.rooms.create_room(self.now, &room.jid, &owner, config) {
                Ok(()) | Err(CreateError::Exists) => {}
                Err(error) => {
                    tracing::error!(%error, room = %room.jid, "a room of the configuration");
                }
            }
        }
        self.carry_out_effects();
    }

    /// Has [`super::Output::ShutDown`] come after `delay`.
    pub(super) fn plan_shutdown(&mut self, delay: std::time::Duration) {
        self.shutdown_at = Some(self.now.saturating_add(delay));
    }

    /// Whether the session is one of the admin's.
    pub(super) fn is_admin(&self, key: Key) -> bool {
        let jid = self.clients.get(&key).and_then(|c| c.jid.as_ref());
        !self.admin.keys.is_empty()
            && jid.is_some_and(|jid| *jid.bare_str() == *self.admin.jid.as_str())
    }
}
