//! TLS between the two, with a certificate made for the occasion.

use std::{net::TcpStream, sync::Arc};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName},
};

use crate::Error;

/// The two ends' configurations: the client trusts this server's certificate and no other.
#[derive(Clone, Debug)]
pub struct Tls {
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
}

impl Tls {
    /// A new certificate for `domain`.
    ///
    /// # Errors
    ///
    /// No certificate can be made for `domain`.
    pub fn new(domain: &str) -> Result<Self, Error> {
        let made = rcgen::generate_simple_self_signed([domain.to_owned()])?;
        let certificate = made.cert.der().clone();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone())?;
        let provider = Arc::new(ring::default_provider());
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?;
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            server: Arc::new(server),
            client: Arc::new(client),
        })
    }

    /// The server's end of `stream`.
    pub(crate) fn accept(
        &self,
        stream: TcpStream,
    ) -> Result<StreamOwned<ServerConnection, TcpStream>, Error> {
        let connection = ServerConnection::new(Arc::clone(&self.server))?;
        Ok(StreamOwned::new(connection, stream))
    }

    /// The client's end of `stream`, which must show a certificate for `domain`.
    pub(crate) fn connect(
        &self,
        domain: &str,
        stream: TcpStream,
    ) -> Result<StreamOwned<ClientConnection, TcpStream>, Error> {
        let name = ServerName::try_from(domain.to_owned())?;
        let connection = ClientConnection::new(Arc::clone(&self.client), name)?;
        Ok(StreamOwned::new(connection, stream))
    }
}
