//! A connection in virtual time, before a front that has no site: whatever is asked for is of an unknown host.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use clap::Parser as _;
use tokio::{
    io::{AsyncReadExt as _, DuplexStream, duplex},
    sync::Semaphore,
    time::{Instant, sleep},
};

use super::*;
use crate::{Clock, Options, metrics::Requests};

const GET: &str = "GET / HTTP/1.1\r\nHost: unknown.example\r\n\r\n";

/// A stream that remembers whether its end was said, and not only the stream dropped.
struct Told {
    stream: DuplexStream,
    end: Arc<AtomicBool>,
}

impl AsyncRead for Told {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Told {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.end.store(true, Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

struct World {
    client: DuplexStream,
    /// The end was said.
    end: Arc<AtomicBool>,
    stop: watch::Sender<bool>,
    served: tokio::task::JoinHandle<()>,
    /// Bytes of its task, beside the stream.
    size: usize,
}

impl World {
    /// A connection that has room for so many bytes each way.
    fn new(room: usize) -> Self {
        let line = ["webchat", "--data", "none", "--host-name", "chat.example"];
        let settings = Options::parse_from(line).settle().expect("settings");
        let requests = Requests::default();
        let front = Front::new(&settings, Vec::new(), false, requests, Clock::start());
        let neighbour = Neighbour {
            address: [127, 0, 0, 1].into(),
            tls: false,
            vouched: None,
        };
        let (ours, client) = duplex(room);
        let (stop, stopped) = watch::channel(false);
        let place = Arc::new(Semaphore::new(1));
        let alive = Alive::new(
            place.try_acquire_owned().expect("a place"),
            mpsc::channel(1).0,
        );
        let end = Arc::new(AtomicBool::new(false));
        let stream = Told {
            stream: ours,
            end: end.clone(),
        };
        let served = serve(stream, neighbour, Arc::new(front), stopped, alive);
        Self {
            client,
            end,
            stop,
            size: size_of_val(&served) - size_of::<Told>(),
            served: tokio::spawn(served),
        }
    }

    async fn write(&mut self, text: &str) {
        self.client.write_all(text.as_bytes()).await.expect("room");
    }

    /// All that comes until the end.
    async fn rest(&mut self) -> String {
        let mut text = String::new();
        let read = self.client.read_to_string(&mut text);
        let read = timeout(Duration::from_hours(1), read).await;
        read.expect("an end").expect("text");
        text
    }

    /// The head of the next answer.
    async fn head(&mut self) -> String {
        let mut read = Vec::new();
        while !read.ends_with(b"\r\n\r\n") {
            read.push(self.client.read_u8().await.expect("an answer"));
        }
        String::from_utf8(read).expect("text")
    }

    async fn served(&mut self) {
        let served = timeout(Duration::from_hours(1), &mut self.served).await;
        served.expect("it ends").expect("no panic");
    }
}

/// There is one for every client that is there, and what hyper does or TLS needs would make each of them several times as large.
#[tokio::test]
async fn a_connection_has_no_room_for_what_few_of_them_need() {
    let size = World::new(1).size;
    assert!(size < 2048, "{size} bytes");
}

#[tokio::test(start_paused = true)]
async fn whoever_says_nothing_or_not_enough_is_told_the_end() {
    for part in ["", "GET / HT", "\r\n\r\n\r\n", &format!("{GET}POST /")] {
        let mut world = World::new(4096);
        let start = Instant::now();
        world.write(part).await;
        let said = world.rest().await;
        assert_eq!(said.is_empty(), !part.starts_with(GET), "{part:?}");
        world.served().await;
        assert_eq!(start.elapsed(), HEAD_TIMEOUT, "{part:?}");
        assert!(world.end.load(Ordering::Relaxed), "{part:?}");
    }
}

/// Each byte is in time for the one before, but not for the head.
#[tokio::test(start_paused = true)]
async fn a_head_that_comes_slowly_has_no_more_time_than_another() {
    let mut world = World::new(4096);
    let start = Instant::now();
    for byte in "GET / HTTP/1.1\r\nHost: a\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".bytes() {
        if world.client.write_all(&[byte]).await.is_err() {
            break;
        }
        sleep(Duration::from_secs(1)).await;
    }
    world.served().await;
    assert_eq!(
        start.elapsed().as_secs(),
        HEAD_TIMEOUT.as_secs() + 1,
        "noticed by the next byte"
    );
}

#[tokio::test(start_paused = true)]
async fn an_idle_client_is_told_that_the_server_stops() {
    let mut world = World::new(4096);
    world.write(GET).await;
    assert!(world.head().await.starts_with("HTTP/1.1 421 "));
    world.stop.send(true).expect("a connection");
    world.rest().await;
    world.served().await;
    assert!(world.end.load(Ordering::Relaxed));
}

/// hyper refuses what is no URI, and says that it closes.
#[tokio::test(start_paused = true)]
async fn what_hyper_refuses_ends_a_connection_that_it_was_lent() {
    let mut world = World::new(4096);
    world.write(&GET.replace("GET /", "GET ?")).await;
    world.write(GET).await;
    let said = world.rest().await;
    assert!(said.starts_with("HTTP/1.1 400 "), "{said}");
    assert!(said.contains("connection: close"), "{said}");
    assert!(!said.contains(" 421 "), "{said}");
    world.served().await;
    assert!(world.end.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_its_answer_is_given_up_by_whatever_way() {
    for request in [
        GET.to_owned(),
        GET.replace("Host", "Connection: close\r\nHost"),
        GET.replace("Host", "Transfer-Encoding: chunked\r\nHost") + "0\r\n\r\n",
    ] {
        let mut world = World::new(request.len());
        let start = Instant::now();
        world.write(&request).await;
        world.served().await;
        assert_eq!(start.elapsed(), WRITE_TIMEOUT, "{request:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_slowly_gets_its_answer() {
    let mut world = World::new(64);
    world.write(GET).await;
    let start = Instant::now();
    let mut said = Vec::new();
    let mut chunk = [0; 64];
    while !said.ends_with(b"chat.\n") {
        sleep(WRITE_TIMEOUT / 2).await;
        let read = world.client.read(&mut chunk).await.expect("more");
        assert_ne!(read, 0, "{}", String::from_utf8_lossy(&said));
        said.extend_from_slice(&chunk[..read]);
    }
    assert!(start.elapsed() > 2 * WRITE_TIMEOUT);
}

/// The answer of BOSH itself, which is not hyper's to write.
#[tokio::test(start_paused = true)]
async fn a_client_that_reads_slowly_gets_its_messages() {
    let (ours, mut theirs) = duplex(64);
    let (_stop, stopped) = watch::channel(false);
    let line = ["webchat", "--data", "none"];
    let settings = Options::parse_from(line).settle().expect("settings");
    let requests = Requests::default();
    let front = Front::new(&settings, Vec::new(), false, requests, Clock::start());
    let mut connection = Connection::new(ours, stopped);
    let body = "<body/>".repeat(100);
    let said = Said {
        status: StatusCode::OK,
        content_type: "text/xml",
        body: &body,
    };
    let reader = tokio::spawn(async move {
        let mut said = String::new();
        let mut chunk = [0; 64];
        while said.matches("<body/>").count() < 100 {
            sleep(WRITE_TIMEOUT / 2).await;
            let read = theirs.read(&mut chunk).await.expect("more");
            said += std::str::from_utf8(&chunk[..read]).expect("text");
        }
    });
    let answered = connection.answer(&front, &Origin::Own, said, false).await;
    assert!(answered.is_ok(), "{answered:?}");
    reader.await.expect("a reader");
}

#[tokio::test(start_paused = true)]
async fn who_has_begun_a_request_when_the_server_stops_is_answered_by_whatever_way() {
    let post = |fields: &str| format!("POST / HTTP/1.1\r\nHost: unknown.example\r\n{fields}\r\n");
    for request in [
        GET.to_owned(),
        post("Content-Length: 0\r\n"),
        post("Transfer-Encoding: chunked\r\n") + "0\r\n\r\n",
        post("Connection: close\r\n"),
    ] {
        // Which of two things that are ready comes first may be left to chance.
        for _ in 0..16 {
            let mut world = World::new(4096);
            world.write(&request[..10]).await;
            sleep(Duration::from_secs(1)).await;
            world.stop.send(true).expect("a connection");
            sleep(Duration::from_secs(1)).await;
            world.write(&request[10..]).await;
            let said = world.rest().await;
            assert!(said.starts_with("HTTP/1.1 421 "), "{request:?}: {said:?}");
            world.served().await;
            assert!(world.end.load(Ordering::Relaxed), "{request:?}");
        }
    }
}

/// What is not read fills the client's buffers, not ours; and nobody is woken for it over and over.
#[tokio::test(start_paused = true)]
async fn little_is_kept_of_what_comes_while_an_answer_is_waited_for() {
    let (ours, mut theirs) = duplex(1024 * 1024);
    let (_stop, stopped) = watch::channel(false);
    let mut connection = Connection::new(ours, stopped);
    theirs.write_all(&vec![b'x'; 500_000]).await.expect("room");
    let polled = poll_fn(|cx| Poll::Ready(connection.poll_gone(cx).is_pending()));
    assert!(polled.await, "the client is there");
    assert!(connection.input.len() < MAX_HEAD + CHUNK);
    let mut polls = 0;
    let gone = poll_fn(|cx| {
        polls += 1;
        connection.poll_gone(cx)
    });
    let waited = timeout(Duration::from_mins(1), gone).await;
    assert!(waited.is_err(), "{waited:?}");
    assert!(polls <= 2, "{polls}");
}
