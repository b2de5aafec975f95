//! Preparation is idempotent, and the parts make the whole.

use xmpp_core::{BareJid, FullJid, Jid};

/// The input is one address.
pub fn jid(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let Ok(jid) = Jid::new(text) else { return };
    assert_eq!(
        Jid::new(jid.as_str()).as_ref(),
        Ok(&jid),
        "preparation is idempotent"
    );
    let parts = Jid::from_parts(jid.local(), jid.domain(), jid.resource());
    assert_eq!(parts.as_ref(), Ok(&jid), "the parts make the whole");
    for part in [jid.local(), Some(jid.domain()), jid.resource()]
        .into_iter()
        .flatten()
    {
        assert!((1..=1023).contains(&part.len()), "{part:?}");
    }
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
}
