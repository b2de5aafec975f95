//! What is logged, and how.

use clap::{Args, ValueEnum};
use serde::Deserialize;

/// The options of the log beside its filter: `--log-…`, in the TOML file the table `[logs]`.
#[derive(Clone, Copy, Debug, Default, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct LogOptions {
    /// How the log is written: lines to read, or one JSON object a line. [default: text]
    #[arg(
        id = "log-format",
        long = "log-format",
        value_name = "FORMAT",
        value_enum
    )]
    pub format: Option<LogFormat>,

    /// What the log says of clients' addresses. [default: network]
    #[arg(
        id = "log-addresses",
        long = "log-addresses",
        value_name = "HOW",
        value_enum
    )]
    pub addresses: Option<LogAddresses>,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// Lines to read.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What the log says of clients' addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogAddresses {
    /// Nothing.
    None,
    /// The first 24 bits of IPv4 addresses, the first 48 of IPv6 ones.
    #[default]
    Network,
    /// The whole address.
    Full,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Logs {
    /// Its form.
    pub format: LogFormat,
    /// Addresses in it.
    pub addresses: LogAddresses,
}

impl Logs {
    pub(super) fn settle(options: LogOptions) -> Self {
        Self {
            format: options.format.unwrap_or_default(),
            addresses: options.addresses.unwrap_or_default(),
        }
    }
}

impl LogOptions {
    /// Each option from `self`, else from `file`.
    pub(super) fn or(self, file: Self) -> Self {
        Self {
            format: self.format.or(file.format),
            addresses: self.addresses.or(file.addresses),
        }
    }
}
