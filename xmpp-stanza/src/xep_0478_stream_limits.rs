//! XEP-0478: Stream Limits Advertisement, version 0.2.0.

use std::time::Duration;

use xmpp_core::{Payload, xml::ns};

/// What an entity accepts on a stream ([XEP-0478 §3](https://xmpp.org/extensions/xep-0478.html)),
/// among the stream features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "limits", ns = ns::STREAM_LIMITS)]
pub struct StreamLimits {
    /// Bytes of one stanza or other first-level element; larger ones end the stream.
    #[xml(child_text)]
    pub max_bytes: Option<u32>,
    /// Seconds without traffic, after which it may check or close the stream.
    #[xml(child_text)]
    pub idle_seconds: Option<u32>,
}

impl StreamLimits {
    /// How long the stream may be silent.
    pub fn idle(&self) -> Option<Duration> {
        self.idle_seconds
            .map(|seconds| Duration::from_secs(seconds.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn of_a_server() {
        let limits: StreamLimits = round_trip(
            "<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>10000</max-bytes>\
             <idle-seconds>1800</idle-seconds></limits>",
        );
        assert_eq!(limits.max_bytes, Some(10_000));
        assert_eq!(limits.idle(), Some(Duration::from_mins(30)));
    }

    #[test]
    fn malformed() {
        for xml in [
            "<max-bytes/>",
            "<max-bytes>-1</max-bytes>",
            "<idle-seconds>1s</idle-seconds>",
        ] {
            let xml = format!("<limits xmlns='urn:xmpp:stream-limits:0'>{xml}</limits>");
            assert!(
                error::<StreamLimits>(&xml).starts_with("<limits/>: invalid "),
                "{xml}"
            );
        }
    }
}
