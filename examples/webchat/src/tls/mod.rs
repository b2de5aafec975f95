//! HTTPS by certificate files: one certificate, or one for each domain, read again when the files change. Where authorities
//! are named, clients are asked for certificates of their own.

mod files;

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use tokio::{io::AsyncWriteExt as _, net::TcpStream, time::timeout};
use tokio_rustls::{
    LazyConfigAcceptor,
    rustls::{
        ServerConfig, ServerConnection,
        crypto::{CryptoProvider, ring},
        server::Acceptor,
    },
    server::TlsStream,
};

use crate::{
    hub::ClientCertificate,
    options::{Settings, TlsFiles},
};

/// How long a client that is refused is heard out.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Why certificates cannot be used, in a sentence for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TlsError(String);

/// The certificates of a server. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Certificates(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    provider: Arc<CryptoProvider>,
    /// The files and the host names that they are for; the first also for all others.
    files: Vec<(TlsFiles, Vec<String>)>,
    by_name: HashMap<String, usize>,
    /// What each of the files came to.
    loaded: RwLock<Vec<Arc<ServerConfig>>>,
    /// When each file was written that was read last, whether it could be used or not.
    seen: Mutex<Vec<Version>>,
}

/// When a certificate, its key and the authorities were last written.
type Version = [Option<SystemTime>; 3];

/// What a client has shown in the handshake, and who vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vouched {
    /// The file of authorities by which it was verified: it counts for the domains that have this one.
    pub(crate) client_ca: PathBuf,
    pub(crate) certificate: Arc<ClientCertificate>,
}

impl Certificates {
    /// Reads what `settings` name; `None` when they name nothing.
    ///
    /// # Errors
    ///
    /// When a file cannot be used.
    pub(crate) fn load(settings: &Settings) -> Result<Option<Self>, TlsError> {
        let mut files: Vec<_> = settings
            .tls
            .iter()
            .map(|files| (files.clone(), Vec::new()))
            .collect();
        for host in &settings.hosts {
            if let Some(own) = &host.tls
                && host.tls != settings.tls
            {
                files.push((own.clone(), host.names.iter().cloned().collect()));
            }
        }
        if files.is_empty() {
            return Ok(None);
        }
        let names = files.iter().enumerate();
        let this = Self(Arc::new(Shared {
            provider: Arc::new(ring::default_provider()),
            by_name: names
                .flat_map(|(at, (_, names))| names.iter().map(move |name| (name.clone(), at)))
                .collect(),
            files,
            loaded: RwLock::default(),
            seen: Mutex::default(),
        }));
        this.reload()?;
        Ok(Some(this))
    }

    /// Reads the files again. Where one cannot be used, all stays as it was.
    ///
    /// # Errors
    ///
    /// When a file cannot be used.
    pub(crate) fn reload(&self) -> Result<(), TlsError> {
        let shared = &*self.0;
        // Looked at before the content, so that what changes meanwhile is seen the next time.
        *shared.seen.lock().unwrap_or_else(PoisonError::into_inner) = shared.versions();
        let files = shared.files.iter();
        let loaded = files
            .map(|(files, _)| files::server_config(files, &shared.provider))
            .collect::<Result<_, _>>()?;
        *shared
            .loaded
            .write()
            .unwrap_or_else(PoisonError::into_inner) = loaded;
        Ok(())
    }

    /// Whether a file has changed since it was last read.
    pub(crate) fn have_changed(&self) -> bool {
        *self.0.seen.lock().unwrap_or_else(PoisonError::into_inner) != self.0.versions()
    }

    /// The handshake, with the certificate for the name that the client asks for (SNI); and what the client has shown itself,
    /// if it has.
    ///
    /// # Errors
    ///
    /// When there is no TLS, which a client is told that shows a certificate which is not good.
    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
    ) -> io::Result<(TlsStream<TcpStream>, Option<Arc<Vouched>>)> {
        let hello = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        let (config, client_ca) = self
            .0
            .of(hello.client_hello().server_name())
            .ok_or_else(|| io::Error::other("no certificate"))?;
        match hello.into_stream(config).into_fallible().await {
            Ok(stream) => {
                let vouched = client_ca.and_then(|ca| vouched(ca, stream.get_ref().1));
                Ok((stream, vouched.map(Arc::new)))
            }
            Err((error, mut stream)) => {
                if client_ca.is_some() {
                    // A connection that is closed over unread bytes is reset, and the client would never read why.
                    let heard_out = async {
                        stream.shutdown().await?;
                        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
                    };
                    let _ = timeout(LAST_WORDS, heard_out).await;
                }
                Err(error)
            }
        }
    }
}

impl Shared {
    fn versions(&self) -> Vec<Version> {
        let written = |path: &PathBuf| fs::metadata(path).ok()?.modified().ok();
        let files = self.files.iter().map(|(files, _)| files);
        files
            .map(|files| {
                [
                    written(&files.certificate),
                    written(&files.key),
                    files.client_ca.as_ref().and_then(written),
                ]
            })
            .collect()
    }

    /// How a connection to `name` is taken, and the authorities by which its client is known.
    fn of(&self, name: Option<&str>) -> Option<(Arc<ServerConfig>, Option<&Path>)> {
        let name = name.map(str::to_ascii_lowercase);
        let at = name.and_then(|name| self.by_name.get(&name).copied());
        let at = at.unwrap_or(0);
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        let client_ca = self.files.get(at)?.0.client_ca.as_deref();
        Some((loaded.get(at)?.clone(), client_ca))
    }
}

/// The certificate that the client has shown, which the handshake has verified; `None` also for one whose names cannot be
/// read, which names nobody.
fn vouched(client_ca: &Path, connection: &ServerConnection) -> Option<Vouched> {
    let shown = connection.peer_certificates()?.first()?;
    let certificate = ClientCertificate::from_der(shown)
        .inspect_err(|error| tracing::debug!(%error, "a client's certificate cannot be read"))
        .ok()?;
    Some(Vouched {
        client_ca: client_ca.to_owned(),
        certificate: Arc::new(certificate),
    })
}
