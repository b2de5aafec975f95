//! What the settings mean for each machine.

use std::time::Duration;

use xmpp_bosh::ManagerConfig;
use xmpp_core::{JidError, stream::ServerConfig, xml::Limits};
use xmpp_muc::{Rate, ServiceConfig, TemporaryUsers};

use crate::HostSettings;

/// Streams, where nobody may log in yet. After `idle` without traffic the transport looks after its client.
pub(super) fn sessions(settings: &HostSettings, idle: Duration) -> Result<ServerConfig, JidError> {
    let mut after_login = Limits::SERVER_FROM_CLIENT;
    after_login.stanza_bytes = settings.limits.stanza_bytes;
    Ok(ServerConfig::new(&settings.domain)?
        // TLS ends in front of this program; an anonymous login has no secret to lose, the admin's never shows it, and what
        // shows one is not offered in clear anyway.
        .require_tls(false)
        .with_idle(idle)
        .with_login_timeout(settings.timing.login)
        .with_max_backlog(settings.limits.queue_bytes)
        .with_limits(Limits::SERVER_BEFORE_LOGIN, after_login))
}

/// The BOSH connection manager.
pub(super) fn bosh(settings: &HostSettings) -> ManagerConfig {
    ManagerConfig {
        max_wait: settings.timing.bosh_wait,
        inactivity: settings.timing.bosh_inactivity,
        max_request_bytes: settings.limits.stanza_bytes,
        // The hub counts all sessions, whatever they come over.
        max_sessions: usize::MAX,
        ..ManagerConfig::default()
    }
}

/// Rooms for people who meet by a link.
pub(super) fn rooms(settings: &HostSettings) -> ServiceConfig {
    let mut config = ServiceConfig::default();
    "Rooms".clone_into(&mut config.name);
    // Whoever comes first to a chat on the web has no form to fill in before others may enter.
    config.lock_new_rooms = false;
    config.administrators.insert(super::admin::jid(settings));
    // An anonymous address ends with its session, and so does what a room keeps of it. Users of the site come back.
    config.temporary.domains.insert(settings.domain.clone());
    config.temporary.users = TemporaryUsers::Anonymous;
    // A connection that drops under everybody must not take the history along.
    config.linger = settings.timing.room_linger;
    // Whoever made a room may be gone for good; the topic is everybody's.
    config.room.change_subject = true;
    config.room.max_users = None;
    // Whoever was away for a moment catches up from it.
    config.room.archive = settings.archive.on;
    config.room.max_history_fetch = u32::try_from(settings.limits.history).unwrap_or(u32::MAX);
    // Whoever sends too much is slowed down before it reaches a room (`flood`), and refused nothing.
    config.limits.rates.messages = Rate::UNLIMITED;
    config.limits.rates.message_bytes = Rate::UNLIMITED;
    config.limits.rooms = settings.limits.rooms;
    config.limits.occupants = u32::try_from(settings.limits.occupants).unwrap_or(u32::MAX);
    config.limits.history_messages = settings.limits.history;
    config
}
