use super::*;
use crate::testing::{canonical, error, round_trip};

const BOT: &str = "<x xmlns='jabber:x:data' type='form'>\
    <title>Bot Configuration</title>\
    <instructions>Fill out this form to configure your new bot!</instructions>\
    <field type='hidden' var='FORM_TYPE'><value>jabber:bot</value></field>\
    <field type='fixed'><value>Section 1: Bot Info</value></field>\
    <field type='text-single' label='The name of your bot' var='botname'/>\
    <field type='text-multi' label='Helpful description of your bot' var='description'/>\
    <field type='boolean' label='Public bot?' var='public'><required/></field>\
    <field type='text-private' label='Password for special access' var='password'/>\
    <field type='list-multi' label='What features will the bot support?' var='features'>\
    <value>news</value><value>search</value>\
    <option label='Contests'><value>contests</value></option>\
    <option label='News'><value>news</value></option>\
    <option label='Search'><value>search</value></option></field>\
    <field type='list-single' label='Maximum number of subscribers' var='maxsubs'>\
    <value>20</value><option label='10'><value>10</value></option>\
    <option label='20'><value>20</value></option><option label='None'><value>none</value></option></field>\
    <field type='jid-multi' label='People to invite' var='invitelist'>\
    <desc>Tell all your friends about your new bot!</desc></field></x>";

#[test]
fn a_form_to_fill_in() {
    let form: DataForm = round_trip(BOT);
    assert_eq!(form.about(), Some("jabber:bot"));
    assert_eq!(form.fields.len(), 9);
    assert_eq!(form.values("features"), ["news", "search"]);
    assert!(form.field("public").unwrap().required);
    assert_eq!(form.field("maxsubs").unwrap().options[2].value, "none");
    assert_eq!(form.value("invitelist"), None);
    assert_eq!(form.value("no such field"), None);
}

#[test]
fn a_submission_is_checked_against_its_form() {
    let form: DataForm = canonical(BOT);
    let submit = |fields: &str| -> DataForm {
        canonical(&format!(
            "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>jabber:bot</value></field>{fields}</x>"
        ))
    };
    let good = submit(
        "<field type='text-single' var='botname'><value>The Jabber Google Bot</value></field>\
         <field var='description'><value>This bot enables you to send requests to</value>\
         <value>Google and receive the search results right</value></field>\
         <field type='boolean' var='public'><value>0</value></field>\
         <field var='features'><value>news</value><value>search</value></field>\
         <field var='maxsubs'><value>none</value></field>\
         <field var='invitelist'><value>juliet@capulet.com</value></field>\
         <field var='extra'><value>1</value><value>2</value></field>",
    );
    assert_eq!(form.check(&good), Ok(()));
    assert_eq!(good.flag("public"), Ok(Some(false)));
    assert_eq!(
        good.flag("features").unwrap_err().to_string(),
        "the field 'features' cannot be 'news': not one of true, false, 1, 0"
    );

    let public = "<field var='public'><value>true</value></field>";
    for (fields, expected) in [
        (String::new(), "no value for the field 'public'"),
        (
            "<field var='public'><value/></field>".into(),
            "no value for the field 'public'",
        ),
        (
            "<field var='public'><value>maybe</value></field>".into(),
            "the field 'public' cannot be 'maybe': not one of true, false, 1, 0",
        ),
        (
            format!("{public}<field var='botname'><value>a</value><value>b</value></field>"),
            "several values for the field 'botname'",
        ),
        (
            format!("{public}<field var='maxsubs'><value>30</value></field>"),
            "the field 'maxsubs' cannot be '30': not one of the options",
        ),
    ] {
        assert_eq!(
            form.check(&submit(&fields)).unwrap_err().to_string(),
            expected
        );
    }
    assert!(matches!(
        form.check(&submit(&format!("{public}<field var='invitelist'><value>@</value></field>"))),
        Err(FormError::Invalid { var, .. }) if var == "invitelist"
    ));
}

#[test]
fn a_submission_says_what_it_is_about() {
    let form = DataForm::form("a");
    assert_eq!(form.check(&form.submission()), Ok(()));
    assert_eq!(form.check(&DataForm::bare(DataFormType::Submit)), Ok(()));
    assert_eq!(
        form.check(&DataForm::submit("b")).unwrap_err().to_string(),
        "a form about 'b' instead of 'a'"
    );
    assert_eq!(
        form.check(&DataForm::cancel()).unwrap_err().to_string(),
        "a form of type cancel instead of submit"
    );
    // Outside of a submission a FORM_TYPE that is not hidden is a field like any other.
    let fake = DataForm::bare(DataFormType::Result).with_field(FormField::text("FORM_TYPE", "a"));
    assert_eq!(fake.about(), None);
}

#[test]
fn a_table_of_results() {
    let form: DataForm = round_trip(
        "<x xmlns='jabber:x:data' type='result'><title>Joogle Search: verona</title>\
         <reported><field var='name'/><field var='url'/></reported>\
         <item><field var='name'><value>Comune di Verona</value></field>\
         <field var='url'><value>http://www.comune.verona.it/</value></field></item>\
         <item><field var='name'><value>benvenuto!</value></field>\
         <field var='url'><value>http://www.hellasverona.it/</value></field></item></x>",
    );
    assert_eq!(form.reported.as_ref().unwrap().fields.len(), 2);
    assert_eq!(form.items[1].fields[0].values, ["benvenuto!"]);
}

#[test]
fn extensions_and_unknown_types_are_kept() {
    let form: DataForm = round_trip(
        "<x xmlns='jabber:x:data' type='form'><field type='text-fancy' var='a'>\
         <validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:int'/></field>\
         <page xmlns='http://jabber.org/protocol/xdata-layout'/></x>",
    );
    assert_eq!(form.fields[0].effective_type().as_str(), "text-fancy");
    assert_eq!(
        (form.fields[0].extensions.len(), form.extensions.len()),
        (1, 1)
    );
}

#[test]
fn malformed() {
    assert_eq!(
        error::<DataForm>("<x xmlns='jabber:x:data'/>"),
        "<x/> has no attribute 'type'"
    );
    assert_eq!(
        error::<DataForm>("<x xmlns='jabber:x:data' type='formular'/>"),
        "<x/>: invalid type 'formular': not one of form, submit, cancel, result"
    );
    assert_eq!(
        error::<DataForm>(
            "<x xmlns='jabber:x:data' type='form'><field var='a'><option/></field></x>"
        ),
        "<option/> has no child <value/>"
    );
    assert_eq!(
        error::<DataForm>("<x xmlns='jabber:x:data' type='form'><reported/><reported/></x>"),
        "<x/> has more than one <reported/>"
    );
}

#[test]
fn passwords_do_not_print() {
    for field in [
        FormField::typed("key", FieldType::TextPrivate, ["v3r0na"]),
        FormField::value("muc#roomconfig_roomsecret", "v3r0na"),
    ] {
        assert!(!format!("{:?}", DataForm::submit("a").with_field(field)).contains("v3r0na"));
    }
}
