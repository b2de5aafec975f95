//! Converse.js under `/converse/`, from the folder that the user installed it in.

use std::{
    path::{Path as FsPath, PathBuf},
    sync::Arc,
    time::UNIX_EPOCH,
};

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
    response::Redirect,
    routing::get,
};

use super::{Site, files};

const INDEX: &[u8] = include_bytes!("../../converse/index.html");
const START: &[u8] = include_bytes!("../../converse/start.js");

/// The routes, to be put under the root; none without `--converse`.
pub(super) fn routes(dist: Option<&FsPath>) -> Router<Arc<Site>> {
    let Some(dist) = dist else {
        return Router::new();
    };
    let dist: Arc<FsPath> = dist.into();
    Router::new()
        .route(
            "/converse",
            get(|| async { Redirect::permanent("converse/") }),
        )
        .route("/converse/", get(index))
        .route("/converse/start.js", get(start))
        .route(
            "/converse/dist/{*path}",
            get(
                move |Path(path): Path<String>, headers: HeaderMap, State(_): State<Arc<Site>>| {
                    let dist = dist.clone();
                    async move { asset(&dist, &path, &headers).await }
                },
            ),
        )
}

async fn index(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response<Body> {
    let mut response = files::file(
        &headers,
        "text/html; charset=utf-8",
        &files::etag(INDEX),
        INDEX,
    );
    // Converse styles its elements inline; pictures from elsewhere would tell who is reading.
    let credentials = site
        .sign_on
        .as_ref()
        .and_then(|on| on.credentials_origin.as_ref());
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; \
         connect-src {}{}; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'",
        files::connect_src(&headers, site.public_url.as_ref()),
        credentials.map_or_else(String::new, |origin| format!(" {origin}"))
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

async fn start(headers: HeaderMap) -> Response<Body> {
    let tag = files::etag(START);
    files::file(&headers, files::content_type("start.js"), &tag, START)
}

async fn asset(dist: &FsPath, path: &str, headers: &HeaderMap) -> Response<Body> {
    match read(dist, path).await {
        Some((tag, content)) => files::file(headers, files::content_type(path), &tag, content),
        None => files::text(StatusCode::NOT_FOUND, "There is no such file.\n"),
    }
}

/// Validator and content of the file `path` below `dist`.
async fn read(dist: &FsPath, path: &str) -> Option<(String, Vec<u8>)> {
    let file = resolve(dist, path)?;
    // A link may point out of the folder even where the path does not.
    let file = tokio::fs::canonicalize(file).await.ok()?;
    if !file.starts_with(dist) {
        return None;
    }
    let meta = tokio::fs::metadata(&file).await.ok()?;
    if !meta.is_file() {
        return None;
    }
    let modified = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let tag = format!("\"{:x}-{:x}\"", modified.as_millis(), meta.len());
    Some((tag, tokio::fs::read(&file).await.ok()?))
}

/// `path` below `dist`, unless it tries to leave it.
fn resolve(dist: &FsPath, path: &str) -> Option<PathBuf> {
    let plain = |part: &str| {
        !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':', '\0'])
    };
    path.split('/').all(plain).then(|| dist.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leaves_the_folder() {
        let dist = FsPath::new("/srv/dist");
        assert_eq!(
            resolve(dist, "images/logo.svg"),
            Some("/srv/dist/images/logo.svg".into())
        );
        for path in [
            "..",
            "../secret",
            "a/../../b",
            "/etc/passwd",
            "a//b",
            "./a",
            ".git/config",
            "a\\..\\b",
            "C:/x",
            "a\0b",
            "",
        ] {
            assert_eq!(resolve(dist, path), None, "{path:?}");
        }
    }

    #[tokio::test]
    async fn no_link_leaves_the_folder() {
        let root = std::env::temp_dir().join(format!("webchat-links-{}", std::process::id()));
        let dist = root.join("dist");
        std::fs::create_dir_all(&dist).expect("a folder");
        std::fs::write(root.join("secret"), "s").expect("a file");
        std::fs::write(dist.join("file"), "f").expect("a file");
        #[cfg(unix)]
        std::os::unix::fs::symlink(root.join("secret"), dist.join("link")).expect("a link");
        let dist = dist.canonicalize().expect("it exists");
        assert!(read(&dist, "file").await.is_some());
        assert!(read(&dist, "link").await.is_none());
        assert!(read(&dist, "absent").await.is_none());
        std::fs::remove_dir_all(&root).expect("our own folder");
    }
}
