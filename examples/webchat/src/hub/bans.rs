//! Addresses that may not come in.

use std::{collections::BTreeMap, fmt, net::IpAddr, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};
use xmpp_core::{Timestamp, stream::StreamErrorCondition};

use super::{Hub, Key, Output, census};

/// Bans on record.
const MAX_BANS: usize = 10_000;

/// What one subscriber has: an IPv4 address, or an IPv6 /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Network(IpAddr);

impl Network {
    /// That of `address`; `None` for loopback.
    pub(super) fn of(address: IpAddr) -> Option<Self> {
        census::network(address).map(Self)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => address.fmt(f),
            IpAddr::V6(prefix) => write!(f, "{prefix}/64"),
        }
    }
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let address = text.strip_suffix("/64").unwrap_or(text);
        Self::of(address.parse().map_err(|_| ())?).ok_or(())
    }
}

/// A ban.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ban {
    /// When it ends; `None` for never.
    pub(super) until: Option<Timestamp>,
    pub(super) reason: String,
}

/// Who may not come in.
#[derive(Debug, Default)]
pub(super) struct Bans(BTreeMap<Network, Ban>);

/// A ban as it is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    address: String,
    /// Milliseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<u64>,
    #[serde(default)]
    reason: String,
}

impl Bans {
    /// Whether somebody from `address` may not come in.
    pub(super) fn holds(&self, now: Timestamp, address: IpAddr) -> bool {
        let ban = Network::of(address).and_then(|network| self.0.get(&network));
        ban.is_some_and(|ban| ban.is_in_force(now))
    }

    /// Those in force.
    pub(super) fn iter(&self, now: Timestamp) -> impl Iterator<Item = (&Network, &Ban)> {
        self.0.iter().filter(move |(_, ban)| ban.is_in_force(now))
    }

    fn insert(&mut self, now: Timestamp, network: Network, ban: Ban) -> Result<(), String> {
        self.0.retain(|_, ban| ban.is_in_force(now));
        if self.0.len() >= MAX_BANS && !self.0.contains_key(&network) {
            return Err(format!("there are {MAX_BANS} bans, which is the most"));
        }
        self.0.insert(network, ban);
        Ok(())
    }

    fn to_json(&self, now: Timestamp) -> String {
        let stored: Vec<Stored> = self
            .iter(now)
            .map(|(network, ban)| Stored {
                address: network.to_string(),
                until: ban.until.map(Timestamp::as_millis),
                reason: ban.reason.clone(),
            })
            .collect();
        serde_json::to_string_pretty(&stored).expect("texts and numbers")
    }

    fn from_json(text: &str) -> Result<Self, String> {
        let stored: Vec<Stored> = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let mut bans = BTreeMap::new();
        for ban in stored {
            let address = ban.address.as_str();
            let network = Network::from_str(address)
                .map_err(|()| format!("'{address}' is no address that can be banned"))?;
            let ban = Ban {
                until: ban.until.map(Timestamp::from_millis),
                reason: ban.reason,
            };
            bans.insert(network, ban);
        }
        Ok(Self(bans))
    }
}

impl Ban {
    fn is_in_force(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

impl Hub {
    /// Takes the bans that were kept with [`Output::KeepBans`] before the server was started.
    ///
    /// # Errors
    ///
    /// What about the text cannot be read.
    pub fn load_bans(&mut self, text: &str) -> Result<(), String> {
        self.bans = Bans::from_json(text)?;
        Ok(())
    }

    /// Bans a network and ends the sessions that come from there; how many.
    pub(super) fn ban(
        &mut self,
        network: Network,
        duration: Option<Duration>,
        reason: &str,
    ) -> Result<usize, String> {
        let ban = Ban {
            until: duration.map(|duration| self.now.saturating_add(duration)),
            reason: reason.to_owned(),
        };
        self.bans.insert(self.now, network, ban)?;
        self.keep_bans();
        let from_there = |key: &Key| {
            let address = self.clients.get(key).map(|client| client.address);
            address.and_then(Network::of) == Some(network) && !self.is_admin(*key)
        };
        let keys: Vec<Key> = self.clients.keys().copied().filter(from_there).collect();
        let number = keys.len();
        for key in keys {
            self.end(key, StreamErrorCondition::PolicyViolation.into());
        }
        Ok(number)
    }

    /// Lets a network in again; whether it was banned.
    pub(super) fn unban(&mut self, network: Network) -> bool {
        let banned = self.bans.0.remove(&network).is_some();
        if banned {
            self.keep_bans();
        }
        banned
    }

    fn keep_bans(&mut self) {
        let text = self.bans.to_json(self.now);
        self.outputs.push_back(Output::KeepBans(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_ban_is_for_a_network_and_a_time() {
        let at = Timestamp::from_millis;
        let mut bans = Bans::default();
        for (address, until) in [("192.0.2.1", None), ("2001:db8::7", Some(at(5000)))] {
            let network = Network::of(ip(address)).expect("not loopback");
            let reason = "spam".to_owned();
            bans.insert(at(0), network, Ban { until, reason })
                .expect("room");
        }
        let read = Bans::from_json(&bans.to_json(at(0))).expect("our own text");
        for bans in [&bans, &read] {
            assert!(bans.holds(at(4999), ip("::ffff:192.0.2.1")));
            assert!(!bans.holds(at(4999), ip("192.0.2.2")));
            assert!(bans.holds(at(4999), ip("2001:db8::1:2:3:4")));
            assert!(!bans.holds(at(5000), ip("2001:db8::1:2:3:4")));
            assert!(!bans.holds(at(4999), ip("2001:db8:0:1::1")));
            assert!(!bans.holds(at(4999), ip("127.0.0.1")));
        }
        assert_eq!(bans.iter(at(5000)).count(), 1);
        assert!(!bans.to_json(at(5000)).contains("2001"));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (text, wanted) in [
            ("[{\"address\": \"here\"}]", "'here'"),
            ("[{\"address\": \"127.0.0.1\"}]", "'127.0.0.1'"),
            ("{", "sequence"),
        ] {
            let error = Bans::from_json(text).expect_err(text);
            assert!(error.contains(wanted), "{error}");
        }
    }
}
