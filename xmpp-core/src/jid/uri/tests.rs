use proptest::prelude::*;

use super::{XmppUri, XmppUriError};
use crate::{BareJid, Jid};

fn uri(text: &str) -> XmppUri {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

#[test]
fn examples_of_rfc_5122() {
    for (text, account, jid, query) in [
        (
            "xmpp:node@example.com",
            None,
            Some("node@example.com"),
            None,
        ),
        (
            "xmpp://guest@example.com",
            Some("guest@example.com"),
            None,
            None,
        ),
        (
            "xmpp:guest@example.com",
            None,
            Some("guest@example.com"),
            None,
        ),
        (
            "xmpp://guest@example.com/support@example.com?message",
            Some("guest@example.com"),
            Some("support@example.com"),
            Some("message"),
        ),
        (
            "xmpp:support@example.com?message",
            None,
            Some("support@example.com"),
            Some("message"),
        ),
        (
            "xmpp:example-node@example.com/some-resource",
            None,
            Some("example-node@example.com/some-resource"),
            None,
        ),
        ("xmpp:example.com", None, Some("example.com"), None),
        (
            "xmpp:example-node@example.com?message;subject=Hello%20World",
            None,
            Some("example-node@example.com"),
            Some("message"),
        ),
        (
            "xmpp:nasty!%23$%25()*+,-.;=%3F%5B%5C%5D%5E_%60%7B%7C%7D~node@example.com",
            None,
            Some(r"nasty!#$%()*+,-.;=?[\]^_`{|}~node@example.com"),
            None,
        ),
        (
            "xmpp:node@example.com/repulsive%20!%23%22$%25&'()*+,-.%2F:;%3C=%3E%3F%40%5B%5C%5D%5E_%60%7B%7C%7D~resource",
            None,
            Some(r#"node@example.com/repulsive !#"$%&'()*+,-./:;<=>?@[\]^_`{|}~resource"#),
            None,
        ),
        (
            "xmpp:ji%C5%99i@%C4%8Dechy.example/v%20Praze",
            None,
            Some("jiři@čechy.example/v Praze"),
            None,
        ),
    ] {
        let parsed = uri(text);
        assert_eq!(parsed.account().map(BareJid::as_str), account, "{text}");
        assert_eq!(parsed.jid().map(Jid::as_str), jid, "{text}");
        assert_eq!(parsed.query_type(), query, "{text}");
        assert_eq!(parsed.to_string(), text, "printed as the RFC prints it");
    }
}

#[test]
fn examples_of_xep_0147() {
    for (text, kind, pairs) in [
        ("xmpp:romeo@montague.net?message", "message", &[][..]),
        (
            "xmpp:romeo@montague.net?message;subject=Test%20Message;body=Here%27s%20a%20test%20message",
            "message",
            &[
                ("subject", "Test Message"),
                ("body", "Here's a test message"),
            ],
        ),
        ("xmpp:romeo@montague.net?roster", "roster", &[]),
        (
            "xmpp:romeo@montague.net?roster;name=Romeo%20Montague",
            "roster",
            &[("name", "Romeo Montague")],
        ),
        (
            "xmpp:romeo@montague.net?roster;name=Romeo%20Montague;group=Friends",
            "roster",
            &[("name", "Romeo Montague"), ("group", "Friends")],
        ),
        ("xmpp:romeo@montague.net?remove", "remove", &[]),
        ("xmpp:romeo@montague.net?subscribe", "subscribe", &[]),
        ("xmpp:romeo@montague.net?unsubscribe", "unsubscribe", &[]),
    ] {
        let parsed = uri(text);
        assert_eq!(parsed.query_type(), Some(kind));
        assert_eq!(parsed.pairs().collect::<Vec<_>>(), pairs);
        assert_eq!(parsed.to_string(), text);
    }
}

#[test]
fn an_iri_is_read_and_a_uri_is_written() {
    let iri = uri("xmpp:jiři@čechy.example/v%20Praze?message;body=nazdar,%20světe#část");
    assert_eq!(
        iri.jid().map(Jid::as_str),
        Some("jiři@čechy.example/v Praze")
    );
    assert_eq!(iri.value("body"), Some("nazdar, světe"));
    assert_eq!(iri.fragment(), Some("část"));
    assert_eq!(
        iri.to_string(),
        "xmpp:ji%C5%99i@%C4%8Dechy.example/v%20Praze?message;body=nazdar%2C%20sv%C4%9Bte#%C4%8D%C3%A1st"
    );
    assert_eq!(
        uri("XMPP:Romeo@Example.ORG").to_string(),
        "xmpp:romeo@example.org"
    );
    assert_eq!(uri("xmpp:a@[::1]/b").to_string(), "xmpp:a@[::1]/b");
}

#[test]
fn an_encoded_delimiter_delimits_nothing() {
    assert_eq!(
        uri("xmpp:example.com/a%40b%2Fc").jid().map(Jid::as_str),
        Some("example.com/a@b/c")
    );
    assert!(matches!(
        "xmpp:a%40b@example.com".parse::<XmppUri>(),
        Err(XmppUriError::Jid(_))
    ));
    let parsed = uri("xmpp:a@b?x;k%3D=v%3Bw%23;l=m=n");
    assert_eq!(
        parsed.pairs().collect::<Vec<_>>(),
        [("k=", "v;w#"), ("l", "m=n")]
    );
}

#[test]
fn built_from_its_parts() {
    let room: Jid = "coven@chat.example".parse().unwrap();
    let built = XmppUri::new(room)
        .with_query("join")
        .with_pair("password", "a b&c")
        .with_fragment("top");
    assert_eq!(
        built.to_string(),
        "xmpp:coven@chat.example?join;password=a%20b%26c#top"
    );
    let account = |text: &str| text.parse::<BareJid>().unwrap();
    let server = XmppUri::new(account("example.com"));
    let from_account = server
        .clone()
        .with_account(account("me@example.org"))
        .unwrap();
    assert_eq!(
        from_account.to_string(),
        "xmpp://me@example.org/example.com"
    );
    assert_eq!(
        server.with_account(account("example.org")),
        Err(XmppUriError::Account)
    );
}

#[test]
fn what_is_no_xmpp_uri() {
    use XmppUriError as E;
    let long = format!("xmpp:a@b?message;body={}", "x".repeat(XmppUri::MAX_BYTES));
    for (text, error) in [
        ("", E::Scheme),
        ("romeo@example.net", E::Scheme),
        ("mailto:romeo@example.net", E::Scheme),
        ("xmpp:", E::NoAddress),
        ("xmpp:?join", E::NoAddress),
        ("xmpp://example.com/romeo@example.net", E::Account),
        ("xmpp://", E::Account),
        ("xmpp:a@b?message;body", E::Pair),
        ("xmpp:a@b?message;", E::Pair),
        ("xmpp:a b@c", E::Character),
        ("xmpp:a@b/<", E::Character),
        ("xmpp:a@b?message;body=a\nb", E::Character),
        ("xmpp:a@b/%", E::Encoding),
        ("xmpp:a@b/%2", E::Encoding),
        ("xmpp:a@b/%zz", E::Encoding),
        ("xmpp:a@b/%é1", E::Encoding),
        ("xmpp:a@b/%FF", E::Encoding),
        (long.as_str(), E::TooLong),
    ] {
        assert_eq!(text.parse::<XmppUri>(), Err(error), "{text}");
    }
    for text in [
        "xmpp:@b",
        "xmpp:a@",
        "xmpp:a@b/",
        "xmpp:a@b/%00",
        "xmpp:a:b@c",
        "xmpp://@b",
        "xmpp:a@my_host",
    ] {
        assert!(matches!(text.parse::<XmppUri>(), Err(E::Jid(_))), "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        local in "[!-~é]{1,8}", domain in "[a-z0-9č]{1,8}|\\[::1\\]", resource in proptest::option::of("[ -~é]{1,8}"),
        account in any::<bool>(), kind in proptest::option::of(any::<String>()),
        pairs in proptest::collection::vec((any::<String>(), any::<String>()), 0..3),
        fragment in proptest::option::of(any::<String>())
    ) {
        let Ok(jid) = Jid::from_parts(Some(&local), &domain, resource.as_deref()) else { return Ok(()) };
        let mut uri = XmppUri::new(jid.clone());
        if account {
            uri = uri.with_account(jid.to_bare()).unwrap();
        }
        if let Some(kind) = kind {
            uri = uri.with_query(kind);
        }
        for (key, value) in pairs {
            uri = uri.with_pair(key, value);
        }
        if let Some(fragment) = fragment {
            uri = uri.with_fragment(fragment);
        }
        let text = uri.to_string();
        prop_assert!(text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b)), "{}", text);
        prop_assert_eq!(text.parse(), Ok(uri));
    }

    #[test]
    fn any_text_is_a_uri_or_an_error(text in "(xmpp:)?(//)?\\PC{0,24}") {
        if let Ok(uri) = text.parse::<XmppUri>() {
            prop_assert_eq!(uri.to_string().parse(), Ok(uri));
        }
    }
}
