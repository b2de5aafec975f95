//! Embeds the page: writes a table of the files under `page/`, each as `include_bytes!`.

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("page");
    println!("cargo::rerun-if-changed=page");
    let mut files = Vec::new();
    collect(&root, "", &mut files)?;
    files.sort();

    let mut table = String::from("&[\n");
    for (name, path) in files {
        let path = path.display().to_string();
        writeln!(table, "    ({name:?}, include_bytes!({path:?})),").expect("a String takes it");
    }
    table.push(']');
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("page.rs"), table)
}

/// Collects the files below `dir` by their path on the server.
fn collect(dir: &Path, below: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().expect("names of the page's files are ASCII");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{below}{name}/"), files)?;
        } else if !name.starts_with('.') && has_web_type(name) {
            files.push((format!("{below}{name}"), entry.path()));
        }
    }
    Ok(())
}

/// Notes and editors' leftovers are not served.
fn has_web_type(name: &str) -> bool {
    matches!(
        Path::new(name).extension().and_then(|e| e.to_str()),
        Some("html" | "css" | "js" | "json" | "svg" | "png" | "ico" | "txt" | "webmanifest")
    )
}
