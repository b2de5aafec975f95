//! XEP-0054: vcard-temp, version 1.3.0.

use xmpp_core::{
    Payload,
    xml::{Element, ns},
};

use crate::Base64;

/// What a user tells about himself ([XEP-0054 §3](https://xmpp.org/extensions/xep-0054.html));
/// empty in a request.
///
/// The parts in use today are typed; the others are kept as elements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "vCard", ns = ns::VCARD_TEMP)]
pub struct VCard {
    /// The full name.
    #[xml(child_text, name = "FN")]
    pub full_name: Option<String>,
    /// The parts of the name.
    #[xml(child)]
    pub name: Option<VCardName>,
    /// Nicknames.
    #[xml(child_text, name = "NICKNAME")]
    pub nicknames: Vec<String>,
    /// Pictures, the same in several formats.
    #[xml(child)]
    pub photos: Vec<VCardPhoto>,
    /// The birthday, as it was entered.
    #[xml(child_text, name = "BDAY")]
    pub birthday: Option<String>,
    /// Mail addresses.
    #[xml(child)]
    pub emails: Vec<VCardEmail>,
    /// Addresses on this network.
    #[xml(child_text, name = "JABBERID")]
    pub jabber_ids: Vec<String>,
    /// Web pages.
    #[xml(child_text, name = "URL")]
    pub urls: Vec<String>,
    /// Positions.
    #[xml(child_text, name = "TITLE")]
    pub titles: Vec<String>,
    /// Professions.
    #[xml(child_text, name = "ROLE")]
    pub roles: Vec<String>,
    /// Organisations.
    #[xml(child)]
    pub organisations: Vec<VCardOrganisation>,
    /// Some words.
    #[xml(child_text, name = "DESC")]
    pub descriptions: Vec<String>,
    /// Everything else.
    #[xml(rest)]
    pub others: Vec<Element>,
}

/// The parts of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "N", ns = ns::VCARD_TEMP)]
pub struct VCardName {
    /// The family name.
    #[xml(child_text, name = "FAMILY")]
    pub family: Option<String>,
    /// The given name.
    #[xml(child_text, name = "GIVEN")]
    pub given: Option<String>,
    /// Middle names.
    #[xml(child_text, name = "MIDDLE")]
    pub middle: Option<String>,
    /// What stands before the name.
    #[xml(child_text, name = "PREFIX")]
    pub prefix: Option<String>,
    /// What stands after the name.
    #[xml(child_text, name = "SUFFIX")]
    pub suffix: Option<String>,
}

/// A picture, or where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "PHOTO", ns = ns::VCARD_TEMP)]
pub struct VCardPhoto {
    /// Its media type, a claim.
    #[xml(child_text, name = "TYPE")]
    pub media_type: Option<String>,
    /// Its bytes.
    #[xml(child_text, name = "BINVAL")]
    pub data: Option<Base64>,
    /// Where it is; do not fetch it without asking.
    #[xml(child_text, name = "EXTVAL")]
    pub url: Option<String>,
}

/// A mail address.
#[expect(clippy::struct_excessive_bools, reason = "flags of the specification")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "EMAIL", ns = ns::VCARD_TEMP)]
pub struct VCardEmail {
    /// At home.
    #[xml(flag, name = "HOME")]
    pub home: bool,
    /// At work.
    #[xml(flag, name = "WORK")]
    pub work: bool,
    /// On the Internet, as all are today.
    #[xml(flag, name = "INTERNET")]
    pub internet: bool,
    /// Before the others.
    #[xml(flag, name = "PREF")]
    pub preferred: bool,
    /// The address.
    #[xml(child_text, name = "USERID")]
    pub address: Option<String>,
}

/// An organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "ORG", ns = ns::VCARD_TEMP)]
pub struct VCardOrganisation {
    /// Its name.
    #[xml(child_text, name = "ORGNAME")]
    pub name: Option<String>,
    /// Its parts.
    #[xml(child_text, name = "ORGUNIT")]
    pub units: Vec<String>,
}

impl VCard {
    /// Asks for a vCard.
    pub fn request() -> Self {
        Self::default()
    }
}

impl VCardPhoto {
    /// A picture.
    pub fn new(media_type: impl Into<String>, data: Vec<u8>) -> Self {
        Self {
            media_type: Some(media_type.into()),
            data: Some(Base64(data)),
            url: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{canonical, error, round_trip};

    #[test]
    fn a_vcard() {
        assert_eq!(
            round_trip::<VCard>("<vCard xmlns='vcard-temp'/>"),
            VCard::request()
        );
        let card: VCard = canonical(
            "<vCard xmlns='vcard-temp'><FN>Peter Saint-Andre</FN>\
             <N><FAMILY>Saint-Andre</FAMILY><GIVEN>Peter</GIVEN><MIDDLE/></N><NICKNAME>stpeter</NICKNAME>\
             <URL>http://www.xmpp.org/xsf/people/stpeter.shtml</URL><BDAY>1966-08-06</BDAY>\
             <ORG><ORGNAME>XMPP Standards Foundation</ORGNAME><ORGUNIT/></ORG><TITLE>Executive Director</TITLE>\
             <TEL><WORK/><VOICE/><NUMBER>303-308-3282</NUMBER></TEL>\
             <EMAIL><INTERNET/><PREF/><USERID>stpeter@jabber.org</USERID></EMAIL>\
             <JABBERID>stpeter@jabber.org</JABBERID><PHOTO><TYPE>image/png</TYPE><BINVAL>iVBO\n Rw==</BINVAL></PHOTO>\
             <DESC>More</DESC></vCard>",
        );
        assert_eq!(card.name.as_ref().unwrap().middle.as_deref(), Some(""));
        assert_eq!(card.organisations[0].units, [""]);
        assert!(card.emails[0].preferred && !card.emails[0].home);
        assert_eq!(
            card.photos,
            [VCardPhoto::new("image/png", b"\x89PNG".to_vec())]
        );
        assert_eq!(card.others[0].name(), "TEL");
    }

    #[test]
    fn malformed() {
        let card = |xml: &str| format!("<vCard xmlns='vcard-temp'>{xml}</vCard>");
        assert_eq!(
            error::<VCard>(&card("<FN/><FN/>")),
            "<vCard/> has more than one <FN/>"
        );
        assert!(
            error::<VCard>(&card("<PHOTO><BINVAL>file here!</BINVAL></PHOTO>"))
                .starts_with("<PHOTO/>: invalid BINVAL 'file here!'")
        );
    }
}
