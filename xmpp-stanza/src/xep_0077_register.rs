//! XEP-0077: In-Band Registration, version 2.4.

use std::fmt;

use xmpp_core::{Payload, xml::ns};

use crate::{DataForm, OutOfBandData};

/// Registration at a server, a service or a room ([XEP-0077
/// §3](https://xmpp.org/extensions/xep-0077.html)): what is asked for (the fields that are there,
/// empty), what is given, or an end to it.
///
/// Of form, fields and link the first that is there counts ([XEP-0077
/// §6](https://xmpp.org/extensions/xep-0077.html), REG-3); [`Registration::offer`] says which.
#[derive(Clone, Default, PartialEq, Eq, Payload)]
#[xml(name = "query", ns = ns::REGISTER)]
pub struct Registration {
    /// Whether the asking entity is registered.
    #[xml(flag)]
    pub registered: bool,
    /// What to do, for people.
    #[xml(child_text)]
    pub instructions: Option<String>,
    /// The account's name.
    #[xml(child_text)]
    pub username: Option<String>,
    /// The nickname.
    #[xml(child_text)]
    pub nick: Option<String>,
    /// The password.
    #[xml(child_text)]
    pub password: Option<String>,
    /// The full name.
    #[xml(child_text)]
    pub name: Option<String>,
    /// The given name.
    #[xml(child_text)]
    pub first: Option<String>,
    /// The family name.
    #[xml(child_text)]
    pub last: Option<String>,
    /// The mail address.
    #[xml(child_text)]
    pub email: Option<String>,
    /// The street.
    #[xml(child_text)]
    pub address: Option<String>,
    /// The city.
    #[xml(child_text)]
    pub city: Option<String>,
    /// The state.
    #[xml(child_text)]
    pub state: Option<String>,
    /// The postal code.
    #[xml(child_text)]
    pub zip: Option<String>,
    /// The telephone number.
    #[xml(child_text)]
    pub phone: Option<String>,
    /// A web page.
    #[xml(child_text)]
    pub url: Option<String>,
    /// A date.
    #[xml(child_text)]
    pub date: Option<String>,
    /// Obsolete.
    #[xml(child_text)]
    pub misc: Option<String>,
    /// Obsolete.
    #[xml(child_text)]
    pub text: Option<String>,
    /// Obsolete.
    #[xml(child_text)]
    pub key: Option<String>,
    /// Ends the registration.
    #[xml(flag)]
    pub remove: bool,
    /// The form to fill in, or filled in.
    #[xml(child)]
    pub form: Option<DataForm>,
    /// Where to register instead.
    #[xml(child)]
    pub link: Option<OutOfBandData>,
}

/// What a [`Registration`] asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistrationOffer<'a> {
    /// A form.
    Form(&'a DataForm),
    /// Fields, by their names.
    Fields(Vec<&'static str>),
    /// A visit to a web page.
    Link(&'a OutOfBandData),
    /// Nothing.
    Nothing,
}

impl Registration {
    /// Asks what is needed to register.
    pub fn request() -> Self {
        Self::default()
    }

    /// Registers an account, or changes its password.
    pub fn account(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            username: Some(username.into()),
            password: Some(password.into()),
            ..Self::default()
        }
    }

    /// Ends the registration.
    pub fn removal() -> Self {
        Self {
            remove: true,
            ..Self::default()
        }
    }

    /// Whether this is `<remove/>` and nothing else: with siblings it is a bad request (REG-4).
    pub fn is_removal(&self) -> bool {
        *self == Self::removal()
    }

    /// What is asked for.
    pub fn offer(&self) -> RegistrationOffer<'_> {
        if let Some(form) = &self.form {
            return RegistrationOffer::Form(form);
        }
        let fields: Vec<_> = self.fields().map(|(name, _)| name).collect();
        if !fields.is_empty() {
            return RegistrationOffer::Fields(fields);
        }
        match &self.link {
            Some(link) => RegistrationOffer::Link(link),
            None => RegistrationOffer::Nothing,
        }
    }

    /// The fields that are there, with their values.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("username", &self.username),
            ("nick", &self.nick),
            ("password", &self.password),
            ("name", &self.name),
            ("first", &self.first),
            ("last", &self.last),
            ("email", &self.email),
            ("address", &self.address),
            ("city", &self.city),
            ("state", &self.state),
            ("zip", &self.zip),
            ("phone", &self.phone),
            ("url", &self.url),
            ("date", &self.date),
            ("misc", &self.misc),
            ("text", &self.text),
            ("key", &self.key),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }
}

/// The names of the fields, without their values: a password is among them.
impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<_> = self.fields().map(|(name, _)| name).collect();
        f.debug_struct("Registration")
            .field("registered", &self.registered)
            .field("remove", &self.remove)
            .field("fields", &fields)
            .field("form", &self.form)
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    fn query(xml: &str) -> Registration {
        round_trip(&format!("<query xmlns='jabber:iq:register'>{xml}</query>"))
    }

    #[test]
    fn what_is_asked_for_and_given() {
        assert_eq!(query(""), Registration::request());
        let offer = query("<instructions>Choose</instructions><username/><password/><email/>");
        assert_eq!(
            offer.offer(),
            RegistrationOffer::Fields(vec!["username", "password", "email"])
        );
        let given = query("<username>bill</username><password>Calliope</password>");
        assert_eq!(given, Registration::account("bill", "Calliope"));
        assert!(!format!("{given:?}").contains("Calliope"));
        assert!(query("<registered/><username>juliet</username>").registered);
    }

    /// REG-3: the form beats the fields, the fields beat the link.
    #[test]
    fn reg_3_what_counts() {
        let form = "<x xmlns='jabber:x:data' type='form'/>";
        let link = "<x xmlns='jabber:x:oob'><url>http://www.shakespeare.lit/contests.php</url></x>";
        for (xml, expected) in [
            (String::new(), "Nothing"),
            (link.to_owned(), "Link"),
            (format!("<username/>{link}"), "Fields"),
            (format!("<username/>{form}"), "Form"),
            (format!("{form}{link}"), "Form"),
            (format!("<username/>{form}{link}"), "Form"),
            ("<instructions/>".to_owned(), "Nothing"),
        ] {
            let offer = format!("{:?}", query(&xml).offer());
            assert!(offer.starts_with(expected), "{xml}: {offer}");
        }
    }

    /// REG-4.
    #[test]
    fn reg_4_remove_stands_alone() {
        assert!(query("<remove/>").is_removal());
        assert!(!query("<username>bill</username><remove/>").is_removal());
        assert_eq!(
            error::<Registration>(
                "<query xmlns='jabber:iq:register'><username/><username/></query>"
            ),
            "<query/> has more than one <username/>"
        );
    }
}
