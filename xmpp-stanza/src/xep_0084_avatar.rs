//! XEP-0084: User Avatar, version 1.1.4 (and the hash of XEP-0153: vCard-Based Avatars, version
//! 1.1.1).

use sha1::{Digest as _, Sha1};
use xmpp_core::{
    Payload,
    xml::{Element, ns},
};

use crate::Base64;

/// The bytes of a picture ([XEP-0084 §4.1](https://xmpp.org/extensions/xep-0084.html)): an item of
/// the node `urn:xmpp:avatar:data`, whose id is [`AvatarData::id`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "data", ns = "urn:xmpp:avatar:data")]
pub struct AvatarData {
    /// The bytes of a PNG.
    #[xml(text)]
    pub data: Base64,
}

/// What pictures there are ([XEP-0084 §4.2](https://xmpp.org/extensions/xep-0084.html)): an item of
/// the node `urn:xmpp:avatar:metadata`. None means no picture any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "metadata", ns = "urn:xmpp:avatar:metadata")]
pub struct AvatarMetadata {
    /// The same picture in several formats and sizes.
    #[xml(child)]
    pub infos: Vec<AvatarInfo>,
    /// Pictures elsewhere, and extensions.
    #[xml(rest)]
    pub others: Vec<Element>,
}

/// A picture in one format and size.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "info", ns = "urn:xmpp:avatar:metadata")]
pub struct AvatarInfo {
    /// Its size in bytes.
    #[xml(attr)]
    pub bytes: u32,
    /// The SHA-1 of its bytes, in hexadecimal.
    #[xml(attr)]
    pub id: String,
    /// Its media type.
    #[xml(attr, name = "type")]
    pub media_type: String,
    /// Its height in pixels.
    #[xml(attr)]
    pub height: Option<u16>,
    /// Its width in pixels.
    #[xml(attr)]
    pub width: Option<u16>,
    /// Where it is, if not in the data node; do not fetch it without asking.
    #[xml(attr)]
    pub url: Option<String>,
}

/// The hash of the picture in a user's vCard, in presence ([XEP-0153
/// §3](https://xmpp.org/extensions/xep-0153.html)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "x", ns = ns::VCARD_UPDATE)]
pub struct VCardUpdate {
    /// The SHA-1 of the picture's bytes in hexadecimal, empty for no picture; `None` where the
    /// client does not know yet.
    #[xml(child_text)]
    pub photo: Option<String>,
}

/// The id of a picture in both protocols: the SHA-1 of its bytes, in lower-case hexadecimal.
///
/// It names the picture, it does not protect it.
pub fn avatar_id(data: &[u8]) -> String {
    Sha1::digest(data)
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|nibble| char::from_digit(nibble.into(), 16))
        .collect()
}

impl AvatarData {
    /// Those bytes.
    pub const fn new(data: Vec<u8>) -> Self {
        Self { data: Base64(data) }
    }

    /// The id of the item.
    pub fn id(&self) -> String {
        avatar_id(&self.data.0)
    }
}

impl AvatarInfo {
    /// About those bytes; `None` when they are more than 4 GiB.
    pub fn about(data: &[u8], media_type: impl Into<String>) -> Option<Self> {
        Some(Self {
            bytes: u32::try_from(data.len()).ok()?,
            id: avatar_id(data),
            media_type: media_type.into(),
            height: None,
            width: None,
            url: None,
        })
    }

    /// Whether `data` is the picture that this is about.
    pub fn describes(&self, data: &[u8]) -> bool {
        usize::try_from(self.bytes) == Ok(data.len())
            && self.id.eq_ignore_ascii_case(&avatar_id(data))
    }
}

impl VCardUpdate {
    /// The hash of that picture.
    pub fn of(data: &[u8]) -> Self {
        Self {
            photo: Some(avatar_id(data)),
        }
    }

    /// No picture.
    pub fn none() -> Self {
        Self {
            photo: Some(String::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn data_and_metadata() {
        let data: AvatarData = round_trip("<data xmlns='urn:xmpp:avatar:data'>Zm9v</data>");
        // The SHA-1 of "foo".
        assert_eq!(data.id(), "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33");
        let metadata: AvatarMetadata = round_trip(
            "<metadata xmlns='urn:xmpp:avatar:metadata'>\
             <info bytes='3' id='0BEEC7B5EA3F0FDBC95D0DD47F3C5BC275DA8A33' height='64' type='image/png' width='64'/>\
             <info bytes='23456' id='357a8123a30844a3aa99861b6349264ba67a5694' type='image/gif' \
             url='http://avatars.example.org/happy.gif'/><pointer><x xmlns='urn:x'/></pointer></metadata>",
        );
        assert!(metadata.infos[0].describes(b"foo") && !metadata.infos[1].describes(b"foo"));
        assert_eq!(metadata.others.len(), 1);
        assert!(
            AvatarInfo::about(b"foo", "image/png")
                .unwrap()
                .describes(b"foo")
        );
        let none: AvatarMetadata = round_trip("<metadata xmlns='urn:xmpp:avatar:metadata'/>");
        assert!(none.infos.is_empty());
    }

    #[test]
    fn the_three_states_in_presence() {
        let update = |xml: &str| -> VCardUpdate {
            round_trip(&format!("<x xmlns='vcard-temp:x:update'>{xml}</x>"))
        };
        assert_eq!(
            update("<photo>0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33</photo>"),
            VCardUpdate::of(b"foo")
        );
        assert_eq!(update("<photo/>"), VCardUpdate::none());
        assert_eq!(update("").photo, None);
        assert_eq!(
            error::<VCardUpdate>("<x xmlns='vcard-temp:x:update'><photo/><photo/></x>"),
            "<x/> has more than one <photo/>"
        );
    }

    #[test]
    fn malformed() {
        for (xml, expected) in [
            ("id='a' type='b'", "<info/> has no attribute 'bytes'"),
            ("bytes='1' type='b'", "<info/> has no attribute 'id'"),
            ("bytes='1' id='a'", "<info/> has no attribute 'type'"),
            (
                "bytes='1' id='a' type='b' height='65536'",
                "<info/>: invalid height '65536': number too large to fit in target type",
            ),
        ] {
            let xml =
                format!("<metadata xmlns='urn:xmpp:avatar:metadata'><info {xml}/></metadata>");
            assert_eq!(error::<AvatarMetadata>(&xml), expected);
        }
        assert!(
            error::<AvatarData>("<data xmlns='urn:xmpp:avatar:data'>%</data>")
                .starts_with("<data/>: invalid text '%'")
        );
    }
}
