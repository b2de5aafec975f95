//! A server that knows two mechanisms, one user's password and the tokens that were handed out.

use std::{
    collections::HashMap,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use example_support::{Clock, secure_random};
use xmpp_core::{
    Random as _,
    sasl::{self, Answer, Lookup, Refusal, Registry},
    stream::{BindAnswer, Channel, ServerConfig, ServerEvent, ServerSession, TcpServer},
};
use zeroize::Zeroizing;

use crate::{DOMAIN, Error, Tls, foo, token};

/// The server. Its clones are the same one.
#[derive(Clone, Debug)]
pub struct Server {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: Arc<ServerConfig>,
    tls: Tls,
    clock: Clock,
    tokens: Mutex<HashMap<Vec<u8>, String>>,
}

impl Server {
    /// A server with both mechanisms registered. Which of them it offers is for the registry to say: what needs a
    /// confidential channel only over TLS, what asks something only because `answers` says that it is answered.
    ///
    /// # Errors
    ///
    /// No certificate can be made.
    pub fn new(tls: Tls) -> Result<Self, Error> {
        let registry = Registry::new().with(foo::server()).with(token::server());
        let answers = sasl::ServerConfig::without_secret().answers([foo::PASSWORD, token::TOKEN]);
        // In clear there is nothing to offer; that a client may come so far is what the program shows.
        let config = ServerConfig::new(DOMAIN)?
            .with_sasl(registry, answers)
            .require_tls(false);
        Ok(Self {
            shared: Arc::new(Shared {
                config: Arc::new(config),
                tls,
                clock: Clock::start(),
                tokens: Mutex::default(),
            }),
        })
    }

    /// A token for `user`, good for one login: what a site does for a user whom it knows.
    pub fn issue_token(&self, user: &str) -> token::SiteToken {
        let mut bytes = Zeroizing::new([0; 24]);
        secure_random().fill(&mut *bytes);
        let text = sasl::base64::encode(*bytes);
        let mut tokens = self.tokens();
        tokens.insert(text.clone().into_bytes(), user.to_owned());
        token::SiteToken(Zeroizing::new(text))
    }

    /// Listens on a free port of the loopback interface; a thread for each connection. `encrypted` is whether
    /// connections begin with TLS.
    ///
    /// # Errors
    ///
    /// The port cannot be had.
    pub fn listen(&self, encrypted: bool) -> Result<SocketAddr, Error> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let server = self.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = server.clone();
                thread::spawn(move || {
                    if let Err(error) = server.serve(stream, encrypted) {
                        eprintln!("server: a connection ended: {error}");
                    }
                });
            }
        });
        Ok(address)
    }

    fn serve(&self, stream: TcpStream, encrypted: bool) -> Result<(), Error> {
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let clock = self.shared.clock;
        let link = |channel| {
            let (config, random) = (Arc::clone(&self.shared.config), Box::new(secure_random()));
            TcpServer::new(ServerSession::new(config, channel, clock.now(), random))
        };
        let handle = |session: &mut ServerSession, event| self.handle(session, event);
        if encrypted {
            let stream = self.shared.tls.accept(stream)?;
            crate::connection::run(stream, link(Channel::tls()), clock, handle)
        } else {
            crate::connection::run(stream, link(Channel::plain()), clock, handle)
        }
    }

    fn handle(&self, session: &mut ServerSession, event: ServerEvent) -> Result<(), Error> {
        match event {
            ServerEvent::Lookup { id, lookup } => session.resolve(id, self.answer(&lookup))?,
            ServerEvent::Bind { id, .. } => session.resolve(id, BindAnswer::Accept)?,
            ServerEvent::Stanza(stanza) => session.send(&stanza)?,
            _ => {}
        }
        Ok(())
    }

    /// What the mechanisms ask. A database or an HTTP request could lie between the question and the answer.
    fn answer(&self, lookup: &Lookup) -> Answer {
        let wrong = Answer::Refuse(Refusal::WrongCredentials);
        let Lookup::Custom(question) = lookup else {
            return wrong;
        };
        if let Some(asked) = question.get::<foo::FooPassword>() {
            let right = asked.authcid == "fritz" && *asked.password == "correct horse";
            return if right { Answer::Accept } else { wrong };
        }
        let token = question.get::<Zeroizing<Vec<u8>>>();
        // Taken out: it is good for one login. The tokens are 24 random bytes, so that nobody guesses his way along the
        // time that a search takes.
        match token.and_then(|token| self.tokens().remove(&***token)) {
            Some(authcid) => Answer::Grant { authcid },
            None => wrong,
        }
    }

    fn tokens(&self) -> std::sync::MutexGuard<'_, HashMap<Vec<u8>, String>> {
        let tokens = self.shared.tokens.lock();
        tokens.unwrap_or_else(PoisonError::into_inner)
    }
}
