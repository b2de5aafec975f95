//! The TOML file.

use std::{fs, path::Path};

use super::Options;

/// Reads the file that `--config` names.
///
/// # Errors
///
/// A sentence that names the file and the line.
pub(super) fn read(path: &Path) -> Result<Options, String> {
    let text =
        fs::read_to_string(path).map_err(|e| format!("cannot read '{}': {e}", path.display()))?;
    toml::from_str(&text).map_err(|e| {
        let line = e
            .span()
            .map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        let message = e.message().replace('\n', " ");
        format!("{} line {line}: {message}", path.display())
    })
}
