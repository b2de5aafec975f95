//! Why we answer otherwise than Prosody did.

use crate::replay::Answer;

/// The reason; `None` where there is none.
pub fn of(answer: &Answer) -> Option<&'static str> {
    let Answer {
        whom,
        request,
        prosody,
        ours,
    } = answer;
    let reason = match (*whom, &**request, &**prosody, &**ours) {
        (_, "get vCard (vcard-temp)", UNAVAILABLE, "result vCard (vcard-temp)")
        | (_, "get query (jabber:iq:roster)", UNAVAILABLE, "result query (jabber:iq:roster)")
        | (
            _,
            "get pubsub (http://jabber.org/protocol/pubsub) items urn:xmpp:reactions:popular:0",
            UNAVAILABLE,
            NOT_FOUND,
        ) => {
            "the recorded server (`min-*`) ran without that module; we answer as the one with all modules does"
        }
        ("occupant", "get vCard (vcard-temp)", "result vCard (vcard-temp)", NOT_FOUND) => {
            "the occupant's connection was cut: there its stream could be resumed for 600 s (XEP-0198) and it stayed in the room, \
             here it has left"
        }
        (
            "own account",
            "get pubsub (http://jabber.org/protocol/pubsub) items urn:xmpp:bookmarks:1",
            "result pubsub (http://jabber.org/protocol/pubsub)",
            NOT_FOUND,
        ) => {
            "the recorded user had a password and bookmarks from earlier recordings; a new anonymous account has none"
        }
        (
            "room",
            "get query (http://jabber.org/protocol/disco#info)",
            NOT_FOUND,
            "result query (http://jabber.org/protocol/disco#info)",
        ) => {
            "everybody had left: there a temporary room went with the last one, here it stays for `--room-linger`"
        }
        (
            "room",
            "get query (http://jabber.org/protocol/muc#admin)",
            "result query (http://jabber.org/protocol/muc#admin)",
            "error auth forbidden",
        ) => {
            "the recorded user (`*cred*`) was an administrator of the service; an anonymous one is not, and lists are for admins \
             and owners"
        }
        (
            "room",
            "get query (jabber:iq:register)",
            "error auth registration-required",
            "result query (jabber:iq:register)",
        ) => {
            "there only who has an affiliation may reserve a nick, here everybody (MUC RG1): anonymous users have none"
        }
        ("room", "get vCard (vcard-temp)", UNAVAILABLE, NOT_FOUND) => {
            "the room did not exist yet; for one that does not, the condition is item-not-found (MUC ET5)"
        }
        _ => return None,
    };
    Some(reason)
}

const UNAVAILABLE: &str = "error cancel service-unavailable";
const NOT_FOUND: &str = "error cancel item-not-found";
