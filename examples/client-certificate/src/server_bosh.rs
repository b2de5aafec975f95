//! The same server over BOSH on HTTPS: one task has all sessions, connections hand it their requests.

use std::{collections::HashMap, convert::Infallible, sync::Arc};

use bytes::Bytes;
use example_support::{Clock, secure_random};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
};
use tokio_rustls::TlsAcceptor;
use xmpp_bosh::{Manager, ManagerConfig, ManagerEvent, RequestId, Sid};
use xmpp_core::{
    sasl::ChannelSecurity,
    stream::{Channel, ServerConfig, ServerSession, Session as _},
};

use crate::{Error, server, tls};

/// What a request may have at most.
const MAX_REQUEST: usize = 256 * 1024;

/// A request, how it came, and where its answer goes.
struct Asked {
    body: Bytes,
    security: ChannelSecurity,
    answer: oneshot::Sender<xmpp_bosh::Response>,
}

/// Serves whoever connects.
pub(crate) async fn run(
    listener: TcpListener,
    tls: TlsAcceptor,
    clock: Clock,
) -> Result<(), Error> {
    let (requests, hub) = mpsc::channel(16);
    tokio::spawn(Hub::new(server::config()?, clock).run(hub));
    loop {
        let (stream, _) = listener.accept().await?;
        let (tls, requests) = (tls.clone(), requests.clone());
        tokio::spawn(async move {
            let Ok(stream) = server::handshake(&tls, stream).await else {
                return;
            };
            // Who is at the other end holds for every request of the connection.
            let security = tls::security_of_server(stream.get_ref().1);
            let service = service_fn(|request| post(request, security.clone(), &requests));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // Why a connection broke is the client's to tell here.
            let _ = connection.await;
        });
    }
}

async fn post(
    request: Request<Incoming>,
    security: ChannelSecurity,
    requests: &mpsc::Sender<Asked>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::default());
    let answered = async {
        let body = Limited::new(request.into_body(), MAX_REQUEST);
        let body = body.collect().await.ok()?.to_bytes();
        let (answer, answered) = oneshot::channel();
        let asked = Asked {
            body,
            security,
            answer,
        };
        requests.send(asked).await.ok()?;
        answered.await.ok()
    };
    match answered.await {
        Some(answer) => *response.body_mut() = Full::from(answer.body.to_string()),
        None => *response.status_mut() = hyper::StatusCode::BAD_REQUEST,
    }
    Ok(response)
}

struct Hub {
    config: Arc<ServerConfig>,
    clock: Clock,
    bosh: Manager,
    sessions: HashMap<Sid, ServerSession>,
    waiting: HashMap<RequestId, (ChannelSecurity, oneshot::Sender<xmpp_bosh::Response>)>,
}

impl Hub {
    fn new(config: Arc<ServerConfig>, clock: Clock) -> Self {
        Self {
            config,
            clock,
            bosh: Manager::new(ManagerConfig::default(), Box::new(secure_random())),
            sessions: HashMap::new(),
            waiting: HashMap::new(),
        }
    }

    async fn run(mut self, mut requests: mpsc::Receiver<Asked>) {
        let mut last = 0;
        loop {
            let session = self
                .sessions
                .values()
                .filter_map(ServerSession::poll_timeout);
            let timeout = session.chain(self.bosh.poll_timeout()).min();
            let clock = self.clock;
            tokio::select! {
                asked = requests.recv() => {
                    let Some(asked) = asked else { return };
                    last += 1;
                    let id = RequestId::new(last);
                    self.waiting.insert(id, (asked.security, asked.answer));
                    self.bosh.handle_request_over(clock.now(), id, true, &asked.body);
                }
                () = clock.sleep_until(timeout) => {
                    self.bosh.handle_timeout(clock.now());
                    for session in self.sessions.values_mut() {
                        session.handle_timeout(clock.now());
                    }
                }
            }
            self.settle();
        }
    }

    /// Everything that follows from what happened.
    fn settle(&mut self) {
        let now = self.clock.now();
        loop {
            for (sid, session) in &mut self.sessions {
                self.bosh.pump(now, sid, session);
                while let Some(event) = session.poll_event() {
                    server::answer(session, event);
                    self.bosh.pump(now, sid, session);
                }
            }
            let Some(event) = self.bosh.poll_event() else {
                break;
            };
            match event {
                ManagerEvent::Created { sid, request, .. } => {
                    // The session is that of who asked for it: of this very connection's certificate. Whoever knows
                    // the sid may go on with it (XEP-0124 §15), over this connection or another.
                    let Some((security, _)) = self.waiting.get(&request) else {
                        continue;
                    };
                    let channel = Channel::new(security.clone());
                    let session = ServerSession::new(
                        self.config.clone(),
                        channel,
                        now,
                        Box::new(secure_random()),
                    );
                    self.sessions.insert(sid, session);
                }
                ManagerEvent::Closed { sid, .. } => {
                    self.sessions.remove(&sid);
                }
                _ => {}
            }
        }
        while let Some(response) = self.bosh.poll_response() {
            let Some((_, answer)) = self.waiting.remove(&response.id) else {
                continue;
            };
            let id = response.id;
            match answer.send(response) {
                Ok(()) => self.bosh.handle_written(id),
                Err(_) => self.bosh.handle_lost(now, id),
            }
        }
    }
}
