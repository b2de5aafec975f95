//! XEP-0115: Entity Capabilities, version 1.6.0.

use base64_simd::STANDARD;
use sha1::{Digest as _, Sha1};
use xmpp_core::{Payload, xml::ns};

use crate::{DataForm, DiscoInfo, FormField};

/// A hash of an entity's disco#info in its presence, so that it need not be asked for each time
/// ([XEP-0115 §4](https://xmpp.org/extensions/xep-0115.html)).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "c", ns = ns::CAPS)]
pub struct Caps {
    /// The hash function, `sha-1` as a rule; absent in the format before version 1.4, which proves
    /// nothing.
    #[xml(attr)]
    pub hash: Option<String>,
    /// A URI that names the software.
    #[xml(attr)]
    pub node: String,
    /// The hash, Base64.
    #[xml(attr)]
    pub ver: String,
}

impl Caps {
    /// The capabilities that `info` tells, by SHA-1.
    ///
    /// # Errors
    ///
    /// [`CapsError`] when no hash can stand for `info`.
    pub fn new(node: impl Into<String>, info: &DiscoInfo) -> Result<Self, CapsError> {
        Ok(Self {
            hash: Some("sha-1".to_owned()),
            node: node.into(),
            ver: verification_string(info)?,
        })
    }

    /// The node under which the entity tells its disco#info for this hash.
    pub fn disco_node(&self) -> String {
        format!("{}#{}", self.node, self.ver)
    }

    /// Whether `info` is what this hash stands for, and may be kept for every entity with the same
    /// hash ([XEP-0115 §5.4](https://xmpp.org/extensions/xep-0115.html)).
    ///
    /// # Errors
    ///
    /// [`CapsError`] says why not; then `info` holds at most for the entity that told it.
    pub fn verify(&self, info: &DiscoInfo) -> Result<(), CapsError> {
        if self.hash.as_deref() != Some("sha-1") {
            return Err(CapsError::UnknownHash);
        }
        if verification_string(info)? == self.ver {
            Ok(())
        } else {
            Err(CapsError::WrongHash)
        }
    }
}

/// Why a caps hash does not stand for a disco#info.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CapsError {
    /// Another function than SHA-1, or the legacy format.
    #[error("a hash function other than sha-1")]
    UnknownHash,
    /// The hash of another disco#info.
    #[error("the hash is that of something else")]
    WrongHash,
    /// An identity, a feature or a `FORM_TYPE` stands twice, or a `FORM_TYPE` has several values.
    #[error("something stands twice")]
    Duplicate,
    /// A value holds `<`, which the hash uses as a separator, so that other values could have the
    /// same one.
    #[error("a value holds the separator '<'")]
    Ambiguous,
}

/// The hash of XEP-0115 §5.1.
fn verification_string(info: &DiscoInfo) -> Result<String, CapsError> {
    let mut s = String::new();
    let mut identities: Vec<_> = info
        .identities
        .iter()
        .map(|i| {
            (
                i.category.as_str(),
                i.identity_type.as_str(),
                i.lang.as_deref().unwrap_or_default(),
                i.name.as_deref().unwrap_or_default(),
            )
        })
        .collect();
    identities.sort_unstable();
    if identities.windows(2).any(|w| w[0] == w[1]) {
        return Err(CapsError::Duplicate);
    }
    for (category, identity_type, lang, name) in identities {
        // The slashes join four values: category and type must not bring one of their own.
        if [category, identity_type, lang]
            .iter()
            .any(|part| part.contains('/'))
        {
            return Err(CapsError::Ambiguous);
        }
        push(&mut s, &format!("{category}/{identity_type}/{lang}/{name}"))?;
    }

    let mut features: Vec<_> = info.features.iter().map(|f| f.var.as_str()).collect();
    features.sort_unstable();
    if features.windows(2).any(|w| w[0] == w[1]) {
        return Err(CapsError::Duplicate);
    }
    for feature in features {
        push(&mut s, feature)?;
    }

    // A form without a FORM_TYPE, or with one that is not hidden, does not count (§5.4, 3.6).
    let mut forms: Vec<(&str, &DataForm)> = info
        .forms
        .iter()
        .filter_map(|form| form.about().map(|about| (about, form)))
        .collect();
    forms.sort_unstable_by_key(|(about, _)| *about);
    if forms.windows(2).any(|w| w[0].0 == w[1].0) {
        return Err(CapsError::Duplicate);
    }
    for (about, form) in forms {
        if form.values("FORM_TYPE").iter().any(|v| v != about) {
            return Err(CapsError::Duplicate);
        }
        push(&mut s, about)?;
        push_fields(&mut s, form)?;
    }
    Ok(STANDARD.encode_to_string(Sha1::digest(s.as_bytes())))
}

fn push_fields(s: &mut String, form: &DataForm) -> Result<(), CapsError> {
    let mut fields: Vec<(&str, &FormField)> = form
        .fields
        .iter()
        .filter_map(|field| field.var.as_deref().map(|var| (var, field)))
        .filter(|(var, _)| *var != "FORM_TYPE")
        .collect();
    fields.sort_by_key(|(var, _)| *var);
    for (var, field) in fields {
        push(s, var)?;
        let mut values: Vec<_> = field.values.iter().map(String::as_str).collect();
        values.sort_unstable();
        for value in values {
            push(s, value)?;
        }
    }
    Ok(())
}

fn push(s: &mut String, value: &str) -> Result<(), CapsError> {
    if value.contains('<') {
        return Err(CapsError::Ambiguous);
    }
    s.push_str(value);
    s.push('<');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Identity,
        testing::{error, round_trip},
    };

    fn exodus() -> DiscoInfo {
        DiscoInfo::new()
            .with_identity(Identity::new("client", "pc").with_name("Exodus 0.9.1"))
            .with_features([ns::DISCO_INFO, ns::MUC, ns::DISCO_ITEMS, ns::CAPS])
    }

    fn psi() -> DiscoInfo {
        round_trip(
            "<query xmlns='http://jabber.org/protocol/disco#info' node='http://psi-im.org#q07IKJEyjvHSyhy//CH0CxmKi8w='>\
             <identity category='client' type='pc' xml:lang='en' name='Psi 0.11'/>\
             <identity category='client' type='pc' xml:lang='el' name='Ψ 0.11'/>\
             <feature var='http://jabber.org/protocol/caps'/>\
             <feature var='http://jabber.org/protocol/disco#info'/>\
             <feature var='http://jabber.org/protocol/disco#items'/>\
             <feature var='http://jabber.org/protocol/muc'/>\
             <x xmlns='jabber:x:data' type='result'>\
             <field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>\
             <field var='ip_version' type='text-multi'><value>ipv4</value><value>ipv6</value></field>\
             <field var='os'><value>Mac</value></field>\
             <field var='os_version'><value>10.5.1</value></field>\
             <field var='software'><value>Psi</value></field>\
             <field var='software_version'><value>0.11</value></field></x></query>",
        )
    }

    #[test]
    fn the_two_hashes_of_the_specification() {
        let caps: Caps = round_trip(
            "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' \
             node='http://code.google.com/p/exodus' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/>",
        );
        assert_eq!(caps.verify(&exodus()), Ok(()));
        assert_eq!(
            Caps::new("http://code.google.com/p/exodus", &exodus()),
            Ok(caps)
        );
        let caps = Caps::new("http://psi-im.org", &psi()).unwrap();
        assert_eq!(
            caps.disco_node(),
            "http://psi-im.org#q07IKJEyjvHSyhy//CH0CxmKi8w="
        );
    }

    /// A hash must not be made to stand for what it was not computed from (XEP-0115 §9.3, caps
    /// poisoning).
    #[test]
    fn poisoned_answers_are_not_kept() {
        let caps = Caps::new("n", &exodus()).unwrap();
        assert_eq!(
            caps.verify(&exodus().with_feature("urn:x")),
            Err(CapsError::WrongHash)
        );
        // All features in one: the same string to hash, were '<' allowed in it.
        let mut joined = exodus();
        let mut vars: Vec<_> = joined.features.drain(..).map(|f| f.var).collect();
        vars.sort();
        let joined = joined.with_feature(vars.join("<"));
        assert_eq!(caps.verify(&joined), Err(CapsError::Ambiguous));
        let mut twice = exodus();
        twice.features.push("http://jabber.org/protocol/muc".into());
        assert_eq!(caps.verify(&twice), Err(CapsError::Duplicate));
        let twice = exodus()
            .with_form(DataForm::result("a"))
            .with_form(DataForm::result("a"));
        assert_eq!(caps.verify(&twice), Err(CapsError::Duplicate));
        let slash = exodus().with_identity(Identity::new("client/pc", "x"));
        assert_eq!(caps.verify(&slash), Err(CapsError::Ambiguous));
        for hash in [None, Some("sha-256".to_owned())] {
            let caps = Caps {
                hash,
                ..caps.clone()
            };
            assert_eq!(caps.verify(&exodus()), Err(CapsError::UnknownHash));
        }
    }

    #[test]
    fn malformed() {
        assert_eq!(
            error::<Caps>("<c xmlns='http://jabber.org/protocol/caps' ver='a'/>"),
            "<c/> has no attribute 'node'"
        );
        assert_eq!(
            error::<Caps>("<c xmlns='http://jabber.org/protocol/caps' node='a'/>"),
            "<c/> has no attribute 'ver'"
        );
    }
}
