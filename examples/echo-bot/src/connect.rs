//! Connections: TCP, and TLS on top of it.

use std::{io, path::Path, sync::Arc};

use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{client::legacy::Client as HttpClient, rt::TokioExecutor};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, ClientConnection, RootCertStore, crypto::ring},
};
use xmpp_core::sasl::{
    ChannelBinding, ChannelBindingType, ChannelSecurity, TlsChannel, TlsVersion,
};

use crate::bosh::Http;

/// A byte stream, in clear or not.
pub(crate) trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for T {}

pub(crate) type Stream = Box<dyn ByteStream>;

/// Connects to `host:port`, at its addresses one after the other.
pub(crate) async fn tcp(host: &str, port: u16) -> io::Result<Stream> {
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    Ok(Box::new(stream))
}

/// How TLS is made: whom to trust, and for which domain a certificate has to be valid.
pub(crate) struct Tls {
    config: Arc<ClientConfig>,
    domain: ServerName<'static>,
}

impl Tls {
    /// Trusts the public authorities, or those in the PEM file `ca` in their place.
    pub(crate) fn new(ca: Option<&Path>, domain: &str) -> io::Result<Self> {
        let mut roots = RootCertStore::empty();
        if let Some(file) = ca {
            for certificate in CertificateDer::pem_file_iter(file).map_err(io::Error::other)? {
                roots
                    .add(certificate.map_err(io::Error::other)?)
                    .map_err(io::Error::other)?;
            }
        } else {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let domain = ServerName::try_from(domain.to_owned()).map_err(io::Error::other)?;
        Ok(Self {
            config: Arc::new(config),
            domain,
        })
    }

    /// The handshake. What it gives to the session binds a login to this very connection.
    pub(crate) async fn secure(&self, stream: Stream) -> io::Result<(Stream, ChannelSecurity)> {
        let stream = TlsConnector::from(Arc::clone(&self.config))
            .connect(self.domain.clone(), stream)
            .await?;
        let security = ChannelSecurity::Tls(exporter(stream.get_ref().1));
        Ok((Box::new(stream), security))
    }

    /// An HTTP client that trusts the same.
    pub(crate) fn http(&self) -> Http {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(ClientConfig::clone(&self.config))
            .https_or_http()
            .enable_http1()
            .build();
        HttpClient::builder(TokioExecutor::new()).build(connector)
    }
}

/// The version, which a server may sign, and the channel-binding data of RFC 9266, which is defined for TLS 1.3.
fn exporter(connection: &ClientConnection) -> TlsChannel {
    let Some(version) = connection.protocol_version() else {
        return TlsChannel::new();
    };
    let version = TlsVersion::new(version.into());
    let channel = TlsChannel::new().with_version(version);
    if version < TlsVersion::V1_3 {
        return channel;
    }
    match connection.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", None) {
        Ok(data) => {
            channel.with_binding(ChannelBinding::new(ChannelBindingType::TlsExporter, data))
        }
        Err(_) => channel,
    }
}
