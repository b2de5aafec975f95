//! Any stanzas from any addresses at any time, against rooms; the oracle is the checker of the simulation.

use std::time::Duration;

use testkit::muc::{Bytes, Choose as _, Host, SESSIONS, act};
use xmpp_core::FullJid;
use xmpp_muc::{LockExpiry, Rates, ServiceConfig, Whois};

/// The first byte configures the service; the rest is parts between zero bytes. A part is a letter and a stanza, `b`
/// for the second of [`SESSIONS`] or `B` for its account, or else the choices of one [`act`].
pub fn muc_stanza(data: &[u8]) {
    let Some((config, script)) = data.split_first() else {
        return;
    };
    let mut host = Host::new(service(*config), 1);
    host.failures = usize::from(config & 64 != 0) * 7;
    for part in script.split(|&byte| byte == 0).take(64) {
        match stanza(part) {
            Some((letter, xml)) => send(&mut host, letter, &xml),
            None => {
                let mut choose = Bytes(part);
                // A choice of its own, so that short parts do not all wait for the same.
                for _ in 0..=choose.below(2) {
                    act(&mut host, &mut choose);
                }
            }
        }
        assert!(
            host.last.len() <= 3000,
            "FL5: {} stanzas for one",
            host.last.len()
        );
    }
    // Whatever came: nobody waits for ever, and who is lost leaves.
    host.wait(Duration::from_mins(10));
    host.checker.settled();
    for session in SESSIONS {
        host.lose(&session.parse().expect("an address"));
    }
    host.wait(Duration::from_hours(1));
    host.checker.settled();
}

/// A part that is a letter and a stanza.
fn stanza(part: &[u8]) -> Option<(u8, String)> {
    let (letter, xml) = part.split_first()?;
    (letter.is_ascii_alphabetic() && xml.first() == Some(&b'<'))
        .then(|| (*letter, String::from_utf8_lossy(xml).into_owned()))
}

fn send(host: &mut Host, letter: u8, xml: &str) {
    let number = usize::from(letter.to_ascii_lowercase() - b'a') % SESSIONS.len();
    let session: FullJid = SESSIONS[number].parse().expect("an address");
    // Texts may name anybody: then it cannot be seen who gave an address away.
    host.checker.non_anonymous |=
        xml.contains("users.") || xml.contains("anon.") || xml.contains('&');
    if letter.is_ascii_lowercase() {
        host.send_text(&session, xml);
    } else {
        host.send_from_account(&session.to_bare(), xml);
    }
}

fn service(bits: u8) -> ServiceConfig {
    let bit = |n: u8| bits & (1 << n) != 0;
    let mut service = ServiceConfig::default();
    service.lock_new_rooms = bit(0);
    if bit(0) && bit(1) {
        service.lock_expiry = LockExpiry::Destroy;
    }
    service.room.moderated = bit(1);
    service.room.archive = !bit(2);
    service.room.persistent = bit(3);
    if bit(4) {
        service.room.whois = Whois::Anyone;
    }
    if bit(5) {
        service.temporary.domains.insert("anon.example".to_owned());
        service.linger = Duration::from_secs(30);
    }
    if !bit(7) {
        service.limits.rates = Rates::UNLIMITED;
    }
    service.withheld_fields.clear();
    service.limits.sessions_per_nick = 2;
    let root = "root@users.example".parse().expect("an address");
    service.administrators.insert(root);
    service
}
