//! The ten stanza shapes and the mix, written for this benchmark after what clients and servers send.

use std::fmt::Write as _;

/// A kind of stanza and how often it stands in a round of the mix.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Short name, as in the table.
    pub name: &'static str,
    /// How many stand in one round of the mix.
    pub per_round: usize,
    write: fn(usize, &mut String),
}

/// The shapes, in the order of the table.
pub const SHAPES: [Shape; 10] = [
    Shape {
        name: "chat",
        per_round: 40,
        write: chat,
    },
    Shape {
        name: "groupchat",
        per_round: 30,
        write: groupchat,
    },
    Shape {
        name: "presence",
        per_round: 25,
        write: presence,
    },
    Shape {
        name: "muc-presence",
        per_round: 10,
        write: muc_presence,
    },
    Shape {
        name: "roster",
        per_round: 1,
        write: roster,
    },
    Shape {
        name: "disco-info",
        per_round: 2,
        write: disco_info,
    },
    Shape {
        name: "disco-items",
        per_round: 1,
        write: disco_items,
    },
    Shape {
        name: "mam",
        per_round: 20,
        write: mam,
    },
    Shape {
        name: "sm",
        per_round: 15,
        write: sm,
    },
    Shape {
        name: "pep-omemo",
        per_round: 6,
        write: pep_omemo,
    },
];

/// A recorded or generated stream: header, stanzas, end tag.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Name, as in the table.
    pub name: String,
    /// The bytes a client receives.
    pub xml: String,
    /// Stanzas (children of the stream) in it; 0 where nobody counted.
    pub stanzas: usize,
}

const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' \
                      id='c2s-4711' from='example.org' version='1.0' xml:lang='en'>";
const FOOTER: &str = "</stream:stream>";

/// A stream of at least `bytes` bytes of one shape.
pub fn stream_of(shape: &Shape, bytes: usize) -> Stream {
    build(shape.name, bytes, |i, out| {
        (shape.write)(i, out);
        1
    })
}

/// A stream of at least `bytes` bytes of whole rounds of the mix, the shapes interleaved.
pub fn mix(bytes: usize) -> Stream {
    rounds("mix", bytes, &SHAPES)
}

/// As [`mix`], of the small shapes alone: no roster, no answers of disco, no bundles of keys.
pub fn small(bytes: usize) -> Stream {
    let large = ["roster", "disco-info", "disco-items", "pep-omemo"];
    let small = SHAPES.into_iter().filter(|s| !large.contains(&s.name));
    rounds("small", bytes, &small.collect::<Vec<_>>())
}

fn rounds(name: &str, bytes: usize, shapes: &[Shape]) -> Stream {
    let round: usize = shapes.iter().map(|s| s.per_round).sum();
    build(name, bytes, |i, out| {
        // Spread each shape evenly over the round: the k-th of n stands at (k + ½) / n.
        let mut order: Vec<(usize, usize)> = Vec::with_capacity(round);
        for (s, shape) in shapes.iter().enumerate() {
            for k in 0..shape.per_round {
                order.push(((2 * k + 1) * 10_000 / (2 * shape.per_round), s));
            }
        }
        order.sort_unstable();
        for (k, (_, s)) in order.into_iter().enumerate() {
            (shapes[s].write)(i * round + k, out);
        }
        round
    })
}

fn build(name: &str, bytes: usize, mut write: impl FnMut(usize, &mut String) -> usize) -> Stream {
    let mut xml = String::from(HEADER);
    let mut stanzas = 0;
    let mut i = 0;
    while xml.len() < bytes {
        stanzas += write(i, &mut xml);
        i += 1;
    }
    xml.push_str(FOOTER);
    Stream {
        name: name.to_owned(),
        xml,
        stanzas,
    }
}

const NAMES: [&str; 8] = [
    "anna",
    "bertram",
    "carla",
    "dmitri",
    "élodie",
    "françois",
    "günther",
    "ひなた",
];
const TEXTS: [&str; 8] = [
    "Good morning!",
    "Did you see that the build is green again? I pushed the fix for the reconnect loop last night.",
    "it&apos;s in &lt;config.toml&gt; &amp; in the docs",
    "Schöne Grüße aus Köln — bis gleich 👋",
    "ok",
    "The meeting moves to 14:30, same room. Please bring the figures of last week; we have to decide about the new server.",
    "на связи, смотрю логи",
    "https://example.org/pad/minutes-2026-11-20 (read it before noon, comments in the margin)",
];

fn name(i: usize) -> &'static str {
    NAMES[i % NAMES.len()]
}

fn text(i: usize) -> &'static str {
    TEXTS[(i / 3 + i) % TEXTS.len()]
}

fn stamp(i: usize) -> String {
    format!(
        "2026-11-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        i % 28 + 1,
        i % 24,
        i * 7 % 60,
        i * 13 % 60,
        i * 31 % 1000
    )
}

fn uuid(i: usize) -> String {
    let x = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let y = x.rotate_left(23).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        x >> 32,
        x >> 16 & 0xffff,
        x & 0xfff,
        y >> 52,
        y & 0xffff_ffff_ffff
    )
}

fn base64(i: usize, len: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut x = (i as u64)
        .wrapping_mul(0x2545_f491_4f6c_dd1d)
        .wrapping_add(88_172_645_463_325_252);
    (0..len)
        .map(|_| {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            char::from(ALPHABET[(x >> 20) as usize & 63])
        })
        .collect()
}

macro_rules! put {
    ($out:expr, $($arg:tt)*) => { write!($out, $($arg)*).expect("writing to a string") };
}

fn chat(i: usize, out: &mut String) {
    put!(
        out,
        "<message from='{}@example.org/phone.{:x}' to='{}@example.org' id='{}' type='chat' xml:lang='en'><body>{}</body>\
         <active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/></message>",
        name(i),
        i % 4096,
        name(i + 1),
        uuid(i),
        text(i)
    );
}

/// A message of 600 bytes as a client sends it, with what Conversations and Converse add to a body.
pub fn message_of_600_bytes(i: usize, out: &mut String) {
    let start = out.len();
    put!(
        out,
        "<message xmlns='jabber:client' to='{}@example.org/laptop' id='{}' type='chat'>\
         <active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/>\
         <origin-id xmlns='urn:xmpp:sid:0' id='{}'/><markable xmlns='urn:xmpp:chat-markers:0'/><body>{} ",
        name(i),
        uuid(i),
        uuid(i),
        text(i)
    );
    let end = "</body></message>";
    let rest = 600 - (out.len() - start) - end.len();
    out.extend(
        "The rest is as long as it must be. "
            .chars()
            .cycle()
            .take(rest),
    );
    out.push_str(end);
}

fn groupchat(i: usize, out: &mut String) {
    put!(
        out,
        "<message from='coven@rooms.example.org/{}' to='{}@example.org/laptop' id='{}' type='groupchat'><body>{}</body>\
         <origin-id xmlns='urn:xmpp:sid:0' id='{}'/><stanza-id xmlns='urn:xmpp:sid:0' by='coven@rooms.example.org' id='{}'/>\
         <occupant-id xmlns='urn:xmpp:occupant-id:0' id='{}'/><delay xmlns='urn:xmpp:delay' from='coven@rooms.example.org' stamp='{}'/></message>",
        name(i),
        name(i + 2),
        uuid(i),
        text(i + 1),
        uuid(i),
        uuid(i + 77),
        base64(i % 8, 43),
        stamp(i)
    );
}

fn presence(i: usize, out: &mut String) {
    put!(
        out,
        "<presence from='{}@example.org/tablet-{}' to='{}@example.org/laptop'><show>{}</show><status>{}</status><priority>{}</priority>\
         <c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://example.org/client' ver='{}{}='/>\
         <x xmlns='vcard-temp:x:update'><photo>{:040x}</photo></x></presence>",
        name(i),
        i % 16,
        name(i + 3),
        ["away", "dnd", "chat", "xa"][i % 4],
        text(i),
        i % 10,
        base64(i % 16, 26),
        // The last character of 20 bytes has two bits that are zero.
        char::from(b"AEIMQUYcgkosw048"[i % 16]),
        i
    );
}

fn muc_presence(i: usize, out: &mut String) {
    put!(
        out,
        "<presence from='coven@rooms.example.org/{}' to='{}@example.org/laptop' id='{}'>\
         <x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='member' role='participant' jid='{}@example.org/tablet'/>\
         <status code='110'/><status code='100'/><status code='210'/></x>\
         <occupant-id xmlns='urn:xmpp:occupant-id:0' id='{}'/></presence>",
        name(i),
        name(i + 4),
        uuid(i),
        name(i),
        base64(i % 8, 43)
    );
}

fn roster(i: usize, out: &mut String) {
    put!(
        out,
        "<iq to='{}@example.org/laptop' id='{}' type='result'><query xmlns='jabber:iq:roster' ver='ver{i}'>",
        name(i),
        uuid(i)
    );
    for k in 0..200 {
        put!(
            out,
            "<item jid='{}.{k}@example.org' name='{} &amp; friends {k}' subscription='both'><group>{}</group></item>",
            name(k),
            name(k + i),
            ["Friends", "Work", "Family"][k % 3]
        );
    }
    out.push_str("</query></iq>");
}

fn disco_info(i: usize, out: &mut String) {
    put!(
        out,
        "<iq from='example.org' to='{}@example.org/laptop' id='{}' type='result'><query xmlns='http://jabber.org/protocol/disco#info'>\
         <identity category='server' type='im' name='Example'/>",
        name(i),
        uuid(i)
    );
    for k in 0..40 {
        put!(
            out,
            "<feature var='urn:xmpp:feature-number-{k}:{}'/>",
            k % 4
        );
    }
    out.push_str("</query></iq>");
}

fn disco_items(i: usize, out: &mut String) {
    put!(
        out,
        "<iq from='rooms.example.org' to='{}@example.org/laptop' id='{}' type='result'><query xmlns='http://jabber.org/protocol/disco#items'>",
        name(i),
        uuid(i)
    );
    for k in 0..100 {
        put!(
            out,
            "<item jid='room-{k}@rooms.example.org' name='{} ({k})'/>",
            name(k + i)
        );
    }
    out.push_str("</query></iq>");
}

fn mam(i: usize, out: &mut String) {
    put!(
        out,
        "<message from='{0}@example.org' to='{0}@example.org/laptop' id='{1}'><result xmlns='urn:xmpp:mam:2' queryid='q{2}' id='{3}'>\
         <forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='{4}'/>\
         <message xmlns='jabber:client' from='{5}@example.org/phone' to='{0}@example.org' id='{6}' type='chat'><body>{7}</body>\
         <markable xmlns='urn:xmpp:chat-markers:0'/></message></forwarded></result></message>",
        name(i),
        uuid(i),
        i / 50,
        uuid(i + 9),
        stamp(i),
        name(i + 5),
        uuid(i + 10),
        text(i + 2)
    );
}

fn sm(i: usize, out: &mut String) {
    if i.is_multiple_of(2) {
        out.push_str("<r xmlns='urn:xmpp:sm:3'/>");
    } else {
        put!(out, "<a xmlns='urn:xmpp:sm:3' h='{i}'/>");
    }
}

fn pep_omemo(i: usize, out: &mut String) {
    put!(
        out,
        "<message from='{0}@example.org' to='{1}@example.org/laptop' id='{2}' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'>\
         <items node='eu.siacs.conversations.axolotl.bundles:{3}'><item id='current'><bundle xmlns='eu.siacs.conversations.axolotl'>\
         <signedPreKeyPublic signedPreKeyId='{4}'>{5}</signedPreKeyPublic><signedPreKeySignature>{6}</signedPreKeySignature>\
         <identityKey>{7}</identityKey><prekeys>",
        name(i),
        name(i + 6),
        uuid(i),
        1_000_000 + i,
        i % 100,
        base64(i, 44),
        base64(i + 1, 88),
        base64(i + 2, 44)
    );
    for k in 0..40 {
        put!(
            out,
            "<preKeyPublic preKeyId='{}'>{}</preKeyPublic>",
            k + 1,
            base64(i + k, 44)
        );
    }
    out.push_str("</prekeys></bundle></item></items></event></message>");
}
