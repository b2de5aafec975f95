//! Preparation is idempotent, the parts make the whole, an unprepared JID equals no prepared one, and what escapes and
//! URIs write they read again.

use xmpp_core::{BareJid, FullJid, Jid, JidRef, XmppUri, escape_local, unescape_local};

/// The input is one address, one localpart as people type it, one URI.
pub fn jid(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let strict = Jid::new(text);
    if let Ok(jid) = &strict {
        prepared(jid);
    }
    if let Ok(jid) = Jid::received(text) {
        received(&jid, strict.is_ok());
    } else {
        assert!(strict.is_err(), "received is not stricter");
    }
    if let Some(view) = JidRef::new(text) {
        assert_eq!(strict.as_ref().map(Jid::as_str), Ok(view.as_str()));
        assert_eq!(view.to_jid().as_str(), text);
    }
    let escaped = escape_local(text.trim_matches(' '));
    assert_eq!(unescape_local(&escaped), text.trim_matches(' '));
    if let Ok(uri) = text.parse::<XmppUri>() {
        let written = uri.to_string();
        assert!(written.is_ascii(), "{written}");
        // What is encoded grows, and may then be too long to be read.
        if written.len() <= XmppUri::MAX_BYTES {
            assert_eq!(written.parse().as_ref(), Ok(&uri), "{written}");
        }
    }
}

fn prepared(jid: &Jid) {
    assert!(jid.is_prepared());
    assert_eq!(
        Jid::new(jid.as_str()).as_ref(),
        Ok(jid),
        "preparation is idempotent"
    );
    assert_eq!(JidRef::new(jid.as_str()), Some(jid.as_view()));
    let parts = Jid::from_parts(jid.local(), jid.domain(), jid.resource());
    assert_eq!(parts.as_ref(), Ok(jid), "the parts make the whole");
    let bare = jid.to_bare();
    assert_eq!(BareJid::new(bare.as_str()).as_ref(), Ok(&bare));
    match jid.resource() {
        Some(resource) => {
            let full = bare.with_resource(resource).expect("it was one");
            assert_eq!(full.as_str(), jid.as_str());
            assert_eq!(FullJid::new(jid.as_str()), Ok(full));
        }
        None => assert_eq!(bare.as_str(), jid.as_str()),
    }
    let uri = XmppUri::new(jid.clone());
    assert_eq!(uri.to_string().parse(), Ok(uri));
}

fn received(jid: &Jid, is_strict: bool) {
    assert_eq!(jid.is_prepared(), is_strict);
    for part in [jid.local(), Some(jid.domain()), jid.resource()]
        .into_iter()
        .flatten()
    {
        assert!((1..=1023).contains(&part.len()), "{part:?}");
    }
    let again = Jid::received(jid.as_str()).expect("it was one");
    assert_eq!((&again, again.is_prepared()), (jid, is_strict));
    let same = |text: &str| Jid::new(text).is_ok_and(|strict| strict == text);
    let bare = jid.to_bare();
    for (text, is_prepared) in [
        (jid.as_str(), is_strict),
        (bare.as_str(), bare.is_prepared()),
        (bare.to_domain().as_str(), bare.to_domain().is_prepared()),
    ] {
        assert_eq!(same(text), is_prepared, "{text}");
    }
}
