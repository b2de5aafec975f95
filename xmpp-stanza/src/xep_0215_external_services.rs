//! XEP-0215: External Service Discovery, version 1.0.0.

use std::fmt;

use xmpp_core::{Payload, XmlText};

use crate::{DataForm, DateTime};

/// Services outside of XMPP, such as TURN servers ([XEP-0215
/// §3](https://xmpp.org/extensions/xep-0215.html)): told, and with at most a type asked for. Pushed
/// by the server in an `iq` of type `set` when they change: believe that only from the own server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "services", ns = "urn:xmpp:extdisco:2")]
pub struct ExternalServices {
    /// Only those of this type.
    #[xml(attr, name = "type")]
    pub service_type: Option<String>,
    /// The services.
    #[xml(child)]
    pub services: Vec<ExternalService>,
}

/// Asks for credentials of one service ([XEP-0215 §3.3](https://xmpp.org/extensions/xep-0215.html)),
/// and gives them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "credentials", ns = "urn:xmpp:extdisco:2")]
pub struct ExternalCredentials {
    /// The service.
    #[xml(child)]
    pub services: Vec<ExternalService>,
}

/// A service outside of XMPP.
#[derive(Clone, PartialEq, Eq, Payload)]
#[xml(name = "service", ns = "urn:xmpp:extdisco:2")]
pub struct ExternalService {
    /// In a push: what has changed.
    #[xml(attr)]
    pub action: Option<ServiceAction>,
    /// When the credentials end.
    #[xml(attr)]
    pub expires: Option<DateTime>,
    /// A domain name or an IP address.
    #[xml(attr)]
    pub host: String,
    /// A name for people.
    #[xml(attr)]
    pub name: Option<String>,
    /// The password.
    #[xml(attr)]
    pub password: Option<String>,
    /// The port.
    #[xml(attr)]
    pub port: Option<u16>,
    /// Whether credentials are needed, and have to be asked for where there are none.
    #[xml(attr)]
    pub restricted: Option<bool>,
    /// `udp` or `tcp`.
    #[xml(attr)]
    pub transport: Option<String>,
    /// What it is: `stun`, `turn`, …
    #[xml(attr, name = "type")]
    pub service_type: String,
    /// The user name.
    #[xml(attr)]
    pub username: Option<String>,
    /// More about it.
    #[xml(child)]
    pub form: Option<DataForm>,
}

/// What has changed about an [`ExternalService`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, XmlText)]
pub enum ServiceAction {
    /// It is new.
    Add,
    /// It is gone.
    Delete,
    /// It is another.
    Modify,
}

impl ExternalService {
    /// A service.
    pub fn new(service_type: impl Into<String>, host: impl Into<String>) -> Self {
        Self {
            action: None,
            expires: None,
            host: host.into(),
            name: None,
            password: None,
            port: None,
            restricted: None,
            transport: None,
            service_type: service_type.into(),
            username: None,
            form: None,
        }
    }
}

/// Without the password.
impl fmt::Debug for ExternalService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExternalService")
            .field("service_type", &self.service_type)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("transport", &self.transport)
            .field("username", &self.username)
            .field("password", &self.password.as_ref().map(|_| "…"))
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn services_and_credentials() {
        let services: ExternalServices = round_trip(
            "<services xmlns='urn:xmpp:extdisco:2'><service host='stun.shakespeare.lit' port='9998' transport='udp' type='stun'/>\
             <service host='relay.shakespeare.lit' password='jj929jkj5sadjfj93v3n' port='9999' transport='udp' type='turn' \
             username='nb78932lkjlskjfdb7g8' expires='2017-12-03T23:42:05Z' restricted='true' action='add'/></services>",
        );
        assert_eq!(services.services[1].port, Some(9999));
        assert!(!format!("{services:?}").contains("jj929"));
        let credentials: ExternalCredentials = round_trip(
            "<credentials xmlns='urn:xmpp:extdisco:2'><service host='turn.shakespeare.lit' type='turn'/></credentials>",
        );
        assert_eq!(
            credentials.services,
            [ExternalService::new("turn", "turn.shakespeare.lit")]
        );
        let turn: ExternalServices =
            round_trip("<services xmlns='urn:xmpp:extdisco:2' type='turn'/>");
        assert_eq!(turn.service_type.as_deref(), Some("turn"));
    }

    #[test]
    fn malformed() {
        for (xml, expected) in [
            ("type='a'", "<service/> has no attribute 'host'"),
            ("host='a'", "<service/> has no attribute 'type'"),
            (
                "host='a' type='b' port='65536'",
                "<service/>: invalid port '65536': number too large to fit in target type",
            ),
        ] {
            let xml = format!("<services xmlns='urn:xmpp:extdisco:2'><service {xml}/></services>");
            assert_eq!(error::<ExternalServices>(&xml), expected);
        }
    }
}
