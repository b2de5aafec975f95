//! Who gets a slot.

use std::{collections::HashMap, net::IpAddr};

use xmpp_core::{Random, StanzaError, StanzaErrorCondition, StanzaErrorType, Timestamp};
use xmpp_stanza::{
    DateTime, FileTooLarge, UploadEphemeral, UploadPurpose, UploadRequest, UploadRetry, UploadSlot,
};

use super::{BadName, FileName, MediaType, Slot, SlotKey, UploadId, quota::Granted};
use crate::options::UploadLimits;

/// Networks and sessions with an entry, whether it still counts or not, before those are looked for that do not.
const FIRST_SWEEP: usize = 64;

/// Grants slots: a machine without I/O, which keeps count of what it has granted to whom.
#[derive(Debug)]
pub struct Issuer {
    key: SlotKey,
    base: String,
    limits: UploadLimits,
    by_session: HashMap<u64, Granted>,
    by_network: HashMap<IpAddr, Granted>,
    sweep_at: usize,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker {
    /// The session, by a number that no other session has or had.
    pub session: u64,
    /// What its quota goes by beside the session's: one subscriber's addresses. `None` where nobody can be told apart.
    pub network: Option<IpAddr>,
}

/// Why there is no slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A name that is none.
    #[error(transparent)]
    Name(#[from] BadName),
    /// A `content-type` that is none.
    #[error("the content-type is none")]
    Type,
    /// No bytes.
    #[error("the file is empty")]
    Empty,
    /// More than one file may have.
    #[error("the file is larger than {max} bytes")]
    TooLarge {
        /// The most bytes.
        max: u64,
    },
    /// The asker has had enough for now.
    #[error("the quota is used up for now")]
    Quota {
        /// When this request would be granted, if there are no others.
        retry: Timestamp,
    },
    /// The store has no place until something expires.
    #[error("the store is full for now")]
    Full,
    /// A purpose that this service does not have (XEP-0363 §5).
    #[error("files are kept for messages only")]
    Purpose,
    /// A time until which the file may be kept that is missing or past.
    #[error("expire-before is not in the future")]
    Expiry,
}

impl Issuer {
    /// An issuer of slots under the public URL `base`, which ends in `/`.
    pub fn new(key: SlotKey, base: String, limits: UploadLimits) -> Self {
        Self {
            key,
            base,
            limits,
            by_session: HashMap::new(),
            by_network: HashMap::new(),
            sweep_at: FIRST_SWEEP,
        }
    }

    /// The most bytes of one file.
    pub fn max_file_size(&self) -> u64 {
        self.limits.file_bytes
    }

    /// A slot for `request`, while `stored` bytes are in the store.
    ///
    /// # Errors
    ///
    /// [`Refusal`] says why not. What was refused counts against no quota.
    pub fn request(
        &mut self,
        now: Timestamp,
        random: &mut (impl Random + ?Sized),
        asker: Asker,
        stored: u64,
        request: &UploadRequest,
    ) -> Result<UploadSlot, Refusal> {
        let slot = self.slot(now, random, request)?;
        if stored.saturating_add(slot.size) > self.limits.total_bytes {
            return Err(Refusal::Full);
        }
        self.charge(now, asker, slot.size)?;
        Ok(UploadSlot::new(
            slot.put_url(&self.base, &self.key),
            slot.get_url(&self.base),
        ))
    }

    /// The session `session` is over; its quota goes with it, that of its address stays.
    pub fn session_ended(&mut self, session: u64) {
        self.by_session.remove(&session);
    }

    /// What would be granted.
    fn slot(
        &self,
        now: Timestamp,
        random: &mut (impl Random + ?Sized),
        request: &UploadRequest,
    ) -> Result<Slot, Refusal> {
        let name = FileName::new(&request.filename)?;
        let media_type = match &request.content_type {
            Some(given) => MediaType::parse(given).ok_or(Refusal::Type)?,
            None => MediaType::octet_stream(),
        };
        let max = self.limits.file_bytes;
        match request.size {
            0 => return Err(Refusal::Empty),
            size if size > max => return Err(Refusal::TooLarge { max }),
            _ => {}
        }
        let until = match &request.purpose {
            None | Some(UploadPurpose::Message) => None,
            Some(UploadPurpose::Ephemeral(UploadEphemeral { expire_before })) => {
                let until = expire_before.map(DateTime::timestamp);
                Some(until.filter(|at| *at > now).ok_or(Refusal::Expiry)?)
            }
            Some(UploadPurpose::Profile | UploadPurpose::Permanent) => {
                return Err(Refusal::Purpose);
            }
        };
        let expires = now.saturating_add(self.limits.slot_validity);
        Ok(Slot {
            id: UploadId::generate(random),
            name,
            size: request.size,
            media_type,
            expires: until.map_or(expires, |until| until.min(expires)),
            until,
        })
    }

    /// Counts `size` bytes against the quotas of `asker`, if both have them.
    fn charge(&mut self, now: Timestamp, asker: Asker, size: u64) -> Result<(), Refusal> {
        self.sweep(now);
        let session = self.by_session.entry(asker.session).or_default();
        let network = asker
            .network
            .map(|network| self.by_network.entry(network).or_default());
        let mut charged = vec![(session, &self.limits.session)];
        charged.extend(network.map(|granted| (granted, &self.limits.address)));
        let mut retry = None;
        for (granted, quota) in &mut charged {
            granted.forget(now, quota);
            retry = retry.max(granted.fits_at(quota, size));
        }
        if let Some(retry) = retry {
            return Err(Refusal::Quota { retry });
        }
        for (granted, _) in charged {
            granted.add(now, size);
        }
        Ok(())
    }

    /// Removes the entries in which nothing counts any more, each time there are twice as many as there were.
    fn sweep(&mut self, now: Timestamp) {
        if self.by_session.len() + self.by_network.len() < self.sweep_at {
            return;
        }
        for (granted, quota) in [
            (&mut self.by_session as &mut dyn Sweep, &self.limits.session),
            (&mut self.by_network, &self.limits.address),
        ] {
            granted.sweep(now, quota);
        }
        let left = self.by_session.len() + self.by_network.len();
        self.sweep_at = FIRST_SWEEP.max(2 * left);
    }
}

trait Sweep {
    fn sweep(&mut self, now: Timestamp, quota: &super::Quota);
}

impl<K: Eq + std::hash::Hash> Sweep for HashMap<K, Granted> {
    fn sweep(&mut self, now: Timestamp, quota: &super::Quota) {
        self.retain(|_, granted| {
            granted.forget(now, quota);
            !granted.is_empty()
        });
    }
}

impl Refusal {
    /// What the asker is told.
    pub fn error(&self) -> StanzaError {
        let with_text = |error: StanzaError| error.with_text(self.to_string());
        match *self {
            Self::TooLarge { max } => FileTooLarge::error(max),
            Self::Quota { retry } => with_text(UploadRetry::error(DateTime::new(retry))),
            Self::Full => with_text(
                StanzaError::new(StanzaErrorCondition::ResourceConstraint)
                    .with_type(StanzaErrorType::Wait),
            ),
            Self::Purpose => with_text(StanzaErrorCondition::FeatureNotImplemented.into()),
            Self::Name(_) | Self::Type | Self::Empty | Self::Expiry => {
                with_text(StanzaErrorCondition::NotAcceptable.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{secure_random, upload::Quota};

    const MINUTE: Duration = Duration::from_mins(1);

    fn issuer() -> Issuer {
        let limits = UploadLimits {
            file_bytes: 1000,
            slot_validity: 5 * MINUTE,
            session: Quota {
                bytes: 2000,
                files: 3,
                window: 10 * MINUTE,
            },
            address: Quota {
                bytes: 3000,
                files: 5,
                window: 20 * MINUTE,
            },
            total_bytes: 10_000,
            ..UploadLimits::default()
        };
        let key = SlotKey::generate(&mut secure_random());
        Issuer::new(key, "https://chat.example/".to_owned(), limits)
    }

    fn at(minutes: u32) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000).saturating_add(minutes * MINUTE)
    }

    fn asker(session: u64, address: Option<&str>) -> Asker {
        Asker {
            session,
            network: address.map(|text| text.parse().expect("an address")),
        }
    }

    fn ask(
        issuer: &mut Issuer,
        minutes: u32,
        asker: Asker,
        size: u64,
    ) -> Result<UploadSlot, Refusal> {
        let request = UploadRequest::new("a.png", size);
        issuer.request(at(minutes), &mut secure_random(), asker, 0, &request)
    }

    fn refused(request: &UploadRequest) -> Refusal {
        let me = asker(1, None);
        issuer()
            .request(at(0), &mut secure_random(), me, 0, request)
            .expect_err("refused")
    }

    #[test]
    fn a_slot_holds_what_was_asked_for() {
        let mut issuer = issuer();
        let request = UploadRequest {
            content_type: Some("Image/PNG".to_owned()),
            ..UploadRequest::new("très.png", 12)
        };
        let me = asker(1, None);
        let slot = issuer
            .request(at(0), &mut secure_random(), me, 0, &request)
            .expect("a slot");
        assert_eq!(slot.check(), Ok(()), "what our own clients take");
        assert_eq!(slot.put.headers, [], "only the three allowed headers: none");
        assert!(slot.get.url.ends_with("/tr%C3%A8s.png"), "{}", slot.get.url);
        assert!(slot.put.url.starts_with(&slot.get.url));
        let expires = at(5).as_millis();
        let query = format!("?size=12&type=image%2Fpng&expires={expires}&sig=");
        assert!(slot.put.url.contains(&query), "{}", slot.put.url);
        let other = issuer
            .request(at(0), &mut secure_random(), me, 0, &request)
            .expect("a slot");
        assert_ne!(other.get.url, slot.get.url, "ids are random");
    }

    #[test]
    fn requests_that_are_refused() {
        let request = UploadRequest::new;
        assert_eq!(refused(&request("../a", 1)), Refusal::Name(BadName::Path));
        assert_eq!(refused(&request("a", 0)), Refusal::Empty);
        assert_eq!(
            refused(&request("a", 1001)),
            Refusal::TooLarge { max: 1000 }
        );
        assert_eq!(
            refused(&request("a", u64::MAX)),
            Refusal::TooLarge { max: 1000 }
        );
        let typed = |given: &str| UploadRequest {
            content_type: Some(given.to_owned()),
            ..request("a", 1)
        };
        assert_eq!(refused(&typed("png")), Refusal::Type);
        assert_eq!(refused(&typed("a/b\r\nX: y")), Refusal::Type);
        let meant = |purpose| UploadRequest {
            purpose: Some(purpose),
            ..request("a", 1)
        };
        assert_eq!(refused(&meant(UploadPurpose::Permanent)), Refusal::Purpose);
        assert_eq!(refused(&meant(UploadPurpose::Profile)), Refusal::Purpose);
        for expire_before in [None, Some(DateTime::new(at(0)))] {
            let purpose = UploadPurpose::Ephemeral(UploadEphemeral { expire_before });
            assert_eq!(refused(&meant(purpose)), Refusal::Expiry);
        }
    }

    #[test]
    fn what_the_asker_is_told() {
        let xml = |refusal: Refusal| {
            let error = refusal.error();
            let application = error
                .application
                .map(|payload| payload.to_string())
                .unwrap_or_default();
            (error.condition, error.error_type, application)
        };
        let (condition, error_type, payload) = xml(Refusal::TooLarge { max: 1000 });
        assert_eq!(condition, StanzaErrorCondition::NotAcceptable);
        assert_eq!(error_type, StanzaErrorType::Modify);
        assert!(payload.contains("<max-file-size>1000</max-file-size>"));
        let (condition, error_type, payload) = xml(Refusal::Quota { retry: at(1) });
        assert_eq!(condition, StanzaErrorCondition::ResourceConstraint);
        assert_eq!(error_type, StanzaErrorType::Wait);
        assert!(
            payload.contains("stamp='2027-01-15T08:01:00Z'"),
            "{payload}"
        );
        let (condition, error_type, payload) = xml(Refusal::Full);
        assert_eq!(condition, StanzaErrorCondition::ResourceConstraint);
        assert_eq!(error_type, StanzaErrorType::Wait);
        assert_eq!(payload, "");
        for refusal in [
            Refusal::Name(BadName::Control),
            Refusal::Type,
            Refusal::Empty,
            Refusal::Expiry,
        ] {
            assert_eq!(xml(refusal).0, StanzaErrorCondition::NotAcceptable);
        }
        let (condition, ..) = xml(Refusal::Purpose);
        assert_eq!(condition, StanzaErrorCondition::FeatureNotImplemented);
    }

    #[test]
    fn a_session_has_a_quota() {
        let mut issuer = issuer();
        let me = asker(1, None);
        for minutes in [0, 1, 2] {
            ask(&mut issuer, minutes, me, 10).expect("a slot");
        }
        let retry = at(10);
        assert_eq!(ask(&mut issuer, 3, me, 10), Err(Refusal::Quota { retry }));
        ask(&mut issuer, 3, asker(2, None), 10).expect("others have their own");
        ask(&mut issuer, 10, me, 10).expect("a slot again when it was said");
        issuer.session_ended(1);
        assert_eq!(issuer.by_session.len(), 1);
    }

    #[test]
    fn an_address_has_a_quota_over_all_its_sessions() {
        let mut issuer = issuer();
        let me = |session| asker(session, Some("192.0.2.1"));
        for session in 0..3 {
            ask(&mut issuer, 0, me(session), 1000).expect("a slot");
            issuer.session_ended(session);
        }
        let retry = at(20);
        assert_eq!(ask(&mut issuer, 1, me(9), 1), Err(Refusal::Quota { retry }));
        ask(&mut issuer, 1, asker(10, Some("192.0.2.2")), 1).expect("others have their own");
        ask(&mut issuer, 20, me(9), 1000).expect("a slot again when it was said");
    }

    #[test]
    fn what_is_refused_counts_against_no_quota() {
        let mut issuer = issuer();
        let me = asker(1, Some("192.0.2.1"));
        for _ in 0..10 {
            ask(&mut issuer, 0, me, 1001).expect_err("too large");
        }
        // The session's bytes are used up; what is refused for it does not use up the address's.
        ask(&mut issuer, 0, me, 1000).expect("a slot");
        ask(&mut issuer, 0, me, 1000).expect("a slot");
        for _ in 0..10 {
            ask(&mut issuer, 0, me, 1000).expect_err("the quota");
        }
        ask(&mut issuer, 0, Asker { session: 2, ..me }, 1000).expect("a slot");
    }

    #[test]
    fn a_full_store_takes_nothing_more() {
        let mut issuer = issuer();
        let request = UploadRequest::new("a", 100);
        let me = asker(1, None);
        let mut ask = |stored| issuer.request(at(0), &mut secure_random(), me, stored, &request);
        assert!(ask(9900).is_ok());
        assert_eq!(ask(9901), Err(Refusal::Full));
        assert_eq!(ask(u64::MAX), Err(Refusal::Full));
    }

    /// What expires is not served later, so it is not to be uploaded later either.
    #[test]
    fn what_is_ephemeral_expires_with_its_slot() {
        let mut issuer = issuer();
        for (minutes, expires) in [(1, at(1)), (60, at(5))] {
            let until = at(minutes);
            let purpose = UploadPurpose::Ephemeral(UploadEphemeral {
                expire_before: Some(DateTime::new(until)),
            });
            let request = UploadRequest {
                purpose: Some(purpose),
                ..UploadRequest::new("a", 1)
            };
            let me = asker(1, None);
            let slot = issuer
                .request(at(0), &mut secure_random(), me, 0, &request)
                .expect("a slot");
            let query = format!(
                "&expires={}&until={}&",
                expires.as_millis(),
                until.as_millis()
            );
            assert!(slot.put.url.contains(&query), "{}", slot.put.url);
        }
    }

    #[test]
    fn what_no_longer_counts_is_forgotten() {
        let mut issuer = issuer();
        for session in 0..1000 {
            let address = format!("198.51.{}.{}", session / 250, session % 250);
            let me = asker(session, Some(&address));
            let minutes = u32::try_from(session).expect("small");
            ask(&mut issuer, minutes, me, 1).expect("a slot");
        }
        let kept = issuer.by_session.len() + issuer.by_network.len();
        assert!(kept <= 2 * FIRST_SWEEP, "{kept}");
    }
}
