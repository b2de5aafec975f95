//! `/upload/ID/NAME`: files that users share (XEP-0363). PUT to a signed URL, GET by whoever has the link.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Path, Query, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header,
        request::Parts,
    },
    routing::any,
};
use http_body_util::BodyExt as _;
use tokio::{
    io::AsyncReadExt as _,
    time::{Instant, timeout, timeout_at},
};
use tokio_util::io::ReaderStream;

use super::{
    Site, files,
    origin::{self, Origin},
    places::{Place, Places},
    range::Range,
};
use crate::{
    Clock,
    hub::{self, Peer},
    upload::{Folder, Incoming, MediaType, NotTaken, Slot, SlotKey, SlotQuery, Stored, UploadId},
};

/// When to come back while there are too many, in seconds.
const BUSY: HeaderValue = HeaderValue::from_static("5");
/// Time in which something has to come.
const STALL: Duration = Duration::from_secs(30);
/// Time for a whole upload: a minute, and more for what is large, at this many bytes a second.
const BASE_TIME: Duration = Duration::from_mins(1);
const SLOWEST: u64 = 8 * 1024;
/// Bytes read from disk at a time.
const BUFFER: usize = 64 * 1024;
/// What is still read of a request that is refused, and for how long: a client that is cut off while it sends does
/// not read the answer.
const REST: usize = 1024 * 1024;
const REST_TIME: Duration = Duration::from_secs(2);

const METHODS: &str = "OPTIONS, HEAD, GET, PUT";
/// What pages of listed origins may send: what a slot may ask for (XEP-0363 §4), what the file is, parts of it.
const REQUEST_HEADERS: &str = "authorization, cookie, expires, content-type, range, if-range";
/// What they may read of an answer.
const RESPONSE_HEADERS: &str = "content-disposition, content-length, content-range, etag";
/// Nothing in a file may run, load or be framed, whatever a browser takes it for.
const POLICY: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";

/// What the handlers need.
#[derive(Debug)]
pub(crate) struct Uploads {
    folder: Folder,
    key: SlotKey,
    clock: Clock,
    places: Places,
}

impl Uploads {
    pub(crate) fn new(folder: Folder, key: SlotKey, clock: Clock) -> Self {
        Self {
            folder,
            key,
            clock,
            places: Places::default(),
        }
    }
}

/// The routes.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/upload/{id}/{name}", any(file))
}

/// Every method of a file.
async fn file(
    State(site): State<Arc<Site>>,
    Path((id, name)): Path<(String, String)>,
    request: Request<Body>,
) -> Response<Body> {
    let Some(uploads) = &site.uploads else {
        return missing();
    };
    // A body is not `Sync`, and so not shared by what waits.
    let (head, body) = request.into_parts();
    let origin = Origin::of(&head.headers, &site);
    let mut response = match head.method {
        Method::GET | Method::HEAD => {
            let mut response = get(uploads, &id, &name, &head).await;
            // Pages of listed origins show pictures, and a browser does not say which page does.
            let shown_by = if site.cors_origins.is_empty() {
                "same-origin"
            } else {
                "cross-origin"
            };
            set(&mut response, "cross-origin-resource-policy", shown_by);
            response
        }
        Method::PUT if origin == Origin::Foreign => {
            refuse(&head, body, StatusCode::FORBIDDEN, origin::REFUSAL).await
        }
        Method::PUT => put(uploads, &id, &name, &head, body).await,
        Method::OPTIONS => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            set(&mut response, "allow", METHODS);
            origin.allow_preflight(response.headers_mut(), METHODS, REQUEST_HEADERS);
            return response;
        }
        _ => {
            let text = "Files are put once, and got.\n";
            let mut response = files::text(StatusCode::METHOD_NOT_ALLOWED, text);
            set(&mut response, "allow", METHODS);
            response
        }
    };
    origin.allow(response.headers_mut());
    if matches!(origin, Origin::Listed(_)) {
        set(
            &mut response,
            "access-control-expose-headers",
            RESPONSE_HEADERS,
        );
    }
    response
}

async fn get(uploads: &Uploads, id: &str, name: &str, head: &Parts) -> Response<Body> {
    let Some(id) = UploadId::parse(id) else {
        return missing();
    };
    match uploads.folder.get(uploads.clock.now(), id, name).await {
        Ok(Some(stored)) => serve(uploads, id, stored, head).unwrap_or_else(|error| {
            tracing::warn!(?id, %error, "an upload cannot be served");
            broken()
        }),
        Ok(None) => missing(),
        Err(error) => {
            tracing::warn!(?id, %error, "an upload cannot be read");
            broken()
        }
    }
}

/// `stored`, or what is asked for of it.
fn serve(
    uploads: &Uploads,
    id: UploadId,
    mut stored: Stored,
    head: &Parts,
) -> std::io::Result<Response<Body>> {
    // What is under an id never changes.
    let etag = format!("\"{id}\"");
    let mut response = Response::new(Body::empty());
    let range = if head.method == Method::GET {
        Range::of(&head.headers, stored.size, &etag)
    } else {
        Range::Whole
    };
    let length = if files::has(&head.headers, &etag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        None
    } else {
        Some(match range {
            Range::Whole => stored.size,
            Range::Part(first, last) => {
                *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                let part = format!("bytes {first}-{last}/{}", stored.size);
                set(&mut response, "content-range", &part);
                stored.seek(first)?;
                last - first + 1
            }
            Range::Unsatisfiable => {
                let mut response = files::text(
                    StatusCode::RANGE_NOT_SATISFIABLE,
                    "There is no such part.\n",
                );
                let whole = format!("bytes */{}", stored.size);
                set(&mut response, "content-range", &whole);
                return Ok(response);
            }
        })
    };
    let life = stored.until.since(uploads.clock.now()).as_secs();
    let fresh = format!("private, max-age={life}, immutable");
    set(&mut response, "cache-control", &fresh);
    set(&mut response, "etag", &etag);
    set(&mut response, "content-security-policy", POLICY);
    let Some(length) = length else {
        return Ok(response);
    };
    let served = stored.media_type.served();
    set(&mut response, "accept-ranges", "bytes");
    set(&mut response, "content-type", served.content_type);
    set(
        &mut response,
        "content-disposition",
        &stored.name.disposition(served.inline),
    );
    set(&mut response, "content-length", &length.to_string());
    if head.method == Method::GET {
        let file = tokio::fs::File::from_std(stored.file).take(length);
        *response.body_mut() = Body::from_stream(ReaderStream::with_capacity(file, BUFFER));
    }
    Ok(response)
}

async fn put(uploads: &Uploads, id: &str, name: &str, head: &Parts, body: Body) -> Response<Body> {
    let (incoming, _place) = match begin(uploads, id, name, head).await {
        Ok(begun) => begun,
        Err((status, text)) => return refuse(head, body, status, text).await,
    };
    match receive(incoming, body).await {
        Ok(()) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::CREATED;
            response
        }
        Err(Unread::Late) => {
            files::text(StatusCode::REQUEST_TIMEOUT, "The file came too slowly.\n")
        }
        Err(Unread::Broken) => files::text(StatusCode::BAD_REQUEST, "The request broke off.\n"),
        Err(Unread::NotTaken(error)) => {
            let (status, text) = told(&error);
            files::text(status, text)
        }
    }
}

/// Everything that can be known before the file is read.
async fn begin<'a>(
    uploads: &'a Uploads,
    id: &str,
    name: &str,
    head: &Parts,
) -> Result<(Incoming, Place<'a>), (StatusCode, &'static str)> {
    const FORGED: (StatusCode, &str) = (
        StatusCode::FORBIDDEN,
        "This is no slot of this server (XEP-0363).\n",
    );
    let Query(query) = Query::<SlotQuery>::try_from_uri(&head.uri).map_err(|_| FORGED)?;
    let slot = Slot::from_url(id, name, &query, &uploads.key).map_err(|error| {
        tracing::debug!(%error, "not a slot");
        FORGED
    })?;
    let now = uploads.clock.now();
    if now > slot.expires {
        return Err(told(&NotTaken::Expired));
    }
    match content_length(&head.headers) {
        None => return Err((StatusCode::LENGTH_REQUIRED, "Content-Length is wanted.\n")),
        Some(length) if length > slot.size => return Err(told(&NotTaken::TooMany)),
        Some(length) if length < slot.size => return Err(told(&NotTaken::TooFew)),
        Some(_) => {}
    }
    if content_type(&head.headers).as_ref() != Some(&slot.media_type) {
        return Err((
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The Content-Type is not the one that was promised.\n",
        ));
    }
    let busy = (StatusCode::SERVICE_UNAVAILABLE, "Too many uploads.\n");
    let peer = head.extensions.get::<Peer>();
    let network = peer.and_then(|peer| hub::network(peer.address));
    let place = uploads.places.take(network).ok_or(busy)?;
    match uploads.folder.begin(now, &slot).await {
        Ok(incoming) => Ok((incoming, place)),
        Err(error) => Err(told(&error)),
    }
}

/// The length that a request says its body has, where the whole of it comes as it is.
fn content_length(headers: &HeaderMap) -> Option<u64> {
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return None;
    }
    let length = headers.get(header::CONTENT_LENGTH)?.to_str().ok()?;
    length.parse().ok()
}

/// The type that a request says its body has; bytes, where it does not say (XEP-0363 §6).
fn content_type(headers: &HeaderMap) -> Option<MediaType> {
    match headers.get(header::CONTENT_TYPE) {
        Some(given) => MediaType::parse(given.to_str().ok()?),
        None => Some(MediaType::octet_stream()),
    }
}

enum Unread {
    Late,
    Broken,
    NotTaken(NotTaken),
}

/// Writes the file as it comes.
async fn receive(mut incoming: Incoming, mut body: Body) -> Result<(), Unread> {
    let time = BASE_TIME + Duration::from_secs(incoming.left() / SLOWEST);
    let deadline = Instant::now() + time;
    loop {
        let next = timeout_at(deadline.min(Instant::now() + STALL), body.frame());
        let Some(frame) = next.await.map_err(|_| Unread::Late)? else {
            break;
        };
        let frame = frame.map_err(|_| Unread::Broken)?;
        if let Ok(data) = frame.into_data() {
            incoming.write(&data).await.map_err(Unread::NotTaken)?;
        }
    }
    incoming.finish().await.map_err(Unread::NotTaken)
}

/// What somebody is told whose file is not taken.
fn told(error: &NotTaken) -> (StatusCode, &'static str) {
    match error {
        NotTaken::Expired => (
            StatusCode::GONE,
            "The slot has expired; ask for a new one.\n",
        ),
        NotTaken::Used => (
            StatusCode::CONFLICT,
            "The slot has been used, or is being used.\n",
        ),
        NotTaken::Full => (StatusCode::INSUFFICIENT_STORAGE, "The store is full.\n"),
        NotTaken::TooMany => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "The file is larger than promised.\n",
        ),
        NotTaken::TooFew => (
            StatusCode::BAD_REQUEST,
            "The file is smaller than promised.\n",
        ),
        NotTaken::Io(error) => {
            tracing::warn!(%error, "an upload cannot be written");
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "The file cannot be stored.\n",
            )
        }
    }
}

/// The answer to a request whose body is not wanted. Some of it is read all the same, unless the client waits to be
/// asked for it.
async fn refuse(
    head: &Parts,
    mut body: Body,
    status: StatusCode,
    text: &'static str,
) -> Response<Body> {
    if !head.headers.contains_key(header::EXPECT) {
        let rest = async {
            let mut read = 0;
            while read < REST
                && let Some(Ok(frame)) = body.frame().await
            {
                read += frame.data_ref().map_or(0, bytes::Bytes::len);
            }
        };
        // The answer is the same if it takes longer.
        let _ = timeout(REST_TIME, rest).await;
    }
    let mut response = files::text(status, text);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, BUSY);
    }
    response
}

fn missing() -> Response<Body> {
    files::text(
        StatusCode::NOT_FOUND,
        "There is no such file, or none any more.\n",
    )
}

fn broken() -> Response<Body> {
    files::text(
        StatusCode::INTERNAL_SERVER_ERROR,
        "The file cannot be read.\n",
    )
}

/// Sets a header. A value with anything but visible ASCII, which nothing here makes, is left out.
fn set(response: &mut Response<Body>, name: &'static str, value: &str) {
    match HeaderValue::from_str(value) {
        Ok(value) => {
            let name = HeaderName::from_static(name);
            response.headers_mut().insert(name, value);
        }
        Err(error) => tracing::warn!(name, %error, "a header that HTTP does not take"),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt as _, stream};
    use xmpp_core::Timestamp;

    use super::*;
    use crate::{secure_random, upload::FileName};

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    async fn incoming(dir: &std::path::Path, size: u64) -> (Folder, Incoming) {
        let week = Duration::from_hours(24 * 7);
        let folder = Folder::open(dir.to_owned(), 1 << 30, week, NOW);
        let folder = folder.await.expect("a folder");
        let slot = Slot {
            id: UploadId::generate(&mut secure_random()),
            name: FileName::new("a").expect("a name"),
            size,
            media_type: MediaType::octet_stream(),
            expires: NOW,
            until: None,
        };
        let incoming = folder.begin(NOW, &slot).await.expect("begun");
        (folder, incoming)
    }

    type Part = Result<Vec<u8>, std::io::Error>;

    #[tokio::test(start_paused = true)]
    async fn a_sender_that_stops_is_not_waited_for() {
        let dir = tempfile::tempdir().expect("a folder");
        let (folder, incoming) = incoming(dir.path(), 10).await;
        let before = Instant::now();
        let body = stream::iter([Part::Ok(vec![0; 3])]).chain(stream::pending());
        let end = receive(incoming, Body::from_stream(body)).await;
        assert!(matches!(end, Err(Unread::Late)));
        assert_eq!(before.elapsed().as_secs(), STALL.as_secs());
        assert_eq!(folder.usage().bytes(), 0, "nothing is left");
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_that_drips_is_not_waited_for() {
        let dir = tempfile::tempdir().expect("a folder");
        let size = 100 * SLOWEST;
        let (folder, incoming) = incoming(dir.path(), size).await;
        let before = Instant::now();
        let drops = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            Some((Part::Ok(vec![0]), ()))
        });
        let end = receive(incoming, Body::from_stream(drops)).await;
        assert!(matches!(end, Err(Unread::Late)));
        assert_eq!(before.elapsed().as_secs(), 160);
        assert_eq!(folder.usage().bytes(), 0, "nothing is left");
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_that_is_slow_gets_its_time() {
        let dir = tempfile::tempdir().expect("a folder");
        let (_folder, incoming) = incoming(dir.path(), 1000).await;
        let parts = stream::iter(0..10).then(|_| async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            Part::Ok(vec![0; 100])
        });
        let end = receive(incoming, Body::from_stream(parts)).await;
        assert!(end.is_ok());
    }
}
