//! The listener, its connections, and their end.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, Semaphore, mpsc, watch},
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::server::TlsStream;

use crate::{
    Clock,
    driver::{self, HubHandle},
    http::{self, Alive, Front, Neighbour, Uploads},
    hub::{Census, Hub},
    logs::Shown,
    metrics::{self, Requests},
    options::{HostSettings, PublicUrl, Settings},
    secure_random,
    site_check::SiteCheck,
    store::{Database, OpenError, Retention},
    tls::{Certificates, TlsError},
    upkeep::Upkeep,
    upload,
};

/// Time within which TLS must have been agreed on.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How often certificate files are looked at.
const CERTIFICATE_CHECK: Duration = Duration::from_mins(1);
/// Time for the last answers to be written, after the sessions are gone.
const LAST_ANSWERS: Duration = Duration::from_millis(500);

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The list of bans cannot be read.
    #[error("{0}")]
    Bans(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address that was asked for.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// Uploaded files cannot be kept: their folder or their key cannot be used.
    #[error(transparent)]
    Upload(Box<dyn std::error::Error + Send + Sync>),
    /// The certificates cannot be used.
    #[error("no TLS: {0}")]
    Tls(#[from] TlsError),
    /// What is stored cannot be used.
    #[error(transparent)]
    Store(#[from] OpenError),
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    hubs: Vec<HubHandle>,
    certificates: Option<Certificates>,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
    connections: mpsc::Receiver<()>,
    grace: Duration,
    asked_to_stop: Arc<Notify>,
    metrics: Option<(SocketAddr, JoinHandle<()>)>,
}

impl Server {
    /// Starts a server on the current runtime.
    ///
    /// # Errors
    ///
    /// [`StartError::Listen`] when the address is wrong or taken, [`StartError::Tls`] when certificates are wrong,
    /// [`StartError::Store`] when what is stored cannot be used.
    pub async fn start(settings: &Settings) -> Result<Self, StartError> {
        let certificates = Certificates::load(settings)?;
        let fail = |source| StartError::Listen {
            address: settings.listen.clone(),
            source,
        };
        let listener = TcpListener::bind(&settings.listen).await.map_err(fail)?;
        let address = listener.local_addr().map_err(fail)?;
        let clock = Clock::start();
        // Every host has the same limits: those of the server.
        let census = Census::new(&settings.hosts[0].limits);
        let (mut hubs, mut sites) = (Vec::new(), Vec::new());
        // Who opens the server by its own address gets the first host.
        let mut local = address
            .ip()
            .is_loopback()
            .then(|| PublicUrl::local(address, certificates.is_some()));
        let asked_to_stop = Arc::new(Notify::new());
        for host in &settings.hosts {
            let random = || Box::new(secure_random()) as Box<_>;
            // First of all, for it keeps other processes out of the folder.
            let database = open_store(host)?;
            let mut hub = Hub::among(census.clone(), host, random, clock.now());
            let public = host.public_url.clone().or(local.take());
            let opened = upload::open(host, public.as_ref(), clock)
                .await
                .map_err(|source| StartError::Upload(source.into()))?;
            let uploads = opened.map(|opened| {
                hub.add_upload(opened.issuer, opened.folder.usage());
                Uploads::new(opened.folder, opened.key, clock)
            });
            let upkeep = Upkeep::new(host.data.as_deref(), asked_to_stop.clone());
            if let Some(text) = upkeep.bans().map_err(StartError::Bans)? {
                hub.load_bans(&text)
                    .map_err(|e| StartError::Bans(format!("bans.json: {e}")))?;
            }
            let hub = with_store(hub, upkeep, database, host, clock)?;
            sites.push(http::site(host, uploads, hub.clone()));
            hubs.push(hub);
            tracing::info!(domain = host.domain, "serving");
        }
        let requests = Requests::default();
        let metrics = match &settings.metrics_listen {
            None => None,
            Some(listen) => {
                let served = metrics::serve(listen, hubs.clone(), requests.clone()).await;
                Some(served.map_err(|source| StartError::Listen {
                    address: listen.clone(),
                    source,
                })?)
            }
        };
        let (stop, stopped) = watch::channel(false);
        // Every connection holds a sender; when all are gone, so are the connections.
        let (alive, connections) = mpsc::channel(1);
        let acceptor = Acceptor {
            front: Arc::new(Front::new(
                settings,
                sites,
                address.ip().is_loopback(),
                requests.clone(),
                clock,
            )),
            room: Arc::new(Semaphore::new(settings.max_connections)),
            tls: certificates.clone(),
            stopped,
            alive,
        };
        tracing::info!(%address, https = acceptor.tls.is_some(), "listening");
        if let Some(certificates) = certificates.clone() {
            tokio::spawn(watch_certificates(certificates, acceptor.stopped.clone()));
        }
        Ok(Self {
            address,
            hubs,
            certificates,
            stop,
            accepting: tokio::spawn(acceptor.run(listener)),
            connections,
            grace: settings.shutdown_grace,
            asked_to_stop,
            metrics,
        })
    }

    /// The address it listens on, with the port that was free.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The link to open in a browser.
    pub fn link(&self) -> String {
        PublicUrl::local(self.address, self.certificates.is_some()).to_string()
    }

    /// Reads the certificate files again, if there are any; what cannot be used is logged, and the old ones serve on.
    pub fn reload_certificates(&self) {
        if let Some(certificates) = &self.certificates {
            reload(certificates);
        }
    }

    /// Where `/metrics` is, if it is served.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(|(address, _)| *address)
    }

    /// Returns when the admin wants the server to end.
    pub async fn asked_to_stop(&self) {
        self.asked_to_stop.notified().await;
    }

    /// Ends the server: nobody new is let in, every session gets its farewell (`system-shutdown`, rooms 332) and some
    /// time to take it.
    pub async fn stop(mut self) {
        tracing::info!("shutting down");
        // Clients that are between two requests still come for their farewell.
        let farewells = join_all(self.hubs.iter().map(HubHandle::shut_down));
        if timeout(self.grace, farewells).await.is_err() {
            tracing::info!("some sessions did not take their farewell in time");
        }
        self.accepting.abort();
        if let Some((_, metrics)) = &self.metrics {
            metrics.abort();
        }
        // Idle connections end now, others with their answer.
        let _ = self.stop.send(true);
        if timeout(LAST_ANSWERS, self.connections.recv())
            .await
            .is_err()
        {
            tracing::debug!("some connections did not end in time");
        }
        // All that was seen is on the disk already; this makes it one file.
        join_all(self.hubs.iter().map(HubHandle::close_store)).await;
        tracing::info!("stopped");
    }
}

/// What is stored of a domain's rooms.
fn open_store(host: &HostSettings) -> Result<Database, OpenError> {
    match &host.data {
        Some(folder) => Database::open(folder),
        None => Ok(Database::in_memory()),
    }
}

/// Puts back the rooms that are stored and sets the hub to work.
fn with_store(
    mut hub: Hub,
    upkeep: Upkeep,
    database: Database,
    host: &HostSettings,
    clock: Clock,
) -> Result<HubHandle, OpenError> {
    let rooms = database.rooms(host.limits.history, clock.now())?;
    if !rooms.is_empty() {
        tracing::info!(
            domain = host.domain,
            rooms = rooms.len(),
            "rooms found again"
        );
    }
    hub.restore(clock.now(), rooms);
    hub.declare_rooms();
    let retention = Retention {
        age: host.archive.age,
        messages: host.archive.messages,
    };
    let check = host.sign_on.as_ref().and_then(|on| on.check.as_ref());
    let site = check.map(|check| SiteCheck::new(check, &host.domain));
    driver::start(hub, clock, upkeep, database, retention, site)
}

struct Acceptor {
    front: Arc<Front>,
    room: Arc<Semaphore>,
    tls: Option<Certificates>,
    stopped: watch::Receiver<bool>,
    alive: mpsc::Sender<()>,
}

impl Acceptor {
    async fn run(self, listener: TcpListener) {
        loop {
            let Ok(permit) = self.room.clone().acquire_owned().await else {
                return;
            };
            let (stream, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, most likely: let some connections end first.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let front = self.front.clone();
            let stopped = self.stopped.clone();
            let alive = Alive::new(permit, self.alive.clone());
            // Answers are small and awaited.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "no TCP_NODELAY");
            }
            let neighbour = Neighbour {
                address: peer.ip().to_canonical(),
                tls: self.tls.is_some(),
                vouched: None,
            };
            // A task is as large as the largest thing it may become: two kinds, and most of them wait for a request without TLS.
            match self.tls.clone() {
                None => tokio::spawn(http::serve(stream, neighbour, front, stopped, alive)),
                Some(tls) => tokio::spawn(async move {
                    let address = neighbour.address;
                    match shake_hands(&tls, stream, neighbour).await {
                        Ok((stream, neighbour)) => {
                            http::serve(stream, neighbour, front, stopped, alive).await;
                        }
                        Err(error) => {
                            tracing::debug!(%error, peer = %Shown(address), "no TLS handshake");
                        }
                    }
                }),
            };
        }
    }
}

/// Agrees on TLS. Boxed is what the task should not have the room for while it serves.
async fn shake_hands(
    tls: &Certificates,
    stream: TcpStream,
    neighbour: Neighbour,
) -> io::Result<(Box<TlsStream<TcpStream>>, Neighbour)> {
    let accepted = Box::pin(timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)));
    let (stream, vouched) = accepted
        .await
        .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "it took too long"))??;
    let neighbour = Neighbour {
        vouched,
        ..neighbour
    };
    Ok((Box::new(stream), neighbour))
}

fn reload(certificates: &Certificates) {
    match certificates.reload() {
        Ok(()) => tracing::info!("certificates read again"),
        Err(error) => tracing::error!(%error, "the certificates stay as they were"),
    }
}

/// Reads certificate files again when they have changed, until the server stops.
async fn watch_certificates(certificates: Certificates, mut stopped: watch::Receiver<bool>) {
    while timeout(CERTIFICATE_CHECK, stopped.wait_for(|stopped| *stopped))
        .await
        .is_err()
    {
        if certificates.have_changed() {
            reload(&certificates);
        }
    }
}
