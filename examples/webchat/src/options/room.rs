//! Rooms that are always there.

use serde::Deserialize;
use xmpp_core::BareJid;
use xmpp_muc::{Hat, Password, RoomConfig};

/// A table `[[room]]` of the TOML file: a permanent room, made at start unless it is there. Once made, its owners
/// configure it; what stands here does not change it any more.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RoomOptions {
    /// What stands before `@rooms.DOMAIN`.
    pub id: String,
    /// Its name in lists.
    #[serde(default)]
    pub name: String,
    /// What it is about.
    #[serde(default)]
    pub description: String,
    /// The language of the discussion, such as `de`.
    #[serde(default)]
    pub lang: String,
    /// Whether it is in the list of rooms (yes).
    pub public: Option<bool>,
    /// Whether one needs voice to speak (no).
    #[serde(default)]
    pub moderated: bool,
    /// Whether only members may enter (no).
    #[serde(default)]
    pub members_only: bool,
    /// The password to enter.
    pub password: Option<String>,
    /// Whether everybody may change the subject (as the server's other rooms).
    pub change_subject: Option<bool>,
    /// Most occupants (as many as the server allows).
    pub max_users: Option<u32>,
    /// The hats that admins of the room can give to people (XEP-0317).
    #[serde(default)]
    pub hats: Vec<HatOptions>,
}

/// A hat of a `[[room]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HatOptions {
    /// What identifies it, a URI.
    pub uri: String,
    /// What people read.
    pub title: String,
    /// Its colour, an angle in degrees (none).
    pub hue: Option<f64>,
}

/// A room that is always there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeclaredRoom {
    /// Its address.
    pub jid: BareJid,
    options: Declared,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Declared {
    name: String,
    description: String,
    lang: String,
    public: bool,
    moderated: bool,
    members_only: bool,
    password: Option<Password>,
    change_subject: Option<bool>,
    max_users: Option<u32>,
    hats: Vec<Hat>,
}

impl DeclaredRoom {
    pub(super) fn settle(rooms: &[RoomOptions], domain: &str) -> Result<Vec<Self>, String> {
        let mut settled: Vec<Self> = Vec::new();
        for room in rooms {
            let jid = BareJid::from_parts(Some(&room.id), &format!("rooms.{domain}"))
                .map_err(|e| format!("[[room]] id '{}' is no room: {e}", room.id))?;
            if settled.iter().any(|other| other.jid == jid) {
                return Err(format!("two [[room]] tables are for '{}'", room.id));
            }
            let hats = hats(&room.hats).map_err(|e| format!("[[room]] '{}': {e}", room.id))?;
            let room = room.clone();
            settled.push(Self {
                jid,
                options: Declared {
                    name: room.name,
                    description: room.description,
                    lang: room.lang,
                    public: room.public.unwrap_or(true),
                    moderated: room.moderated,
                    members_only: room.members_only,
                    password: room.password.and_then(Password::new),
                    change_subject: room.change_subject,
                    max_users: room.max_users,
                    hats,
                },
            });
        }
        Ok(settled)
    }

    /// How the room is made, where new rooms are as `like` says.
    pub fn config(&self, like: &RoomConfig) -> RoomConfig {
        let mut config = like.clone();
        let options = self.options.clone();
        config.name = options.name;
        config.description = options.description;
        config.lang = options.lang;
        config.public = options.public;
        config.moderated = options.moderated;
        config.members_only = options.members_only;
        config.password = options.password;
        config.change_subject = options.change_subject.unwrap_or(config.change_subject);
        config.max_users = options.max_users.or(config.max_users);
        config.hats = options.hats;
        config.persistent = true;
        config
    }
}

fn hats(options: &[HatOptions]) -> Result<Vec<Hat>, String> {
    let mut hats: Vec<Hat> = Vec::new();
    for HatOptions { uri, title, hue } in options {
        let plain = Hat::new(uri, title);
        let hat = hue.map_or(plain.clone(), |hue| plain.with_hue(hue));
        if !hat.is_sound() {
            return Err(format!(
                "no hat can be made of uri '{uri}', title '{title}' and its hue"
            ));
        }
        if hats.iter().any(|other| other.uri == *uri) {
            return Err(format!("two hats have the uri '{uri}'"));
        }
        hats.push(hat);
    }
    Ok(hats)
}

/// Without the password.
impl std::fmt::Debug for RoomOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RoomOptions")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        room: Vec<RoomOptions>,
    }

    fn settle(toml: &str) -> Result<Vec<DeclaredRoom>, String> {
        let file: File = toml::from_str(toml).map_err(|e| e.message().to_owned())?;
        DeclaredRoom::settle(&file.room, "chat.example")
    }

    #[test]
    fn a_table_says_what_the_room_is_like() {
        let rooms = settle(
            "[[room]]\nid = 'Lobby'\nname = 'The lobby'\nmoderated = true\npassword = 'sesame'\n\
             [[room]]\nid = 'staff'\npublic = false\nmembers-only = true\nmax-users = 5\n\
             hats = [{ uri = 'https://chat.example/host', title = 'Host', hue = 120 }]\n",
        );
        let rooms = rooms.expect("usable");
        assert_eq!(rooms[0].jid.as_str(), "lobby@rooms.chat.example");
        let mut like = RoomConfig::default();
        like.max_history_fetch = 77;
        let lobby = rooms[0].config(&like);
        assert_eq!(lobby.name, "The lobby");
        assert!(lobby.persistent && lobby.public && lobby.moderated && !lobby.members_only);
        assert_eq!(
            lobby.password.as_ref().map(Password::reveal),
            Some("sesame")
        );
        assert_eq!(lobby.max_history_fetch, 77);
        let staff = rooms[1].config(&like);
        assert!(staff.members_only && !staff.public);
        assert_eq!(staff.max_users, Some(5));
        assert_eq!(staff.hats[0].title, "Host");
        assert_eq!(staff.hats[0].hue.as_deref(), Some("120"));
        assert!(!format!("{rooms:?}").contains("sesame"));
    }

    #[test]
    fn unusable_tables_are_refused() {
        for (toml, wanted) in [
            ("[[room]]\nid = 'a b'", "no room"),
            ("[[room]]\nid = ''", "no room"),
            ("[[room]]\nname = 'x'", "id"),
            ("[[room]]\nid = 'a'\nmembersonly = true", "membersonly"),
            ("[[room]]\nid = 'a'\n[[room]]\nid = 'A'", "two [[room]]"),
            (
                "[[room]]\nid = 'a'\nhats = [{ uri = 'u:a', title = '' }]",
                "no hat",
            ),
            (
                "[[room]]\nid = 'a'\nhats = [{ uri = 'u:a', title = 'A', hue = 400 }]",
                "no hat",
            ),
            (
                "[[room]]\nid = 'a'\nhats = [{ uri = 'u:a', title = 'A' }, { uri = 'u:a', title = 'B' }]",
                "two hats",
            ),
        ] {
            let error = settle(toml).expect_err(toml);
            assert!(error.contains(wanted), "{toml}: {error}");
        }
    }
}
