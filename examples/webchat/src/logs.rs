//! The log: to stderr, structured, without what people write to each other.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::atomic::{AtomicU8, Ordering},
};

use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::options::{LogAddresses, LogFormat, Logs, Settings};

static ADDRESSES: AtomicU8 = AtomicU8::new(NETWORK);
const NONE: u8 = 0;
const NETWORK: u8 = 1;
const FULL: u8 = 2;

/// Starts logging to `writer`, as the settings say.
///
/// # Errors
///
/// A sentence for the user: what about the filter cannot be read, or that there is a log already.
pub fn start<W>(settings: &Settings, writer: W) -> Result<(), String>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse(&settings.log);
    let filter = filter.map_err(|error| format!("--log '{}': {error}", settings.log))?;
    let Logs { format, addresses } = settings.logs;
    let how = match addresses {
        LogAddresses::None => NONE,
        LogAddresses::Network => NETWORK,
        LogAddresses::Full => FULL,
    };
    ADDRESSES.store(how, Ordering::Relaxed);
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    let started = match format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| error.to_string())
}

/// An address as the log may show it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown(pub(crate) IpAddr);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match ADDRESSES.load(Ordering::Relaxed) {
            NONE => f.write_str("-"),
            FULL => self.0.fmt(f),
            _ => shortened(self.0).fmt(f),
        }
    }
}

/// The part of an address that does not tell who it is.
fn shortened(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => Ipv4Addr::from(u32::from(address) & (u32::MAX << 8)).into(),
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) & (u128::MAX << 80)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shortened() {
        for (address, shown) in [
            ("192.0.2.77", "192.0.2.0"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
            ("::ffff:192.0.2.77", "192.0.2.0"),
        ] {
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(shortened(address).to_string(), shown);
        }
    }
}
