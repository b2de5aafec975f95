//! XEP-0384: OMEMO Encryption, version 0.3.0: the last one in the namespace `eu.siacs.conversations.axolotl`, which most
//! clients still speak. The elements only; nothing is encrypted here.

use xmpp_core::{Payload, xml::ns};

use crate::Base64;

/// The devices of a user ([XEP-0384 0.3.0 §4.2](https://xmpp.org/extensions/attic/xep-0384-0.3.0.html)): the item of the
/// node `eu.siacs.conversations.axolotl.devicelist`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "list", ns = ns::OMEMO_LEGACY)]
pub struct OmemoDeviceList {
    /// The devices.
    #[xml(child)]
    pub devices: Vec<OmemoDevice>,
}

/// A device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "device", ns = ns::OMEMO_LEGACY)]
pub struct OmemoDevice {
    /// Its number.
    #[xml(attr)]
    pub id: u32,
}

/// The public keys of a device, by which others begin a session with it
/// ([XEP-0384 0.3.0 §4.3](https://xmpp.org/extensions/attic/xep-0384-0.3.0.html)): the item of its node
/// `eu.siacs.conversations.axolotl.bundles:` with its number.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "bundle", ns = ns::OMEMO_LEGACY)]
pub struct OmemoBundle {
    /// The signed pre-key.
    #[xml(child)]
    pub signed_pre_key: OmemoSignedPreKey,
    /// The signature of the signed pre-key, by the identity key.
    #[xml(child_text, name = "signedPreKeySignature")]
    pub signature: Base64,
    /// The identity key.
    #[xml(child_text, name = "identityKey")]
    pub identity_key: Base64,
    /// The pre-keys, each for one session.
    #[xml(child)]
    pub pre_keys: OmemoPreKeys,
}

/// The signed pre-key of an [`OmemoBundle`].
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "signedPreKeyPublic", ns = ns::OMEMO_LEGACY)]
pub struct OmemoSignedPreKey {
    /// Its number.
    #[xml(attr, name = "signedPreKeyId")]
    pub id: u32,
    /// The key.
    #[xml(text)]
    pub key: Base64,
}

/// The pre-keys of an [`OmemoBundle`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "prekeys", ns = ns::OMEMO_LEGACY)]
pub struct OmemoPreKeys {
    /// The keys.
    #[xml(child)]
    pub keys: Vec<OmemoPreKey>,
}

/// A pre-key.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "preKeyPublic", ns = ns::OMEMO_LEGACY)]
pub struct OmemoPreKey {
    /// Its number.
    #[xml(attr, name = "preKeyId")]
    pub id: u32,
    /// The key.
    #[xml(text)]
    pub key: Base64,
}

/// An encrypted text, or without a payload a new session
/// ([XEP-0384 0.3.0 §4.5 and §4.6](https://xmpp.org/extensions/attic/xep-0384-0.3.0.html)).
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "encrypted", ns = ns::OMEMO_LEGACY)]
pub struct OmemoEncrypted {
    /// The key of the payload, for each device.
    #[xml(child)]
    pub header: OmemoHeader,
    /// The encrypted text.
    #[xml(child_text)]
    pub payload: Option<Base64>,
}

/// The key of an [`OmemoEncrypted`].
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "header", ns = ns::OMEMO_LEGACY)]
pub struct OmemoHeader {
    /// The device of the sender.
    #[xml(attr)]
    pub sid: u32,
    /// The key, encrypted for each device of the recipients.
    #[xml(child)]
    pub keys: Vec<OmemoKey>,
    /// The initialisation vector of the payload.
    #[xml(child_text)]
    pub iv: Base64,
}

/// The key of a payload, encrypted for one device.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "key", ns = ns::OMEMO_LEGACY)]
pub struct OmemoKey {
    /// The device.
    #[xml(attr)]
    pub rid: u32,
    /// Whether it begins a session.
    #[xml(attr, default)]
    pub prekey: bool,
    /// The encrypted key.
    #[xml(text)]
    pub key: Base64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    const NS: &str = "xmlns='eu.siacs.conversations.axolotl'";

    #[test]
    fn devices() {
        let list: OmemoDeviceList = round_trip(&format!(
            "<list {NS}><device id='12345'/><device id='4223'/></list>"
        ));
        assert_eq!(list.devices[1], OmemoDevice { id: 4223 });
        assert_eq!(
            round_trip::<OmemoDeviceList>(&format!("<list {NS}/>")),
            OmemoDeviceList::default()
        );
    }

    #[test]
    fn a_bundle() {
        let bundle: OmemoBundle = round_trip(&format!(
            "<bundle {NS}><signedPreKeyPublic signedPreKeyId='1'>c2lnbmVk</signedPreKeyPublic>\
             <signedPreKeySignature>c2ln</signedPreKeySignature><identityKey>aWQ=</identityKey>\
             <prekeys><preKeyPublic preKeyId='1'>b25l</preKeyPublic><preKeyPublic preKeyId='2'>dHdv</preKeyPublic>\
             </prekeys></bundle>"
        ));
        assert_eq!(bundle.signed_pre_key.id, 1);
        assert_eq!(bundle.signed_pre_key.key.0, b"signed");
        assert_eq!(
            (&bundle.signature.0[..], &bundle.identity_key.0[..]),
            (&b"sig"[..], &b"id"[..])
        );
        assert_eq!(
            (
                bundle.pre_keys.keys[1].id,
                &bundle.pre_keys.keys[1].key.0[..]
            ),
            (2, &b"two"[..])
        );
    }

    #[test]
    fn an_encrypted_message() {
        let message: OmemoEncrypted = round_trip(&format!(
            "<encrypted {NS}><header sid='27183'><key rid='31415'>a2V5</key><key rid='12321' prekey='true'>a2V5</key>\
             <iv>aXY=</iv></header><payload>dGV4dA==</payload></encrypted>"
        ));
        assert_eq!(
            (message.header.sid, message.header.keys[0].prekey),
            (27183, false)
        );
        assert_eq!(
            (message.header.keys[1].rid, message.header.keys[1].prekey),
            (12321, true)
        );
        assert_eq!(message.payload, Some(Base64(b"text".to_vec())));
        let session: OmemoEncrypted = round_trip(&format!(
            "<encrypted {NS}><header sid='1'><iv>aXY=</iv></header></encrypted>"
        ));
        assert_eq!(session.payload, None);
    }

    #[test]
    fn malformed() {
        let of = |name: &str, content: &str| format!("<{name} {NS}>{content}</{name}>");
        let (signed, signature, identity, keys) = (
            "<signedPreKeyPublic signedPreKeyId='1'/>",
            "<signedPreKeySignature/>",
            "<identityKey/>",
            "<prekeys/>",
        );
        for (content, expected) in [
            (
                format!("{signature}{identity}{keys}"),
                "<bundle/> has no child <signedPreKeyPublic/>",
            ),
            (
                format!("{signed}{identity}{keys}"),
                "<bundle/> has no child <signedPreKeySignature/>",
            ),
            (
                format!("{signed}{signature}{keys}"),
                "<bundle/> has no child <identityKey/>",
            ),
            (
                format!("{signed}{signature}{identity}"),
                "<bundle/> has no child <prekeys/>",
            ),
            (
                "<signedPreKeyPublic/>".to_owned(),
                "<signedPreKeyPublic/> has no attribute 'signedPreKeyId'",
            ),
            (
                "<prekeys><preKeyPublic/></prekeys>".to_owned(),
                "<preKeyPublic/> has no attribute 'preKeyId'",
            ),
        ] {
            assert_eq!(error::<OmemoBundle>(&of("bundle", &content)), expected);
        }
        assert!(
            error::<OmemoBundle>(&of("bundle", "<identityKey>!</identityKey>"))
                .starts_with("<bundle/>: invalid identityKey '!'")
        );
        assert_eq!(
            error::<OmemoDeviceList>(&of("list", "<device/>")),
            "<device/> has no attribute 'id'"
        );
        for (content, expected) in [
            ("", "<encrypted/> has no child <header/>"),
            ("<header><iv/></header>", "<header/> has no attribute 'sid'"),
            ("<header sid='1'/>", "<header/> has no child <iv/>"),
            (
                "<header sid='1'><key/><iv/></header>",
                "<key/> has no attribute 'rid'",
            ),
        ] {
            assert_eq!(error::<OmemoEncrypted>(&of("encrypted", content)), expected);
        }
    }
}
