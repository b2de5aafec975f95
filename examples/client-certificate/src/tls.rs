//! TLS that asks for certificates, and what it tells the XMPP session about the channel.

use std::sync::Arc;

use rustls_pki_types::CertificateDer;
use tokio_rustls::rustls::{
    ClientConfig, ConnectionCommon, RootCertStore, ServerConfig, crypto::ring,
    server::WebPkiClientVerifier,
};
use xmpp_core::sasl::{Certificate, ChannelSecurity, TlsChannel};

use crate::{Error, authority::Certified};

/// A server that shows `own`, and asks clients for a certificate that `trusted` has signed. They may come without one;
/// one that is expired or signed by somebody else ends the handshake.
pub(crate) fn server(
    own: &Certified,
    trusted: CertificateDer<'static>,
) -> Result<Arc<ServerConfig>, Error> {
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(roots(trusted)?, provider.clone())
        .allow_unauthenticated()
        .build()?;
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![own.certificate.clone()], own.key())?;
    Ok(Arc::new(config))
}

/// A client that believes servers whose certificate `trusted` has signed, and shows its `own` if it has one.
pub(crate) fn client(
    own: Option<&Certified>,
    trusted: CertificateDer<'static>,
) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots(trusted)?);
    Ok(match own {
        Some(own) => builder.with_client_auth_cert(vec![own.certificate.clone()], own.key())?,
        None => builder.with_no_client_auth(),
    })
}

fn roots(trusted: CertificateDer<'static>) -> Result<Arc<RootCertStore>, Error> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted)?;
    Ok(Arc::new(roots))
}

/// What a server's session is told: who the client is, by the certificate that was just verified.
pub(crate) fn security_of_server<T>(connection: &ConnectionCommon<T>) -> ChannelSecurity {
    let mut channel = TlsChannel::new();
    let shown = connection.peer_certificates().and_then(<[_]>::first);
    // One whose names cannot be read names nobody: then EXTERNAL is not offered.
    if let Some(certificate) = shown
        && let Ok(peer) = Certificate::from_der(certificate).and_then(|read| read.peer())
    {
        channel = channel.with_verified_peer(peer);
    }
    ChannelSecurity::Tls(channel)
}

/// What a client's session is told: how the server's certificate binds the channel, for the mechanisms with passwords.
/// That the client has shown a certificate is said by its credentials.
pub(crate) fn security_of_client<T>(connection: &ConnectionCommon<T>) -> ChannelSecurity {
    let shown = connection.peer_certificates().and_then(<[_]>::first);
    let read = shown.and_then(|certificate| Certificate::from_der(certificate).ok());
    let channel = TlsChannel::new();
    ChannelSecurity::Tls(match read.map(|certificate| certificate.end_point()) {
        Some(Ok(binding)) => channel.with_binding(binding),
        _ => channel,
    })
}
