//! HTTPS without a proxy.

use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;

/// The tables `[tls]` and `[host.tls]` of the TOML file; on the command line each name begins with `tls-`.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct TlsOptions {
    /// A PEM file with the server's certificate and those between it and a root (`fullchain.pem`): the server then
    /// speaks HTTPS, and nothing else. A changed file is read again within a minute, or at once on SIGHUP.
    #[arg(
        id = "tls-certificate",
        long = "tls-certificate",
        value_name = "FILE",
        help_heading = "TLS"
    )]
    pub certificate: Option<PathBuf>,

    /// A PEM file with the certificate's private key (`privkey.pem`).
    #[arg(
        id = "tls-key",
        long = "tls-key",
        value_name = "FILE",
        help_heading = "TLS"
    )]
    pub key: Option<PathBuf>,

    /// A PEM file with certificates of authorities (CA) that say who people are: whoever shows one's own, signed by one of them,
    /// with an XMPP address of the domain in it, may log in by it (SASL EXTERNAL). Nobody has to show any. Read again as the
    /// certificate is.
    #[arg(
        id = "tls-client-ca",
        long = "tls-client-ca",
        value_name = "FILE",
        help_heading = "TLS"
    )]
    pub client_ca: Option<PathBuf>,
}

impl TlsOptions {
    /// Each option from `self`, else from `file`.
    pub(super) fn or(self, file: Self) -> Self {
        Self {
            certificate: self.certificate.or(file.certificate),
            key: self.key.or(file.key),
            client_ca: self.client_ca.or(file.client_ca),
        }
    }
}

/// Where a certificate and its key are, and whose word counts for who clients are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsFiles {
    /// PEM, the server's own certificate first.
    pub certificate: PathBuf,
    /// PEM.
    pub key: PathBuf,
    /// PEM, the authorities that sign clients' certificates; `None`: clients are not asked for any.
    pub client_ca: Option<PathBuf>,
}

impl TlsFiles {
    /// What `options` say; what they leave out is as in `shared`, where the certificate and its key go together.
    pub(super) fn settle(
        options: &TlsOptions,
        shared: Option<&Self>,
    ) -> Result<Option<Self>, String> {
        let (certificate, key) = match (&options.certificate, &options.key, shared) {
            (Some(certificate), Some(key), _) => (certificate, key),
            (Some(_), None, _) => return Err("tls-certificate is given without tls-key".to_owned()),
            (None, Some(_), _) => return Err("tls-key is given without tls-certificate".to_owned()),
            (None, None, Some(shared)) => (&shared.certificate, &shared.key),
            (None, None, None) if options.client_ca.is_some() => {
                return Err(
                    "tls-client-ca is given without tls-certificate and tls-key: clients show certificates only to a server \
                     that speaks TLS itself"
                        .to_owned(),
                );
            }
            (None, None, None) => return Ok(None),
        };
        let client_ca = options.client_ca.as_ref();
        Ok(Some(Self {
            certificate: certificate.clone(),
            key: key.clone(),
            client_ca: client_ca
                .or(shared.and_then(|shared| shared.client_ca.as_ref()))
                .cloned(),
        }))
    }
}
