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
}

impl TlsOptions {
    /// Each option from `self`, else from `file`.
    pub(super) fn or(self, file: Self) -> Self {
        Self {
            certificate: self.certificate.or(file.certificate),
            key: self.key.or(file.key),
        }
    }
}

/// Where a certificate and its key are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsFiles {
    /// PEM, the server's own certificate first.
    pub certificate: PathBuf,
    /// PEM.
    pub key: PathBuf,
}

impl TlsFiles {
    pub(super) fn settle(options: &TlsOptions) -> Result<Option<Self>, String> {
        match (options.certificate.clone(), options.key.clone()) {
            (Some(certificate), Some(key)) => Ok(Some(Self { certificate, key })),
            (None, None) => Ok(None),
            (Some(_), None) => Err("tls-certificate is given without tls-key".to_owned()),
            (None, Some(_)) => Err("tls-key is given without tls-certificate".to_owned()),
        }
    }
}
