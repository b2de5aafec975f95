//! What stands in the files, for the TLS library.

use std::{fs, path::Path, sync::Arc};

use rustls_pki_types::{
    CertificateDer, PrivateKeyDer,
    pem::{self, PemObject as _},
};
use tokio_rustls::rustls::{
    self, RootCertStore, ServerConfig,
    crypto::CryptoProvider,
    server::{NoServerSessionStorage, WebPkiClientVerifier, danger::ClientCertVerifier},
    sign::{CertifiedKey, SingleCertAndKey},
};

use super::TlsError;
use crate::options::TlsFiles;

/// How connections are taken with these files.
///
/// # Errors
///
/// When a file cannot be used.
pub(super) fn server_config(
    files: &TlsFiles,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let own = certified_key(files, provider)?;
    let config = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        // Never with the cryptography that is built in.
        .map_err(|error| TlsError(error.to_string()))?;
    let config = match &files.client_ca {
        Some(path) => config.with_client_cert_verifier(client_verifier(path, provider)?),
        None => config.with_no_client_auth(),
    };
    let mut config = config.with_cert_resolver(Arc::new(SingleCertAndKey::from(own)));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    if files.client_ca.is_some() {
        // A resumed connection has the certificate of the one before, which nobody verifies again: not that it has expired
        // meanwhile, nor that its authority is no longer trusted.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
    }
    Ok(Arc::new(config))
}

/// The certificate and the key, if they can be used and belong together.
fn certified_key(files: &TlsFiles, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let (certificate, key) = (files.certificate.display(), files.key.display());
    let wrong = |words: String| TlsError(words);
    let chain = certificates(&files.certificate)?;
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

/// What verifies certificates of clients that show one, by the authorities in this file.
fn client_verifier(
    path: &Path,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let shown = path.display();
    let mut roots = RootCertStore::empty();
    for (n, certificate) in certificates(path)?.into_iter().enumerate() {
        let n = n + 1;
        // TLS libraries let any certificate sign that they are told to trust: a user's own would make its owner everybody.
        if !is_authority(&certificate) {
            return Err(TlsError(format!(
                "certificate {n} in '{shown}' is none of an authority (basicConstraints CA:TRUE): who has its key could be \
                 anybody"
            )));
        }
        roots.add(certificate).map_err(|error| {
            TlsError(format!(
                "certificate {n} in '{shown}' cannot be used: {error}"
            ))
        })?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .allow_unauthenticated()
        .build()
        .map_err(|error| TlsError(format!("'{shown}' cannot be used: {error}")))
}

/// Whether a certificate may sign others (RFC 5280 §4.2.1.9). What is no certificate may not.
fn is_authority(certificate: &CertificateDer<'_>) -> bool {
    x509_parser::parse_x509_certificate(certificate).is_ok_and(|(_, read)| read.is_ca())
}

/// The certificates in a PEM file, one at least.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let shown = path.display();
    let found: Vec<_> = CertificateDer::pem_slice_iter(&read(path)?)
        .collect::<Result<_, _>>()
        .map_err(|error| TlsError(format!("'{shown}' is no PEM file: {error}")))?;
    if found.is_empty() {
        return Err(TlsError(format!(
            "'{shown}' holds no certificate: a PEM file with BEGIN CERTIFICATE is wanted"
        )));
    }
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|error| TlsError(format!("cannot read '{}': {error}", path.display())))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
