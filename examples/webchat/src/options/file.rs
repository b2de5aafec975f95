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

#[cfg(test)]
mod tests {
    use super::*;

    const SINGLE_SIGN_ON: &str = include_str!("../../../../docs/single-sign-on.md");
    const DOCUMENT: &str = include_str!("../../../../docs/webchat.md");

    #[test]
    fn the_documented_files_can_be_used() {
        let settle = |name: &str| {
            let marker = format!("<!-- block: {name} -->\n```toml\n");
            let (_, rest) = DOCUMENT.split_once(&marker).expect(name);
            let (text, _) = rest.split_once("```").expect("an end");
            let options: Options = toml::from_str(text).expect(name);
            options.settle().expect(name)
        };
        let one = settle("one domain");
        assert_eq!(one.hosts[0].limits.sessions, 2000);
        assert!(one.proxies.trust([127, 0, 0, 1].into()));
        let several = settle("several domains");
        assert_eq!(several.hosts.len(), 2);
        assert!(several.hosts[1].names.contains("www.example.net"));
        assert!(several.hosts[1].tls.is_some());
        let administration = settle("administration");
        assert_eq!(administration.hosts[0].rooms.len(), 2);
        assert!(administration.hosts[0].admin.is_some());
        let certificates = settle("client certificates");
        assert!(certificates.hosts[0].client_ca().is_some());
    }

    #[test]
    fn the_documented_tables_of_single_sign_on_can_be_used() {
        const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        let keys = tempfile::NamedTempFile::new().expect("a file");
        fs::write(&keys, format!("2026-01 {KEY}\n")).expect("our own file");
        let keys = keys.path().to_str().expect("UTF-8");
        let settle = |name: &str| {
            let marker = format!("<!-- block: {name} -->\n```toml\n");
            let (_, rest) = SINGLE_SIGN_ON.split_once(&marker).expect(name);
            let (text, _) = rest.split_once("```").expect("an end");
            let text = text.replace("/etc/webchat/sign-on.keys", keys);
            let options: Options = toml::from_str(&text).expect(name);
            let mut hosts = options.settle().expect(name).hosts;
            hosts.remove(0).sign_on.expect("configured")
        };
        let signed = settle("signed");
        assert!(signed.one_time && signed.anonymous && signed.check.is_none());
        assert_eq!(signed.keys.len(), 1);
        let delegated = settle("delegated");
        assert!(delegated.keys.is_empty() && !delegated.anonymous);
        assert!(delegated.check.is_some());
    }
}
