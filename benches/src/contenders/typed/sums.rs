//! What of each value goes into the checksum, in which order: one function for both libraries.
#![expect(missing_docs, reason = "the names are those of the libraries' types")]

use crate::checksum::Checksum;

/// The fields of a stanza itself.
#[derive(Clone, Copy)]
pub struct Header<'a> {
    pub kind: u64,
    pub from: Option<&'a str>,
    pub to: Option<&'a str>,
    pub id: Option<&'a str>,
    pub stanza_type: &'a str,
}

impl Checksum {
    pub fn header(&mut self, header: Header<'_>) {
        self.number(header.kind);
        self.option(header.from);
        self.option(header.to);
        self.option(header.id);
        self.text(header.stanza_type);
    }

    /// A text under its language.
    pub fn lang_text(&mut self, lang: &str, text: &str) {
        self.text(lang);
        self.text(text);
    }

    pub fn thread(&mut self, parent: Option<&str>, id: &str) {
        self.option(parent);
        self.text(id);
    }

    pub fn chat_state(&mut self, name: &str) {
        self.number(1);
        self.text(name);
    }

    /// XEP-0184, XEP-0333, XEP-0198: an element that says all by its name.
    pub fn flag(&mut self, kind: u64) {
        self.number(kind);
    }

    /// XEP-0359, XEP-0421: an id, for a stanza-id with the entity that gave it.
    pub fn id(&mut self, kind: u64, id: &str, by: Option<&str>) {
        self.number(kind);
        self.text(id);
        self.option(by);
    }

    pub fn delay(&mut self, from: Option<&str>, stamp: u64, reason: Option<&str>) {
        self.number(2);
        self.option(from);
        self.number(stamp);
        self.option(reason);
    }

    pub fn caps(&mut self, hash: &str, node: &str, ver: &[u8]) {
        self.number(3);
        self.text(hash);
        self.text(node);
        self.bytes(ver);
    }

    pub fn vcard_update(&mut self, photo: Option<[u8; 20]>) {
        self.number(4);
        self.bytes(photo.as_ref().map_or(&[], |photo| &photo[..]));
    }

    pub fn muc_user(&mut self, items: usize, statuses: usize) {
        self.number(5);
        self.number(items as u64);
        self.number(statuses as u64);
    }

    pub fn muc_item(
        &mut self,
        [affiliation, role]: [&str; 2],
        [jid, nick, reason]: [Option<&str>; 3],
    ) {
        self.text(affiliation);
        self.text(role);
        self.option(jid);
        self.option(nick);
        self.option(reason);
    }

    pub fn roster(&mut self, ver: Option<&str>, items: usize) {
        self.number(6);
        self.option(ver);
        self.number(items as u64);
    }

    pub fn roster_item(
        &mut self,
        jid: &str,
        name: Option<&str>,
        subscription: &str,
        [ask, approved]: [bool; 2],
    ) {
        self.text(jid);
        self.option(name);
        self.text(subscription);
        self.number(u64::from(ask) << 1 | u64::from(approved));
    }

    pub fn disco_info(&mut self, node: Option<&str>, identities: usize, forms: usize) {
        self.number(7);
        self.option(node);
        self.number(identities as u64);
        self.number(forms as u64);
    }

    pub fn identity(&mut self, [category, kind]: [&str; 2], [lang, name]: [Option<&str>; 2]) {
        self.text(category);
        self.text(kind);
        self.option(lang);
        self.option(name);
    }

    /// The features of an entity are a set: xmpp-parsers sorts them.
    pub fn features<'a>(&mut self, features: impl Iterator<Item = &'a str>) {
        let mut sum = 0u64;
        for feature in features {
            let mut one = Self::default();
            one.text(feature);
            sum = sum.wrapping_add(one.value());
        }
        self.number(sum);
    }

    pub fn disco_items(&mut self, node: Option<&str>, items: usize) {
        self.number(8);
        self.option(node);
        self.number(items as u64);
    }

    pub fn disco_item(&mut self, jid: &str, node: Option<&str>, name: Option<&str>) {
        self.text(jid);
        self.option(node);
        self.option(name);
    }

    pub fn archive_result(&mut self, id: &str, queryid: Option<&str>) {
        self.number(9);
        self.text(id);
        self.option(queryid);
    }

    pub fn event_items(&mut self, node: &str, items: usize, retracted: usize) {
        self.number(10);
        self.text(node);
        self.number(items as u64);
        self.number(retracted as u64);
    }

    pub fn event_item(&mut self, id: Option<&str>, publisher: Option<&str>) {
        self.option(id);
        self.option(publisher);
    }

    /// The keys of an OMEMO bundle but for the pre-keys.
    pub fn bundle(&mut self, signed: (u64, &[u8]), signature: &[u8], identity_key: &[u8]) {
        self.number(11);
        self.key(signed.0, signed.1);
        self.bytes(signature);
        self.bytes(identity_key);
    }

    pub fn key(&mut self, id: u64, key: &[u8]) {
        self.number(id);
        self.bytes(key);
    }

    pub fn ack(&mut self, h: u32) {
        self.number(12);
        self.number(h.into());
    }
}

/// Kinds of [`Checksum::flag`] and [`Checksum::id`].
pub const RECEIPT_REQUEST: u64 = 20;
pub const MARKABLE: u64 = 21;
pub const ACK_REQUEST: u64 = 22;
pub const ORIGIN_ID: u64 = 23;
pub const STANZA_ID: u64 = 24;
pub const OCCUPANT_ID: u64 = 25;
