//! SCRAM on the wire with someone in between: CB-1 to CB-7, the conditions of RFC 6120 §6.5, and what an unknown user sees.

use xmpp_core::{
    sasl::{
        self, ChannelBinding, ChannelBindingType, ChannelSecurity, Policy, Refusal, ScramKeys,
        ScramSha256, TlsChannel, TlsVersion, base64,
    },
    stream::{
        Advice, Channel, ClientConfig, ClientEvent, ClientSession, CloseReason, ServerEvent,
        TcpClient, TcpServer,
    },
};

use super::common::{HEADER, T0, account_config, give, random, session, settle};

const NS: &str = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";

fn tls(version: TlsVersion) -> Channel {
    let of = |kind, byte: u8| ChannelBinding::new(kind, [byte; 32]);
    Channel::new(ChannelSecurity::Tls(
        TlsChannel::new()
            .with_version(version)
            .with_binding(of(ChannelBindingType::TlsExporter, 1))
            .with_binding(of(ChannelBindingType::TlsServerEndPoint, 2)),
    ))
}

/// A login through someone who changes what the server says. All that both sides have sent and seen.
struct Met {
    from_client: String,
    from_server: String,
    client: Vec<ClientEvent>,
}

impl Met {
    fn new(policy: Policy, channels: [Channel; 2], between: impl Fn(String) -> String) -> Self {
        let [near, far] = channels;
        let account = "alice@example.org".parse().unwrap();
        let config = ClientConfig::with_password(&account, "pencil").unwrap();
        let config = config.with_policy(policy);
        let mut client = TcpClient::new(ClientSession::new(config, near, T0, random()));
        let mut server = TcpServer::new(session(account_config(), far));
        let mut met = Self {
            from_client: String::new(),
            from_server: String::new(),
            client: Vec::new(),
        };
        loop {
            let (mut up, mut down) = (String::new(), String::new());
            client.poll_transmit(&mut up);
            server.handle_input(T0, up.as_bytes());
            settle(&mut server);
            server.poll_transmit(&mut down);
            client.handle_input(T0, between(down.clone()).as_bytes());
            while let Some(event) = client.poll_event() {
                match event {
                    ClientEvent::Derive(job) => {
                        client.session_mut().derived(job.run()).unwrap();
                        client.pump(T0);
                    }
                    event => met.client.push(event),
                }
            }
            met.from_client += &up;
            met.from_server += &down;
            if up.is_empty() && down.is_empty() {
                return met;
            }
        }
    }

    fn is_in(&self) -> bool {
        let is_in = |event: &ClientEvent| matches!(event, ClientEvent::Authenticated { .. });
        self.client.iter().any(is_in)
    }

    /// That the client gave up, without proof of the password, and says why.
    #[track_caller]
    fn gave_up(&self) -> &str {
        assert!(
            !self.from_client.contains("<response"),
            "{}",
            self.from_client
        );
        match self.client.last() {
            Some(ClientEvent::Closed {
                reason: CloseReason::LoginFailed(reason),
                advice: Advice::Stop,
                ..
            }) => reason,
            other => panic!("{other:?}"),
        }
    }

    /// The first challenge.
    fn challenge(&self) -> String {
        let (_, rest) = self
            .from_server
            .split_once(&format!("<challenge {NS}>"))
            .unwrap();
        let data = base64::decode(rest.split_once('<').unwrap().0).unwrap();
        String::from_utf8(data).unwrap()
    }
}

fn both(channel: &Channel) -> [Channel; 2] {
    [channel.clone(), channel.clone()]
}

fn without(of: &'static str) -> impl Fn(String) -> String {
    move |text| text.replace(of, "")
}

#[test]
fn cb_6_the_offer_on_the_wire_is_signed_and_verified() {
    for channel in [
        Channel::tls(),
        Channel::trusted_proxy_tls(),
        tls(TlsVersion::V1_2),
        tls(TlsVersion::V1_3),
    ] {
        let policy = Policy::new().require_signed_offer();
        let met = Met::new(policy, both(&channel), |text| text);
        assert!(met.is_in(), "{:?}", met.client);
        assert!(met.challenge().contains(",i=4096,h="));
    }
    let met = Met::new(Policy::new(), both(&tls(TlsVersion::V1_3)), |text| text);
    assert!(met.challenge().ends_with(",t=0304"));
}

#[test]
fn cb_6_an_offer_that_was_changed_ends_the_login_before_any_proof() {
    let bound = tls(TlsVersion::V1_3);
    for change in [
        "<mechanism>PLAIN</mechanism>",
        "<mechanism>SCRAM-SHA-256</mechanism>",
        "<channel-binding type='tls-server-end-point'/>",
        "<channel-binding type='tls-exporter'/>",
    ] {
        let met = Met::new(Policy::new(), both(&bound), without(change));
        assert!(
            met.gave_up().contains("the server's offer was changed"),
            "{change}"
        );
        assert!(met.from_client.contains(&format!("<abort {NS}/>")));
    }
    let more = |text: String| {
        text.replace(
            "<mechanism>PLAIN",
            "<mechanism>X</mechanism><mechanism>PLAIN",
        )
    };
    let met = Met::new(Policy::new(), both(&bound), more);
    assert!(met.gave_up().contains("the server's offer was changed"));
    // Types of one's own, known here or not, are part of it.
    let met = Met::new(Policy::new(), both(&bound), |text| {
        text.replace(
            "type='tls-server-end-point'",
            "type='tls-server-end-point-2'",
        )
    });
    assert!(met.gave_up().contains("the server's offer was changed"));
}

#[test]
fn cb_7_two_versions_of_tls_are_two_channels() {
    let channels = [tls(TlsVersion::V1_2), tls(TlsVersion::V1_3)];
    let met = Met::new(Policy::new(), channels, |text| text);
    assert!(met.gave_up().contains("another version of TLS"));
    assert!(Met::new(Policy::new(), both(&tls(TlsVersion::V1_2)), |text| text).is_in());
}

#[test]
fn cb_3_types_without_a_mechanism_that_binds_are_refused() {
    let bound = tls(TlsVersion::V1_3);
    let plus = "<mechanism>SCRAM-SHA-256-PLUS</mechanism>";
    let met = Met::new(Policy::new(), both(&bound), without(plus));
    assert!(met.gave_up().contains("contradicts itself"));
    // Both taken away: the client says `y`, and the server knows better.
    let list = |text: String| {
        let Some((before, rest)) = text.split_once("<sasl-channel-binding") else {
            return text;
        };
        let (_, after) = rest.split_once("</sasl-channel-binding>").unwrap();
        format!("{before}{after}").replace(plus, "")
    };
    let met = Met::new(Policy::new(), both(&bound), list);
    assert!(!met.is_in());
    assert!(
        met.from_server
            .contains(&format!("<failure {NS}><not-authorized/>"))
    );
}

#[test]
fn cb_4_without_a_common_type_the_signature_decides() {
    let bound = tls(TlsVersion::V1_3);
    let foreign = |text: String| {
        text.replace("'tls-exporter'", "'tls-unique'")
            .replace("<channel-binding type='tls-server-end-point'/>", "")
    };
    let met = Met::new(Policy::new(), both(&bound), foreign);
    assert!(
        met.from_client.contains("mechanism='SCRAM-SHA-256'"),
        "without -PLUS"
    );
    assert!(met.gave_up().contains("the server's offer was changed"));
}

/// A server that waits for the answer to a lookup of `user`'s keys, or has answered it.
fn scram(user: &str, answer: Option<sasl::Answer>) -> (TcpServer, String) {
    let mut server = TcpServer::new(session(account_config(), Channel::tls()));
    give(&mut server, HEADER);
    let first = base64::encode(format!("n,,n={user},r=abcdefgh"));
    let auth = format!("<auth {NS} mechanism='SCRAM-SHA-256'>{first}</auth>");
    let Some(answer) = answer else {
        let out = give(&mut server, &auth).0;
        return (server, out);
    };
    server.handle_input(T0, auth.as_bytes());
    let Some(ServerEvent::Lookup { id, .. }) = server.poll_event() else {
        panic!("no lookup")
    };
    server.session_mut().resolve(id, answer).unwrap();
    server.pump(T0);
    let mut out = String::new();
    server.poll_transmit(&mut out);
    (server, out)
}

fn challenge(out: &str) -> String {
    let data = out.strip_prefix(&format!("<challenge {NS}>")).unwrap();
    let data = base64::decode(data.strip_suffix("</challenge>").unwrap()).unwrap();
    String::from_utf8(data).unwrap()
}

fn wrong_proof(challenge: &str) -> String {
    let nonce = challenge.split(',').next().unwrap();
    let last = format!("c=biws,{nonce},p={}", base64::encode([0; 32]));
    format!("<response {NS}>{}</response>", base64::encode(last))
}

#[test]
fn sec_7_unknown_users_look_like_known_ones_by_scram() {
    let (mut known, to_known) = scram("alice", None);
    let (mut unknown, to_unknown) = scram("nobody", None);
    assert_eq!(to_known.len(), to_unknown.len());
    let (to_known, to_unknown) = (challenge(&to_known), challenge(&to_unknown));
    // All but the salt.
    let but_salt = |challenge: &str| {
        let parts: Vec<_> = challenge.split(',').map(str::to_owned).collect();
        [&parts[..1], &parts[2..]].concat()
    };
    assert_eq!(but_salt(&to_known), but_salt(&to_unknown));
    assert_eq!(challenge(&scram("nobody", None).1), to_unknown);
    // However it is written: accounts are localparts.
    assert_eq!(challenge(&scram("NoBody", None).1), to_unknown);
    let after_known = give(&mut known, &wrong_proof(&to_known));
    let after_unknown = give(&mut unknown, &wrong_proof(&to_unknown));
    assert_eq!(after_known.0, after_unknown.0);
    assert_eq!(
        after_known.0,
        format!("<failure {NS}><not-authorized/></failure>")
    );
    assert!(after_known.1.is_empty() && after_unknown.1.is_empty());
}

#[test]
fn conditions_of_rfc_6120_section_6_5_by_what_the_caller_answers() {
    for (refusal, condition) in [
        (Refusal::WrongCredentials, "not-authorized"),
        (Refusal::AccountDisabled, "account-disabled"),
        (Refusal::CredentialsExpired, "credentials-expired"),
        (Refusal::MechanismTooWeak, "mechanism-too-weak"),
        (Refusal::Unavailable, "temporary-auth-failure"),
    ] {
        let (mut server, out) = scram("alice", Some(sasl::Answer::Refuse(refusal)));
        assert_eq!(out, format!("<failure {NS}><{condition}/></failure>"));
        // The stream is as it was: the next attempt counts.
        let plain = base64::encode("\0alice\0pencil");
        let auth = format!("<auth {NS} mechanism='PLAIN'>{plain}</auth>");
        assert!(
            give(&mut server, &auth).0.starts_with("<success"),
            "{condition}"
        );
    }
    // A locked account says so to its owner only.
    let keys = || ScramKeys::derive::<ScramSha256>("pencil", b"0123456789abcdef", 4_096).unwrap();
    let locked = sasl::Answer::LockedScramKeys(keys(), Refusal::AccountDisabled);
    let (mut server, out) = scram("alice", Some(locked));
    let out = give(&mut server, &wrong_proof(&challenge(&out))).0;
    assert_eq!(out, format!("<failure {NS}><not-authorized/></failure>"));
}

#[test]
fn sas_6_abort_between_challenge_and_response() {
    let (mut server, out) = scram("alice", None);
    let response = wrong_proof(&challenge(&out));
    let out = give(&mut server, &format!("<abort {NS}/>")).0;
    assert_eq!(out, format!("<failure {NS}><aborted/></failure>"));
    // The exchange is gone, and the stream goes on.
    let out = give(&mut server, &response).0;
    assert_eq!(out, format!("<failure {NS}><not-authorized/></failure>"));
    let plain = base64::encode("\0alice\0pencil");
    let auth = format!("<auth {NS} mechanism='PLAIN'>{plain}</auth>");
    assert!(give(&mut server, &auth).0.starts_with("<success"));
}

#[test]
fn sas_4_base64_of_a_response_is_strict() {
    let (_, out) = scram("alice", None);
    let right = wrong_proof(&challenge(&out));
    let end = "</response>";
    let condition = |response: &str| {
        let (mut server, _) = scram("alice", None);
        let out = give(&mut server, response).0;
        let kinds = ["not-authorized", "incorrect-encoding"];
        let is = |kind: &&str| out == format!("<failure {NS}><{kind}/></failure>");
        kinds.into_iter().find(is)
    };
    for more in ["AA==", "=", "-_", "!"] {
        let broken = right.replace(end, &format!("{more}{end}"));
        assert_eq!(condition(&broken), Some("incorrect-encoding"), "{more}");
    }
    // The twin is read, and its proof is wrong.
    assert_eq!(condition(&right), Some("not-authorized"));
    let spaced = right.replace(end, &format!(" \n{end}"));
    assert_eq!(condition(&spaced), Some("not-authorized"));
}

#[test]
fn sas_12_lookups_name_localparts() {
    let mut server = TcpServer::new(session(account_config(), Channel::tls()));
    give(&mut server, HEADER);
    for (name, asked) in [("Alice", "alice"), ("ＡＬＩＣＥ", "alice"), ("a@b", "a@b")] {
        let plain = base64::encode(format!("\0{name}\0wrong"));
        let auth = format!("<auth {NS} mechanism='PLAIN'>{plain}</auth>");
        let events = give(&mut server, &auth).1;
        let Some(ServerEvent::Lookup {
            lookup: sasl::Lookup::Password(check),
            ..
        }) = events.first()
        else {
            panic!("{events:?}")
        };
        assert_eq!(check.authcid(), asked);
    }
}
