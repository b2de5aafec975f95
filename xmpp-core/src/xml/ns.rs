//! The table of known namespaces. Order is not significant; append freely.

use super::Namespace;

pub(crate) const KNOWN: &[&str] = &[
    "",
    "http://www.w3.org/XML/1998/namespace",
    "http://www.w3.org/2000/xmlns/",
    "jabber:client",
    "jabber:server",
    "jabber:component:accept",
    "http://etherx.jabber.org/streams",
    "urn:ietf:params:xml:ns:xmpp-streams",
    "urn:ietf:params:xml:ns:xmpp-stanzas",
    "urn:ietf:params:xml:ns:xmpp-tls",
    "urn:ietf:params:xml:ns:xmpp-sasl",
    "urn:ietf:params:xml:ns:xmpp-bind",
    "urn:ietf:params:xml:ns:xmpp-session",
    "urn:ietf:params:xml:ns:xmpp-framing",
    "http://jabber.org/protocol/httpbind",
    "urn:xmpp:xbosh",
    "urn:xmpp:sasl:2",
    "urn:xmpp:bind:0",
    "urn:xmpp:sm:3",
    "urn:xmpp:fast:0",
    "urn:xmpp:csi:0",
    "urn:xmpp:sasl-cb:0",
    "urn:xmpp:stream-limits:0",
    "jabber:iq:roster",
    "urn:xmpp:features:pre-approval",
    "http://jabber.org/protocol/disco#info",
    "http://jabber.org/protocol/disco#items",
    "http://jabber.org/protocol/caps",
    "jabber:x:data",
    "http://jabber.org/protocol/rsm",
    "urn:xmpp:ping",
    "urn:xmpp:delay",
    "urn:xmpp:time",
    "jabber:iq:version",
    "jabber:iq:last",
    "jabber:iq:register",
    "jabber:iq:private",
    "vcard-temp",
    "vcard-temp:x:update",
    "urn:ietf:params:xml:ns:vcard-4.0",
    "http://jabber.org/protocol/muc",
    "http://jabber.org/protocol/muc#user",
    "http://jabber.org/protocol/muc#admin",
    "http://jabber.org/protocol/muc#owner",
    "jabber:x:conference",
    "urn:xmpp:sid:0",
    "urn:xmpp:occupant-id:0",
    "http://jabber.org/protocol/chatstates",
    "urn:xmpp:receipts",
    "urn:xmpp:chat-markers:0",
    "urn:xmpp:hints",
    "urn:xmpp:message-correct:0",
    "urn:xmpp:reactions:0",
    "urn:xmpp:message-retract:1",
    "urn:xmpp:message-moderate:1",
    "urn:xmpp:reply:0",
    "urn:xmpp:fallback:0",
    "jabber:x:oob",
    "urn:xmpp:forward:0",
    "urn:xmpp:carbons:2",
    "urn:xmpp:mam:2",
    "urn:xmpp:http:upload:0",
    "http://jabber.org/protocol/pubsub",
    "http://jabber.org/protocol/pubsub#event",
    "http://jabber.org/protocol/pubsub#owner",
    "urn:xmpp:bookmarks:1",
    "http://jabber.org/protocol/nick",
    "urn:xmpp:blocking",
    "http://jabber.org/protocol/commands",
    "urn:xmpp:hats:0",
    "urn:xmpp:muc:affiliations:1",
    "http://jabber.org/protocol/xhtml-im",
    "http://www.w3.org/1999/xhtml",
    "eu.siacs.conversations.axolotl",
    "urn:xmpp:omemo:2",
    "urn:xmpp:eme:0",
    "urn:xmpp:idle:1",
    "urn:xmpp:errors",
    "jabber:iq:oob",
];

/// (no namespace)
pub const NONE: Namespace = Namespace::new("");
/// `xml:` (XML Namespaces 1.0)
pub const XML: Namespace = Namespace::new("http://www.w3.org/XML/1998/namespace");
/// `xmlns:` (XML Namespaces 1.0)
pub const XMLNS: Namespace = Namespace::new("http://www.w3.org/2000/xmlns/");
/// RFC 6120 §4.8.3
pub const CLIENT: Namespace = Namespace::new("jabber:client");
/// RFC 6120 §4.8.3
pub const SERVER: Namespace = Namespace::new("jabber:server");
/// XEP-0114
pub const COMPONENT_ACCEPT: Namespace = Namespace::new("jabber:component:accept");
/// RFC 6120 §4.8.1
pub const STREAMS: Namespace = Namespace::new("http://etherx.jabber.org/streams");
/// RFC 6120 §4.9
pub const STREAM_ERRORS: Namespace = Namespace::new("urn:ietf:params:xml:ns:xmpp-streams");
/// RFC 6120 §8.3
pub const STANZA_ERRORS: Namespace = Namespace::new("urn:ietf:params:xml:ns:xmpp-stanzas");
/// RFC 6120 §5
pub const TLS: Namespace = Namespace::new("urn:ietf:params:xml:ns:xmpp-tls");
/// RFC 6120 §6
pub const SASL: Namespace = Namespace::new("urn:ietf:params:xml:ns:xmpp-sasl");
/// RFC 6120 §7
pub const BIND: Namespace = Namespace::new("urn:ietf:params:xml:ns:xmpp-bind");
/// RFC 3921 §3
pub const SESSION: Namespace = Namespace::new("urn:ietf:params:xml:ns:xmpp-session");
/// RFC 7395
pub const FRAMING: Namespace = Namespace::new("urn:ietf:params:xml:ns:xmpp-framing");
/// XEP-0124
pub const HTTPBIND: Namespace = Namespace::new("http://jabber.org/protocol/httpbind");
/// XEP-0206
pub const XBOSH: Namespace = Namespace::new("urn:xmpp:xbosh");
/// XEP-0388
pub const SASL2: Namespace = Namespace::new("urn:xmpp:sasl:2");
/// XEP-0386
pub const BIND2: Namespace = Namespace::new("urn:xmpp:bind:0");
/// XEP-0198
pub const SM: Namespace = Namespace::new("urn:xmpp:sm:3");
/// XEP-0484
pub const FAST: Namespace = Namespace::new("urn:xmpp:fast:0");
/// XEP-0352
pub const CSI: Namespace = Namespace::new("urn:xmpp:csi:0");
/// XEP-0440
pub const CHANNEL_BINDING: Namespace = Namespace::new("urn:xmpp:sasl-cb:0");
/// XEP-0478
pub const STREAM_LIMITS: Namespace = Namespace::new("urn:xmpp:stream-limits:0");
/// RFC 6121 §2
pub const ROSTER: Namespace = Namespace::new("jabber:iq:roster");
/// RFC 6121 §3.4
pub const PREAPPROVAL: Namespace = Namespace::new("urn:xmpp:features:pre-approval");
/// XEP-0030
pub const DISCO_INFO: Namespace = Namespace::new("http://jabber.org/protocol/disco#info");
/// XEP-0030
pub const DISCO_ITEMS: Namespace = Namespace::new("http://jabber.org/protocol/disco#items");
/// XEP-0115
pub const CAPS: Namespace = Namespace::new("http://jabber.org/protocol/caps");
/// XEP-0004
pub const DATA_FORMS: Namespace = Namespace::new("jabber:x:data");
/// XEP-0059
pub const RSM: Namespace = Namespace::new("http://jabber.org/protocol/rsm");
/// XEP-0199
pub const PING: Namespace = Namespace::new("urn:xmpp:ping");
/// XEP-0203
pub const DELAY: Namespace = Namespace::new("urn:xmpp:delay");
/// XEP-0202
pub const TIME: Namespace = Namespace::new("urn:xmpp:time");
/// XEP-0092
pub const VERSION: Namespace = Namespace::new("jabber:iq:version");
/// XEP-0012
pub const LAST: Namespace = Namespace::new("jabber:iq:last");
/// XEP-0077
pub const REGISTER: Namespace = Namespace::new("jabber:iq:register");
/// XEP-0049
pub const PRIVATE: Namespace = Namespace::new("jabber:iq:private");
/// XEP-0054
pub const VCARD_TEMP: Namespace = Namespace::new("vcard-temp");
/// XEP-0153
pub const VCARD_UPDATE: Namespace = Namespace::new("vcard-temp:x:update");
/// XEP-0292
pub const VCARD4: Namespace = Namespace::new("urn:ietf:params:xml:ns:vcard-4.0");
/// XEP-0045
pub const MUC: Namespace = Namespace::new("http://jabber.org/protocol/muc");
/// XEP-0045
pub const MUC_USER: Namespace = Namespace::new("http://jabber.org/protocol/muc#user");
/// XEP-0045
pub const MUC_ADMIN: Namespace = Namespace::new("http://jabber.org/protocol/muc#admin");
/// XEP-0045
pub const MUC_OWNER: Namespace = Namespace::new("http://jabber.org/protocol/muc#owner");
/// XEP-0249
pub const CONFERENCE: Namespace = Namespace::new("jabber:x:conference");
/// XEP-0359
pub const STANZA_ID: Namespace = Namespace::new("urn:xmpp:sid:0");
/// XEP-0421
pub const OCCUPANT_ID: Namespace = Namespace::new("urn:xmpp:occupant-id:0");
/// XEP-0085
pub const CHAT_STATES: Namespace = Namespace::new("http://jabber.org/protocol/chatstates");
/// XEP-0184
pub const RECEIPTS: Namespace = Namespace::new("urn:xmpp:receipts");
/// XEP-0333
pub const CHAT_MARKERS: Namespace = Namespace::new("urn:xmpp:chat-markers:0");
/// XEP-0334
pub const HINTS: Namespace = Namespace::new("urn:xmpp:hints");
/// XEP-0308
pub const CORRECT: Namespace = Namespace::new("urn:xmpp:message-correct:0");
/// XEP-0444
pub const REACTIONS: Namespace = Namespace::new("urn:xmpp:reactions:0");
/// XEP-0424
pub const RETRACT: Namespace = Namespace::new("urn:xmpp:message-retract:1");
/// XEP-0425
pub const MODERATE: Namespace = Namespace::new("urn:xmpp:message-moderate:1");
/// XEP-0461
pub const REPLY: Namespace = Namespace::new("urn:xmpp:reply:0");
/// XEP-0428
pub const FALLBACK: Namespace = Namespace::new("urn:xmpp:fallback:0");
/// XEP-0066
pub const OOB: Namespace = Namespace::new("jabber:x:oob");
/// XEP-0297
pub const FORWARD: Namespace = Namespace::new("urn:xmpp:forward:0");
/// XEP-0280
pub const CARBONS: Namespace = Namespace::new("urn:xmpp:carbons:2");
/// XEP-0313
pub const MAM: Namespace = Namespace::new("urn:xmpp:mam:2");
/// XEP-0363
pub const HTTP_UPLOAD: Namespace = Namespace::new("urn:xmpp:http:upload:0");
/// XEP-0060
pub const PUBSUB: Namespace = Namespace::new("http://jabber.org/protocol/pubsub");
/// XEP-0060
pub const PUBSUB_EVENT: Namespace = Namespace::new("http://jabber.org/protocol/pubsub#event");
/// XEP-0060
pub const PUBSUB_OWNER: Namespace = Namespace::new("http://jabber.org/protocol/pubsub#owner");
/// XEP-0402
pub const BOOKMARKS: Namespace = Namespace::new("urn:xmpp:bookmarks:1");
/// XEP-0172
pub const NICK: Namespace = Namespace::new("http://jabber.org/protocol/nick");
/// XEP-0191
pub const BLOCKING: Namespace = Namespace::new("urn:xmpp:blocking");
/// XEP-0050
pub const COMMANDS: Namespace = Namespace::new("http://jabber.org/protocol/commands");
/// XEP-0317
pub const HATS: Namespace = Namespace::new("urn:xmpp:hats:0");
/// XEP-0463
pub const MAV: Namespace = Namespace::new("urn:xmpp:muc:affiliations:1");
/// XEP-0071
pub const XHTML_IM: Namespace = Namespace::new("http://jabber.org/protocol/xhtml-im");
/// XHTML
pub const XHTML: Namespace = Namespace::new("http://www.w3.org/1999/xhtml");
/// XEP-0384
pub const OMEMO_LEGACY: Namespace = Namespace::new("eu.siacs.conversations.axolotl");
/// XEP-0384
pub const OMEMO: Namespace = Namespace::new("urn:xmpp:omemo:2");
/// XEP-0380
pub const EME: Namespace = Namespace::new("urn:xmpp:eme:0");
/// XEP-0319
pub const IDLE: Namespace = Namespace::new("urn:xmpp:idle:1");
/// application-specific stream and stanza errors
pub const APP_ERRORS: Namespace = Namespace::new("urn:xmpp:errors");
/// XEP-0066
pub const IQ_OOB: Namespace = Namespace::new("jabber:iq:oob");
