//! Our two sides.

use std::hint::black_box;

use xmpp_sasl::{
    Answer, ChannelSecurity, ClientStep, Credentials, Lookup, LookupKind, Outcome, Random,
    Registry, ScramClientKeys, ScramHash, ScramKeys, ScramSha1, ScramSha256, ScramSha512, SelectCx,
    ServerConfig, ServerLogin,
};

pub(super) const PASSWORD: &str = "pencil";
pub(super) const USER: &str = "user";
pub(super) const ROUNDS: u32 = 4_096;
pub(super) const SALT: &[u8; 16] = b"0123456789abcdef";

/// Counts: the servers' nonces are no secret here.
struct Counter(u8);

impl Random for Counter {
    fn fill(&mut self, dest: &mut [u8]) {
        for byte in dest {
            self.0 = self.0.wrapping_mul(5).wrapping_add(7);
            *byte = self.0;
        }
    }
}

/// What the server has stored for one mechanism.
pub(super) struct Account {
    keys: ScramKeys,
    mechanism: &'static str,
    config: ServerConfig,
    registry: Registry,
}

/// An account for each of the three mechanisms.
pub(super) fn accounts() -> [Account; 3] {
    [
        Account::new::<ScramSha1>(LookupKind::SCRAM_SHA_1),
        Account::new::<ScramSha256>(LookupKind::SCRAM_SHA_256),
        Account::new::<ScramSha512>(LookupKind::SCRAM_SHA_512),
    ]
}

impl Account {
    fn new<H: ScramHash>(kind: LookupKind) -> Self {
        Self {
            keys: ScramKeys::derive::<H>(PASSWORD, SALT, ROUNDS).expect("a password"),
            mechanism: H::MECHANISM,
            config: ServerConfig::new([7; 32]).answers([kind]),
            registry: Registry::default(),
        }
    }

    pub(super) fn mechanism(&self) -> &'static str {
        self.mechanism
    }

    /// A server's login.
    pub(super) fn begin(&self) -> ServerLogin {
        let channel = ChannelSecurity::Plain;
        let cx = SelectCx::new(&channel).with_server(&self.config);
        let begun = self.registry.begin(self.mechanism, &cx, &mut Counter(3));
        begun.expect("an offered mechanism")
    }

    /// The server's first message.
    pub(super) fn challenge(&self, login: &mut ServerLogin, first: &[u8]) -> Vec<u8> {
        let Ok(Outcome::Lookup(Lookup::ScramKeys { .. })) = login.start(Some(first)) else {
            panic!("a question");
        };
        match login.resolve(Answer::ScramKeys(self.keys.clone())) {
            Ok(Outcome::Challenge(challenge)) => challenge,
            other => panic!("{other:?}"),
        }
    }

    /// Its last one.
    pub(super) fn success(login: &mut ServerLogin, last: &[u8]) -> Vec<u8> {
        match login.response(last) {
            Ok(Outcome::Success { data, .. }) => data.expect("the server's signature"),
            other => panic!("{other:?}"),
        }
    }
}

/// A login of ours, both sides.
pub(super) fn login(account: &Account) {
    let credentials = Credentials::password(USER, PASSWORD);
    black_box(client(account, &credentials));
}

/// Logs in and gives back what makes the next login cheaper.
fn client(account: &Account, credentials: &Credentials) -> ScramClientKeys {
    let channel = ChannelSecurity::Plain;
    let cx = SelectCx::new(&channel);
    let selected = account
        .registry
        .select(&[account.mechanism], credentials, &cx, &mut Counter(1));
    let mut client = selected.expect("a candidate");
    let mut server = account.begin();
    let first = client.initial().expect("a message").expect("a message");
    let challenge = account.challenge(&mut server, &first);
    let step = client.challenge(&challenge).expect("a step");
    let last = client.run_here(step).expect("a response");
    let success = Account::success(&mut server, &last);
    client.success(Some(&success)).expect("a login");
    client.export::<ScramClientKeys>().expect("keys").clone()
}

/// The messages of one login, for each side to replay alone.
pub(super) struct Replay<'a> {
    account: &'a Account,
    credentials: Credentials,
    first: Vec<u8>,
    challenge: Vec<u8>,
    last: Vec<u8>,
    success: Vec<u8>,
}

impl<'a> Replay<'a> {
    /// A login by a client that has logged in before.
    pub(super) fn with_cached_keys(account: &'a Account) -> Self {
        let password = Credentials::password(USER, PASSWORD);
        let keys = client(account, &password);
        let credentials = Credentials::new().with(keys);
        let mut replay = Self {
            account,
            credentials,
            first: Vec::new(),
            challenge: Vec::new(),
            last: Vec::new(),
            success: Vec::new(),
        };
        replay.record();
        replay
    }

    fn record(&mut self) {
        let mut server = self.account.begin();
        let channel = ChannelSecurity::Plain;
        let mut client = self.select(&channel);
        self.first = client.initial().expect("a message").expect("a message");
        self.challenge = self.account.challenge(&mut server, &self.first);
        let Ok(ClientStep::Respond(last)) = client.challenge(&self.challenge) else {
            panic!("cached keys need no job");
        };
        self.success = Account::success(&mut server, &last);
        self.last = last;
    }

    fn select(&self, channel: &ChannelSecurity) -> xmpp_sasl::ClientLogin {
        let cx = SelectCx::new(channel);
        let offered = [self.account.mechanism];
        let registry = &self.account.registry;
        let selected = registry.select(&offered, &self.credentials, &cx, &mut Counter(1));
        selected.expect("a candidate")
    }

    /// The client's side.
    pub(super) fn client(&self) {
        let channel = ChannelSecurity::Plain;
        let mut client = self.select(&channel);
        black_box(client.initial()).expect("a message");
        let step = client.challenge(black_box(&self.challenge));
        let _ = black_box(step.expect("a response"));
        client
            .success(Some(black_box(&self.success)))
            .expect("a login");
    }

    /// The server's side.
    pub(super) fn server(&self) {
        let mut server = self.account.begin();
        black_box(self.account.challenge(&mut server, black_box(&self.first)));
        black_box(Account::success(&mut server, black_box(&self.last)));
    }
}
