//! Everything that a domain's uploads need, when the server starts.

use std::{sync::Weak, time::Duration};

use tokio::time::MissedTickBehavior;

use super::{Folder, FolderError, Issuer, KeyFileError, SlotKey, folder::Shared};
use crate::{Clock, HostSettings, PublicUrl, secure_random};

/// How often expired files are looked for.
const CLEAN_UP: Duration = Duration::from_mins(1);

/// What the hub and the HTTP side need.
pub(crate) struct Opened {
    pub(crate) issuer: Issuer,
    pub(crate) key: SlotKey,
    pub(crate) folder: Folder,
}

/// Why files cannot be uploaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Key(#[from] KeyFileError),
}

/// Opens the uploads of `host`, which browsers find at `public`, and keeps them clean from now on. `None` where uploads
/// are off: by the settings, for want of a folder, because nobody knows where browsers find them, or because links
/// without TLS go further than this machine, which XEP-0363 §4 forbids.
pub(crate) async fn open(
    host: &HostSettings,
    public: Option<&PublicUrl>,
    clock: Clock,
) -> Result<Option<Opened>, OpenError> {
    let limits = host.upload;
    let Some(data) = host.data.as_deref().filter(|_| limits.file_bytes > 0) else {
        return Ok(None);
    };
    let Some(public) = public.filter(|url| url.is_https() || is_this_machine(url.host())) else {
        tracing::warn!(
            domain = host.domain,
            "no uploads: they need a public URL that begins with https"
        );
        return Ok(None);
    };
    let (total, retention) = (limits.total_bytes, limits.retention);
    let path = data.join("upload");
    let folder = Folder::open(path, total, retention, clock.now()).await?;
    let path = data.join("upload.key");
    let key = super::folder::blocking(move || SlotKey::at(&path, &mut secure_random())).await?;
    tokio::spawn(clean_up(folder.downgrade(), clock));
    Ok(Some(Opened {
        issuer: Issuer::new(key.clone(), public.to_string(), limits),
        key,
        folder,
    }))
}

/// Removes what expires, as long as anybody uses the folder.
async fn clean_up(folder: Weak<Shared>, clock: Clock) {
    let mut interval = tokio::time::interval(CLEAN_UP);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        let Some(folder) = Folder::upgrade(&folder) else {
            return;
        };
        let removed = folder.remove_expired(clock.now()).await;
        if removed > 0 {
            tracing::info!(removed, "uploads have expired");
        }
    }
}

/// Whether what is said to `host` stays on this machine.
fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse()
            .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine() {
        for host in ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["localhost.example", "192.168.1.1", "[::2]", "::ffff", ""] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
