//! HTTPS by certificate files: one certificate, or one for each domain, read again when the files change.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::SystemTime,
};

use rustls_pki_types::{
    CertificateDer, PrivateKeyDer,
    pem::{self, PemObject as _},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::{CryptoProvider, ring},
        server::{ClientHello, ResolvesServerCert},
        sign::CertifiedKey,
    },
};

use crate::options::{Settings, TlsFiles};

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
    loaded: RwLock<Loaded>,
    /// When each file was written that was read last, whether it could be used or not.
    seen: Mutex<Vec<Version>>,
}

#[derive(Debug, Default)]
struct Loaded {
    keys: Vec<Arc<CertifiedKey>>,
    by_name: HashMap<String, usize>,
}

/// When a certificate and its key were last written.
type Version = [Option<SystemTime>; 2];

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
            if let Some(own) = &host.tls {
                files.push((own.clone(), host.names.iter().cloned().collect()));
            }
        }
        if files.is_empty() {
            return Ok(None);
        }
        let this = Self(Arc::new(Shared {
            provider: Arc::new(ring::default_provider()),
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
        let mut loaded = Loaded::default();
        for (at, (files, names)) in shared.files.iter().enumerate() {
            loaded
                .keys
                .push(Arc::new(certified_key(files, &shared.provider)?));
            let names = names.iter().map(|name| (name.clone(), at));
            loaded.by_name.extend(names);
        }
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

    /// What takes connections with them.
    ///
    /// # Errors
    ///
    /// When the cryptography lacks what TLS 1.2 and 1.3 need: never with the one that is built in.
    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let provider = self.0.provider.clone();
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError(error.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(self.clone()));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config).into())
    }
}

impl Shared {
    fn versions(&self) -> Vec<Version> {
        let files = self.files.iter().map(|(files, _)| files);
        files
            .map(|files| {
                [&files.certificate, &files.key]
                    .map(|path| fs::metadata(path).ok()?.modified().ok())
            })
            .collect()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let loaded = self.0.loaded.read().unwrap_or_else(PoisonError::into_inner);
        let name = hello.server_name().map(str::to_ascii_lowercase);
        let at = name.and_then(|name| loaded.by_name.get(&name).copied());
        loaded.keys.get(at.unwrap_or(0)).cloned()
    }
}

/// The certificate and the key, if they can be used and belong together.
fn certified_key(files: &TlsFiles, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let (certificate, key) = (files.certificate.display(), files.key.display());
    let wrong = |words: String| TlsError(words);
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&read(&files.certificate)?)
        .collect::<Result<_, _>>()
        .map_err(|error| wrong(format!("'{certificate}' is no PEM file: {error}")))?;
    if chain.is_empty() {
        return Err(wrong(format!(
            "'{certificate}' holds no certificate: a PEM file with BEGIN CERTIFICATE is wanted"
        )));
    }
    let pem = read(&files.key)?;
    let private = PrivateKeyDer::from_pem_slice(&pem).map_err(|error| {
        wrong(match error {
            _ if contains(&pem, b"ENCRYPTED PRIVATE KEY")
                || contains(&pem, b"Proc-Type: 4,ENCRYPTED") =>
            {
                format!("the key in '{key}' has a password: one without is wanted")
            }
            pem::Error::NoItemsFound => {
                format!("'{key}' holds no private key: a PEM file with BEGIN PRIVATE KEY is wanted")
            }
            error => format!("'{key}' is no PEM file: {error}"),
        })
    })?;
    CertifiedKey::from_der(chain, private, provider).map_err(|error| {
        wrong(match error {
            rustls::Error::InconsistentKeys(_) => format!(
                "the key in '{key}' does not belong to the first certificate in '{certificate}'"
            ),
            rustls::Error::InvalidCertificate(_) => {
                format!("the first certificate in '{certificate}' cannot be used: {error}")
            }
            error => format!("the key in '{key}' cannot be used: {error}"),
        })
    })
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|error| TlsError(format!("cannot read '{}': {error}", path.display())))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
