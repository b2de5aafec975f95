use super::*;
use crate::testing::{error, round_trip};
use xmpp_core::{Timestamp, xml::Element};

fn submit(fields: &str) -> DataForm {
    round_trip(&format!(
        "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field>{fields}</x>"
    ))
}

#[test]
fn a_query_for_everything() {
    let query: ArchiveQuery = round_trip("<query xmlns='urn:xmpp:mam:2' queryid='f27'/>");
    assert_eq!(query.queryid.as_deref(), Some("f27"));
    let all = ArchiveQuery::new("f27", &ArchiveFilter::default(), ResultSet::first_page(10));
    assert_eq!(all.form, None);
}

#[test]
fn filters() {
    let filter = ArchiveFilter {
        with: Some("juliet@capulet.lit".parse().unwrap()),
        start: Some("2010-06-07T00:00:00Z".parse().unwrap()),
        end: Some("2010-07-07T13:23:54Z".parse().unwrap()),
        before_id: Some("09af3-cc343-b409f".into()),
        after_id: Some("28482-98726-73623".into()),
        ids: vec!["a".into(), "b".into()],
        include_groupchat: Some(false),
    };
    let form = filter.to_form().unwrap();
    assert_eq!(ArchiveFilter::from_form(&form), Ok(filter));
    assert_eq!(ArchiveFilter::description().check(&submit("")), Ok(()));
    let query = ArchiveQuery::new("q", &ArchiveFilter::default(), ResultSet::last_page(10));
    assert_eq!(
        Element::from_xml(&query),
        "<query xmlns='urn:xmpp:mam:2' queryid='q'><set xmlns='http://jabber.org/protocol/rsm'><before/><max>10</max>\
         </set></query>"
            .parse::<Element>()
            .unwrap()
    );
}

#[test]
fn filters_that_are_refused() {
    for (fields, expected) in [
        (
            "<field var='with'><value>@</value></field>",
            "the field 'with' cannot be '@'",
        ),
        (
            "<field var='start'><value>yesterday</value></field>",
            "the field 'start' cannot be 'yesterday'",
        ),
        (
            "<field var='include-groupchat'><value>no</value></field>",
            "the field 'include-groupchat'",
        ),
        (
            "<field var='{http://example.com/}free-text-search'/>",
            "unknown field '{http://example.com/}free",
        ),
    ] {
        let error = ArchiveFilter::from_form(&submit(fields))
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    assert!(ArchiveFilter::from_form(&DataForm::submit("urn:xmpp:mam:1")).is_err());
    assert!(ArchiveFilter::from_form(&DataForm::cancel()).is_err());
}

#[test]
fn the_end_of_the_results() {
    let fin: ArchiveFin = round_trip(
        "<fin xmlns='urn:xmpp:mam:2' complete='true'><set xmlns='http://jabber.org/protocol/rsm'><count>16</count>\
         <first index='0'>23452-4534-1</first><last>390-2342-22</last></set></fin>",
    );
    assert!(fin.complete && fin.stable);
    let unstable: ArchiveFin = round_trip("<fin xmlns='urn:xmpp:mam:2' stable='false'/>");
    assert!(!unstable.complete && !unstable.stable);
    round_trip::<ArchiveQuery>("<query xmlns='urn:xmpp:mam:2'><flip-page/></query>");
}

#[test]
fn metadata_and_preferences() {
    let metadata: ArchiveMetadata = round_trip(
        "<metadata xmlns='urn:xmpp:mam:2'><start id='YWxwaGEg' timestamp='2008-08-22T21:09:04Z'/>\
         <end id='b21lZ2Eg' timestamp='2020-04-20T14:34:21Z'/></metadata>",
    );
    assert_eq!(metadata.end.unwrap().id, "b21lZ2Eg");
    let prefs: ArchivePreferences = round_trip(
        "<prefs xmlns='urn:xmpp:mam:2' default='roster'><always><jid>romeo@montague.lit</jid></always>\
         <never><jid>montague@montague.lit</jid></never></prefs>",
    );
    assert_eq!(prefs.default, Some(ArchiveDefault::Roster));
    assert_eq!(prefs.never.unwrap().jids[0].local(), Some("montague"));
}

#[test]
fn malformed() {
    for (xml, expected) in [
        (
            "<metadata xmlns='urn:xmpp:mam:2'><start id='1'/></metadata>",
            "<start/> has no attribute 'timestamp'",
        ),
        (
            "<metadata xmlns='urn:xmpp:mam:2'><end timestamp='2008-08-22T21:09:04Z'/></metadata>",
            "<end/> has no attribute 'id'",
        ),
    ] {
        assert_eq!(error::<ArchiveMetadata>(xml), expected);
    }
    assert_eq!(
        error::<ArchivePreferences>("<prefs xmlns='urn:xmpp:mam:2' default='some'/>"),
        "<prefs/>: invalid default 'some': not one of always, never, roster"
    );
    assert_eq!(
        error::<ArchiveFin>("<fin xmlns='urn:xmpp:mam:2' complete='yes'/>"),
        "<fin/>: invalid complete 'yes': not one of true, false, 1, 0"
    );
}

const RESULT: &str = "<result xmlns='urn:xmpp:mam:2' queryid='f27' id='28482-98726-73623'>\
    <forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='2010-07-10T23:08:25Z'/>\
    <message xmlns='jabber:client' from='witch@shakespeare.lit' to='macbeth@shakespeare.lit'>\
    <body>Hail to thee</body></message></forwarded></result>";

fn check(
    from: &str,
    content: &str,
    archive: &str,
    queryid: &str,
) -> Result<Option<ArchivedMessage>, BadResult> {
    let element: Element = format!("<message xmlns='jabber:client' {from}>{content}</message>")
        .parse()
        .unwrap();
    ArchivedMessage::check(
        &Message::from_element(element.root()).unwrap(),
        &archive.parse().unwrap(),
        &"me@home".parse().unwrap(),
        queryid,
    )
}

#[test]
fn results_of_an_open_query() {
    for (from, archive) in [
        ("", "me@home"),
        ("from='me@home'", "me@home"),
        ("from='room@rooms'", "room@rooms"),
    ] {
        let archived = check(from, RESULT, archive, "f27").unwrap().unwrap();
        assert_eq!(archived.id(), "28482-98726-73623");
        assert_eq!(
            archived.received().unwrap().timestamp(),
            Timestamp::from_millis(1_278_803_305_000)
        );
        assert_eq!(archived.message().body().unwrap(), "Hail to thee");
        let written = ArchiveResult::new(
            Some("f27".into()),
            archived.id(),
            Forwarded::new(archived.message(), archived.delay.clone()),
        );
        assert_eq!(
            Element::from_xml(&written),
            RESULT.parse::<Element>().unwrap()
        );
    }
    assert_eq!(check("", "<body>x</body>", "me@home", "f27"), Ok(None));
}

/// CVE-2019-16237; MUC MA10.
#[test]
fn ma10_forged_results_are_not_used() {
    for (from, archive, queryid) in [
        ("from='tybalt@capulet.example/x'", "me@home", "f27"),
        ("from='me@home/other'", "me@home", "f27"),
        ("from='home'", "me@home", "f27"),
        ("", "room@rooms", "f27"),
        ("from='room@rooms/occupant'", "room@rooms", "f27"),
        ("from='me@home'", "room@rooms", "f27"),
        ("", "me@home", "f28"),
    ] {
        assert_eq!(
            check(from, RESULT, archive, queryid),
            Err(BadResult::NotAsked),
            "{from} {archive} {queryid}"
        );
    }
    let empty = "<result xmlns='urn:xmpp:mam:2' queryid='f27' id='1'><forwarded xmlns='urn:xmpp:forward:0'/></result>";
    assert_eq!(
        check("", empty, "me@home", "f27"),
        Err(BadResult::Malformed)
    );
    let no_id = "<result xmlns='urn:xmpp:mam:2' queryid='f27'><forwarded xmlns='urn:xmpp:forward:0'/></result>";
    assert_eq!(
        check("", no_id, "me@home", "f27"),
        Err(BadResult::Malformed)
    );
}
