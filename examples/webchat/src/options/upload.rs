//! What users may upload (XEP-0363).

use std::time::Duration;

use clap::Args;
use serde::Deserialize;

use super::{
    check::{at_least, positive},
    timing::seconds,
};
use crate::upload::Quota;

const MIB: usize = 1024 * 1024;

/// The options `--upload-…`, and the table `[upload]` of the TOML file.
#[derive(Clone, Copy, Debug, Default, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct UploadOptions {
    /// Most bytes of one uploaded file; 0 turns uploads off. [default: 10485760]
    #[arg(
        id = "upload_max_file_size",
        long = "upload-max-file-size",
        value_name = "BYTES",
        help_heading = "Upload"
    )]
    pub max_file_size: Option<usize>,

    /// Most bytes of all uploaded files of a domain together. [default: 1073741824]
    #[arg(
        id = "upload_max_total_size",
        long = "upload-max-total-size",
        value_name = "BYTES",
        help_heading = "Upload"
    )]
    pub max_total_size: Option<usize>,

    /// Seconds that an uploaded file is kept. [default: 604800]
    #[arg(
        id = "upload_retention",
        long = "upload-retention",
        value_name = "SECONDS",
        help_heading = "Upload"
    )]
    pub retention: Option<u64>,

    /// Seconds within which an upload must begin after leave for it was given. [default: 300]
    #[arg(
        id = "upload_slot_timeout",
        long = "upload-slot-timeout",
        value_name = "SECONDS",
        help_heading = "Upload"
    )]
    pub slot_timeout: Option<u64>,

    /// Seconds that the quotas below are counted over. [default: 3600]
    #[arg(
        id = "upload_quota_window",
        long = "upload-quota-window",
        value_name = "SECONDS",
        help_heading = "Upload"
    )]
    pub quota_window: Option<u64>,

    /// Most bytes that one session may upload in the window. [default: 104857600]
    #[arg(
        id = "upload_max_session_bytes",
        long = "upload-max-session-bytes",
        value_name = "BYTES",
        help_heading = "Upload"
    )]
    pub max_session_bytes: Option<usize>,

    /// Most files that one session may upload in the window. [default: 50]
    #[arg(
        id = "upload_max_session_files",
        long = "upload-max-session-files",
        value_name = "N",
        help_heading = "Upload"
    )]
    pub max_session_files: Option<usize>,

    /// Most bytes that may be uploaded from one IPv4 address or IPv6 /64 in the window; loopback is
    /// not counted. [default: 209715200]
    #[arg(
        id = "upload_max_address_bytes",
        long = "upload-max-address-bytes",
        value_name = "BYTES",
        help_heading = "Upload"
    )]
    pub max_address_bytes: Option<usize>,

    /// Most files that may be uploaded from one such address in the window. [default: 200]
    #[arg(
        id = "upload_max_address_files",
        long = "upload-max-address-files",
        value_name = "N",
        help_heading = "Upload"
    )]
    pub max_address_files: Option<usize>,
}

/// What users may upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadLimits {
    /// The most bytes of one file; 0: uploads are off.
    pub file_bytes: u64,
    /// The most bytes of all files of a domain together, with a line about each.
    pub total_bytes: u64,
    /// How long a file is kept.
    pub retention: Duration,
    /// Time within which an upload must begin.
    pub slot_validity: Duration,
    /// What one session may upload.
    pub session: Quota,
    /// What may be uploaded from one address.
    pub address: Quota,
}

impl UploadOptions {
    pub(super) fn or(self, file: Self) -> Self {
        Self {
            max_file_size: self.max_file_size.or(file.max_file_size),
            max_total_size: self.max_total_size.or(file.max_total_size),
            retention: self.retention.or(file.retention),
            slot_timeout: self.slot_timeout.or(file.slot_timeout),
            quota_window: self.quota_window.or(file.quota_window),
            max_session_bytes: self.max_session_bytes.or(file.max_session_bytes),
            max_session_files: self.max_session_files.or(file.max_session_files),
            max_address_bytes: self.max_address_bytes.or(file.max_address_bytes),
            max_address_files: self.max_address_files.or(file.max_address_files),
        }
    }
}

impl UploadLimits {
    pub(super) fn settle(options: &UploadOptions) -> Result<Self, String> {
        let file = options.max_file_size.unwrap_or(10 * MIB);
        // A quota below one file would promise a size that is never granted.
        let bytes = |name, given, default: usize| {
            at_least(name, given, default.max(file), file).map(|bytes| bytes as u64)
        };
        let slot_validity = seconds(options.slot_timeout.map(|s| s.max(1)), 300);
        let retention = seconds(options.retention, 7 * 24 * 60 * 60);
        if retention < slot_validity {
            return Err(format!(
                "upload-retention = {} is too small: at least upload-slot-timeout, {}, so that no slot outlives its file",
                retention.as_secs(),
                slot_validity.as_secs()
            ));
        }
        let window = seconds(options.quota_window.map(|s| s.max(1)), 3600);
        Ok(Self {
            file_bytes: file as u64,
            total_bytes: bytes("upload-max-total-size", options.max_total_size, 1024 * MIB)?,
            retention,
            slot_validity,
            session: Quota {
                bytes: bytes(
                    "upload-max-session-bytes",
                    options.max_session_bytes,
                    100 * MIB,
                )?,
                files: positive("upload-max-session-files", options.max_session_files, 50)?,
                window,
            },
            address: Quota {
                bytes: bytes(
                    "upload-max-address-bytes",
                    options.max_address_bytes,
                    200 * MIB,
                )?,
                files: positive("upload-max-address-files", options.max_address_files, 200)?,
                window,
            },
        })
    }
}

/// The defaults.
impl Default for UploadLimits {
    fn default() -> Self {
        Self::settle(&UploadOptions::default()).expect("the defaults are in their own ranges")
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::Options;

    #[test]
    fn limits_that_contradict_each_other_are_refused() {
        for (args, wanted) in [
            (["--upload-max-total-size", "1000"], "at least 10485760"),
            (["--upload-max-session-bytes", "1000"], "at least 10485760"),
            (["--upload-max-address-bytes", "1000"], "at least 10485760"),
            (["--upload-max-session-files", "0"], "at least 1"),
            (["--upload-retention", "60"], "upload-slot-timeout"),
        ] {
            let options = Options::parse_from(["webchat"].into_iter().chain(args));
            let error = options.settle().expect_err(args[1]);
            assert!(error.contains(wanted) && !error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn defaults_grow_with_the_size_of_a_file() {
        let big = 2 * 1024 * MIB;
        let line = ["webchat", "--upload-max-file-size", &big.to_string()];
        let settings = Options::parse_from(line).settle().expect("settings");
        let limits = settings.hosts[0].upload;
        assert_eq!(limits.file_bytes, big as u64);
        assert_eq!(limits.total_bytes, big as u64);
        assert_eq!(limits.session.bytes, big as u64);
    }

    #[test]
    fn the_file_has_a_table() {
        let options: Options =
            toml::from_str("[upload]\nretention = 86400\nmax-session-files = 3").expect("TOML");
        let line = Options::parse_from(["webchat", "--upload-max-session-files", "4"]);
        let limits = line.or(options).settle().expect("settings").hosts[0].upload;
        assert_eq!(limits.retention, Duration::from_hours(24));
        assert_eq!(limits.session.files, 4);
        toml::from_str::<Options>("[upload]\nretentoin = 1").expect_err("a typo");
    }
}
