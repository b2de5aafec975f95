//! What happens on one HTTP connection: requests of BOSH and others, one behind the other, as browsers send them.

mod common;

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use common::{http::creation, server, soon};
use webchat::Server;

/// A client that writes bytes, and reads answers one by one.
struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
struct Answer {
    line: String,
    /// All but the date, in the order of their names.
    fields: Vec<String>,
    body: String,
}

impl Answer {
    fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|f| f == field)
    }
}

impl Client {
    async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a server");
        let read = Vec::new();
        Self { stream, read }
    }

    async fn write(&mut self, text: &str) {
        let written = self.stream.write_all(text.as_bytes()).await;
        written.expect("an open connection");
    }

    /// The next answer; `None` at the end of the connection.
    async fn answer(&mut self) -> Option<Answer> {
        soon("an answer", async {
            loop {
                if let Some(answer) = self.take() {
                    return Some(answer);
                }
                let mut chunk = [0; 4096];
                match self.stream.read(&mut chunk).await {
                    Ok(0) | Err(_) => {
                        assert!(self.read.is_empty(), "half an answer: {:?}", self.read);
                        return None;
                    }
                    Ok(len) => self.read.extend_from_slice(&chunk[..len]),
                }
            }
        })
        .await
    }

    fn take(&mut self) -> Option<Answer> {
        let text = std::str::from_utf8(&self.read).ok()?;
        let (head, rest) = text.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n").map(str::to_owned);
        let line = lines.next()?;
        let mut fields: Vec<String> = lines.filter(|line| !line.starts_with("date:")).collect();
        fields.sort_unstable();
        let length = fields
            .iter()
            .find_map(|f| f.strip_prefix("content-length: "));
        let length = length.map_or(0, |length| length.parse().expect("a number"));
        let body = rest.get(..length)?.to_owned();
        let taken = head.len() + 4 + length;
        let answer = Answer { line, fields, body };
        self.read.drain(..taken);
        Some(answer)
    }
}

fn post(fields: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST /http-bind HTTP/1.1\r\nHost: localhost\r\n{fields}Content-Length: {length}\r\n\r\n{body}"
    )
}

/// The same request, framed so that hyper has to read it.
fn chunked(fields: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST /http-bind HTTP/1.1\r\nHost: localhost\r\n{fields}Transfer-Encoding: chunked\r\n\r\n\
         {length:x}\r\n{body}\r\n0\r\n\r\n"
    )
}

fn sid(answer: &Answer) -> &str {
    let (_, rest) = answer.body.split_once("sid='").expect("a sid");
    rest.split_once('\'').expect("a quote").0
}

fn rid_of(creation: &str) -> u64 {
    let (_, rest) = creation.split_once("rid='").expect("a rid");
    rest.split_once('\'')
        .expect("a quote")
        .0
        .parse()
        .expect("a number")
}

const GET: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[tokio::test]
async fn both_ways_of_reading_a_request_lead_to_the_same_answer() {
    let server = server(&["--cors-origin", "https://friend.example"]).await;
    for (fields, body) in [
        ("", "<body"),
        ("", "no XML"),
        (
            "",
            "<body xmlns='http://jabber.org/protocol/httpbind' rid='1' sid='unknown'/>",
        ),
        ("Origin: http://localhost\r\n", "<body/>"),
        ("Origin: https://friend.example\r\n", "<body/>"),
        ("Origin: https://stranger.example\r\n", "<body/>"),
        ("Content-Type: application/json\r\n", "{}"),
        ("", ""),
    ] {
        let mut answers = Vec::new();
        for request in [post(fields, body), chunked(fields, body)] {
            let mut client = Client::connect(server.address()).await;
            client.write(&request).await;
            answers.push(client.answer().await.expect("an answer"));
        }
        assert_eq!(answers[0], answers[1], "{fields:?} {body:?}");
        let again = "Origin: https://friend.example\r\n";
        let allowed = answers[0].has("access-control-allow-origin: https://friend.example");
        assert_eq!(allowed, fields == again);
    }
}

/// hyper is lent the connection for a request, or given it for good where the head is out of the ordinary.
#[tokio::test]
async fn what_hyper_answers_is_the_same_on_a_connection_that_it_was_lent() {
    let server = server(&["--public-url", "http://localhost/chat/"]).await;
    let mut lent = Client::connect(server.address()).await;
    let ask = |path: &str, fields: &str| {
        let (method, path) = path.split_once(' ').expect("a method");
        format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n")
    };
    lent.write(&ask("GET /chat/js/main.js", "")).await;
    let page = lent.answer().await.expect("an answer");
    let etag = page.fields.iter().find_map(|f| f.strip_prefix("etag: "));
    let etag = format!("If-None-Match: {}\r\n", etag.expect("a validator"));
    for (path, fields, status) in [
        ("GET /chat/", "", 200),
        ("GET /chat", "", 308),
        ("GET /chat/js/main.js", &*etag, 304),
        ("GET /chat/js/main.js", "Range: bytes=0-9\r\n", 200),
        ("GET /chat/nothing", "", 404),
        ("GET /chat/http-bind", "", 405),
        ("GET /chat/xmpp-websocket", "", 426),
        ("OPTIONS /chat/http-bind", "", 204),
        ("OPTIONS *", "", 404),
        ("OPTIONS /chat/", "", 405),
        ("GET http://localhost/chat/healthz", "", 200),
        ("GET http://other.example/chat/", "", 421),
        ("GET /chat/", "Host: localhost\r\n", 400),
        ("GET /chat/healthz", "Content-Length: 0\r\n", 200),
    ] {
        lent.write(&ask(path, fields)).await;
        let answer = lent.answer().await.expect("an answer");
        assert_eq!(answer.line[9..12], status.to_string(), "{path}: {answer:?}");
        assert!(!answer.has("connection: close"), "{path}: {answer:?}");
        let mut given = Client::connect(server.address()).await;
        let fields = format!("{fields}Connection: keep-alive, x\r\n");
        given.write(&ask(path, &fields)).await;
        assert_eq!(given.answer().await, Some(answer), "{path}");
    }
}

#[tokio::test]
async fn a_client_that_has_said_all_that_it_wants_is_answered() {
    let server = server(&[]).await;
    let mut client = Client::connect(server.address()).await;
    client.write(&[GET, GET].concat()).await;
    client.stream.shutdown().await.expect("open");
    for _ in 0..2 {
        let answer = client.answer().await.expect("an answer");
        assert_eq!(answer.body, "ok\n");
    }
    assert_eq!(client.answer().await, None);
}

#[tokio::test]
async fn a_body_that_comes_when_the_server_has_stopped_is_answered_by_both_ways() {
    for request in [post, chunked] {
        let server = server(&[]).await;
        let mut client = Client::connect(server.address()).await;
        let request = request("", &creation("localhost"));
        let (begun, rest) = request.split_at(request.len() - 20);
        client.write(begun).await;
        // What comes before is answered: the request has arrived in part.
        common::http::get(server.address(), "/healthz").await;
        soon("the end", server.stop()).await;
        client.write(rest).await;
        let answer = client.answer().await.expect("an answer");
        assert!(answer.has("connection: close"), "{answer:?}");
        assert!(answer.body.contains("terminate"), "{answer:?}");
        assert_eq!(client.answer().await, None);
    }
}

/// How often requests of BOSH were answered with each status.
async fn counts(server: &Server) -> BTreeMap<String, u64> {
    let address = server.metrics_address().expect("served");
    let text = common::http::get(address, "/metrics").await.body;
    let lines = text.lines().filter_map(|line| {
        let labels = line.strip_prefix("webchat_http_requests_total{route=\"bosh\",")?;
        let (labels, count) = labels.split_once("} ")?;
        Some((labels.to_owned(), count.parse().expect("a number")))
    });
    lines.collect()
}

#[tokio::test]
async fn both_ways_of_reading_a_request_are_counted_alike() {
    let options = [
        "--metrics-listen",
        "127.0.0.1:0",
        "--trusted-proxy",
        "loopback",
    ];
    let server = server(&options).await;
    let mut client = Client::connect(server.address()).await;
    let protected = "X-Forwarded-Proto: https\r\n";
    client.write(&post(protected, &creation("localhost"))).await;
    let created = client.answer().await.expect("an answer");
    let continued = format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='1001' sid='{}'/>",
        sid(&created)
    );
    for (fields, body, status) in [
        ("", "no XML", Some(200)),
        ("Origin: https://stranger.example\r\n", "", Some(403)),
        // It gets no answer, for it came in clear.
        ("", &continued, None),
    ] {
        for request in [post, chunked] {
            let before = counts(&server).await;
            let mut client = Client::connect(server.address()).await;
            client.write(&request(fields, body)).await;
            let answer = client.answer().await;
            let line = answer.as_ref().map(|answer| &answer.line[..12]);
            let wanted = status.map(|status| format!("HTTP/1.1 {status}"));
            assert_eq!(line, wanted.as_deref(), "{body}");
            let mut counted = before.clone();
            let label = format!("method=\"POST\",status=\"{}\"", status.unwrap_or(400));
            *counted.entry(label).or_default() += 1;
            assert_eq!(counts(&server).await, counted, "{fields:?} {body}");
        }
    }
}

#[tokio::test]
async fn a_connection_serves_the_page_and_bosh_in_turn() {
    let server = server(&[]).await;
    let mut client = Client::connect(server.address()).await;
    for _ in 0..3 {
        client.write(GET).await;
        let answer = client.answer().await.expect("an answer");
        assert_eq!((&*answer.line, &*answer.body), ("HTTP/1.1 200 OK", "ok\n"));
        client.write(&post("", &creation("localhost"))).await;
        let answer = client.answer().await.expect("an answer");
        assert_eq!(answer.line, "HTTP/1.1 200 OK");
        assert!(!sid(&answer).is_empty());
        assert!(!answer.has("connection: close"));
        client
            .write("OPTIONS /http-bind HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await;
        let answer = client.answer().await.expect("an answer");
        assert_eq!(answer.line, "HTTP/1.1 204 No Content");
        client
            .write("GET /js/main.js HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await;
        let answer = client.answer().await.expect("an answer");
        assert_eq!(answer.line, "HTTP/1.1 200 OK");
        assert!(!answer.body.is_empty());
        client
            .write("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await;
        loop {
            // The answer to HEAD has a length, but no body.
            let mut byte = [0];
            client.stream.read_exact(&mut byte).await.expect("a head");
            client.read.push(byte[0]);
            if client.read.ends_with(b"\r\n\r\n") {
                break;
            }
        }
        assert!(client.read.starts_with(b"HTTP/1.1 200 OK"));
        client.read.clear();
    }
}

#[tokio::test]
async fn requests_that_come_together_are_answered_in_their_order() {
    let server = server(&[]).await;
    let mut client = Client::connect(server.address()).await;
    let wrong = post("", "no XML");
    client
        .write(&[GET, &wrong, GET, &wrong, &wrong, GET].concat())
        .await;
    for is_get in [true, false, true, false, false, true] {
        let answer = client.answer().await.expect("an answer");
        assert_eq!(answer.body == "ok\n", is_get, "{answer:?}");
    }
}

#[tokio::test]
async fn a_request_may_come_byte_by_byte() {
    let server = server(&[]).await;
    let mut client = Client::connect(server.address()).await;
    client.stream.set_nodelay(true).expect("a socket");
    for byte in post("", &creation("localhost")).as_bytes() {
        client.stream.write_all(&[*byte]).await.expect("open");
        tokio::task::yield_now().await;
    }
    let answer = client.answer().await.expect("an answer");
    assert!(!sid(&answer).is_empty());
}

#[tokio::test]
async fn a_client_that_asks_for_it_is_told_the_end() {
    let server = server(&[]).await;
    let mut client = Client::connect(server.address()).await;
    client.write(&post("Connection: close\r\n", "no XML")).await;
    let answer = client.answer().await.expect("an answer");
    assert!(answer.has("connection: close"), "{answer:?}");
    assert_eq!(client.answer().await, None);
}

/// A client that goes away while its request waits has lost nothing: what comes is there for its next request (XEP-0124 §14.3).
#[tokio::test]
async fn a_request_whose_client_has_gone_is_no_longer_held() {
    let server = server(&[]).await;
    let creation = creation("localhost");
    let mut client = Client::connect(server.address()).await;
    client.write(&post("", &creation)).await;
    let answer = client.answer().await.expect("an answer");
    let sid = sid(&answer).to_owned();
    let rid = rid_of(&creation);
    let body = |rid: u64, payload: &str| {
        format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' rid='{rid}' sid='{sid}'>{payload}</body>"
        )
    };
    client.write(&post("", &body(rid + 1, ""))).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(client);
    tokio::time::sleep(Duration::from_millis(100)).await;
    // The features of the stream came with the first answer; what is said now is an answer to this request alone.
    let auth = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>";
    let mut second = Client::connect(server.address()).await;
    second.write(&post("", &body(rid + 2, auth))).await;
    let answer = second.answer().await.expect("an answer");
    assert!(answer.body.contains("<success"), "{answer:?}");
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_as_by_hyper() {
    let server = server(&["--max-stanza-bytes", "10000"]).await;
    let mut client = Client::connect(server.address()).await;
    let large = "a".repeat(20_000);
    client
        .write(&post("", &format!("<body>{large}</body>")))
        .await;
    let answer = client.answer().await.expect("an answer");
    assert!(answer.body.contains("terminate"), "{answer:?}");
}

#[tokio::test]
async fn what_is_no_http_is_told_so() {
    let server = server(&[]).await;
    let mut client = Client::connect(server.address()).await;
    client.write("<stream:stream to='localhost'>\r\n\r\n").await;
    let answer = client.answer().await.expect("an answer");
    assert_eq!(answer.line, "HTTP/1.1 400 Bad Request");
    let mut client = Client::connect(server.address()).await;
    client
        .write(&format!("GET /{} HTTP/1.1\r\n", "a".repeat(17_000)))
        .await;
    let answer = client.answer().await.expect("an answer");
    assert!(answer.line.starts_with("HTTP/1.1 4"), "{answer:?}");
}

#[tokio::test]
async fn idle_connections_end_with_the_server() {
    let server = server(&[]).await;
    let mut client = Client::connect(server.address()).await;
    client.write(&post("", "no XML")).await;
    client.answer().await.expect("an answer");
    soon("the end", server.stop()).await;
    assert_eq!(client.answer().await, None);
}
