//! What rooms keep, and for how long.

use std::time::Duration;

use clap::Args;
use serde::Deserialize;

use super::check::at_least;

/// The table `[archive]` of the TOML file; on the command line each name begins with `archive-`.
#[derive(Clone, Copy, Debug, Default, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ArchiveOptions {
    /// Rooms keep no archive: nobody can ask for what was said before, and messages are not stored. Of those that come
    /// by --history nothing is left after a restart.
    #[arg(id = "archive-off", long = "archive-off", help_heading = "Archive")]
    pub off: bool,

    /// Days that a message stays in its room's archive; 0 sets no bound. [default: 30]
    #[arg(
        id = "archive-days",
        long = "archive-days",
        value_name = "DAYS",
        help_heading = "Archive"
    )]
    pub days: Option<u32>,

    /// Messages that a room's archive holds, the newest ones; 0 sets no bound. [default: 100000]
    #[arg(
        id = "archive-messages",
        long = "archive-messages",
        value_name = "N",
        help_heading = "Archive"
    )]
    pub messages: Option<u32>,

    /// Bytes of messages and presence that may wait for a slow disk; beyond, rooms refuse what comes, and clients may
    /// try again. [default: 8388608]
    #[arg(
        id = "archive-queue-bytes",
        long = "archive-queue-bytes",
        value_name = "BYTES",
        help_heading = "Archive"
    )]
    pub queue_bytes: Option<usize>,
}

impl ArchiveOptions {
    /// Each option from `self`, else from `file`.
    pub(super) fn or(self, file: Self) -> Self {
        Self {
            off: self.off || file.off,
            days: self.days.or(file.days),
            messages: self.messages.or(file.messages),
            queue_bytes: self.queue_bytes.or(file.queue_bytes),
        }
    }
}

/// What rooms keep. A room's messages go with it, whatever is set here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Archive {
    /// Whether rooms have one. Nothing below matters if not.
    pub on: bool,
    /// How long a message stays; `None` sets no bound.
    pub age: Option<Duration>,
    /// How many messages of a room stay; `None` sets no bound.
    pub messages: Option<u32>,
    /// Bytes that may wait for the disk.
    pub queue_bytes: usize,
}

impl Archive {
    pub(super) fn settle(options: &ArchiveOptions) -> Result<Self, String> {
        let days = options.days.unwrap_or(30);
        let messages = options.messages.unwrap_or(100_000);
        Ok(Self {
            on: !options.off,
            age: (days > 0).then(|| Duration::from_hours(24 * u64::from(days))),
            messages: (messages > 0).then_some(messages),
            queue_bytes: at_least(
                "archive-queue-bytes",
                options.queue_bytes,
                8 * 1024 * 1024,
                10_000,
            )?,
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::Options;

    fn settle(options: &Options) -> Archive {
        let settings = options.clone().settle().expect("settings");
        settings.hosts[0].archive
    }

    #[test]
    fn zero_sets_no_bound() {
        let line = ["webchat", "--archive-days", "0", "--archive-messages", "0"];
        let archive = settle(&Options::parse_from(line));
        assert_eq!((archive.age, archive.messages), (None, None));
    }

    #[test]
    fn the_file_has_a_table() {
        let file: Options = toml::from_str("[archive]\ndays = 7\nmessages = 50").expect("TOML");
        let archive = settle(&Options::parse_from(["webchat", "--archive-days", "1"]).or(file));
        assert_eq!(archive.age, Some(Duration::from_hours(24)));
        assert_eq!(archive.messages, Some(50));
        assert!(archive.on);
        let file: Options = toml::from_str("[archive]\noff = true").expect("TOML");
        assert!(!settle(&Options::parse_from(["webchat"]).or(file)).on);
        assert!(!settle(&Options::parse_from(["webchat", "--archive-off"])).on);
        toml::from_str::<Options>("[archive]\nweeks = 7").expect_err("no such key");
    }
}
