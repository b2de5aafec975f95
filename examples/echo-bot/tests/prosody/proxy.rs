//! A TCP proxy that cuts.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// In front of one port. Clones are the same proxy.
#[derive(Clone)]
pub(crate) struct Proxy {
    /// Where it listens.
    pub(crate) port: u16,
    cuts: watch::Sender<u64>,
    swallow: Arc<AtomicU64>,
    swallowed: Arc<AtomicU64>,
}

impl Proxy {
    pub(crate) async fn start(target: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let proxy = Self {
            port: listener.local_addr().expect("bound").port(),
            cuts: watch::channel(0).0,
            swallow: Arc::default(),
            swallowed: Arc::default(),
        };
        let clone = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let proxy = clone.clone();
                tokio::spawn(async move { proxy.pass(client, target).await });
            }
        });
        proxy
    }

    /// Cuts every connection now.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Loses the next answer of the server, on the way, and the connection with it.
    pub(crate) fn swallow(&self) {
        self.swallow.fetch_add(1, Ordering::SeqCst);
    }

    /// How many answers were lost.
    pub(crate) fn swallowed(&self) -> u64 {
        self.swallowed.load(Ordering::SeqCst)
    }

    async fn pass(&self, mut client: TcpStream, target: u16) -> Option<()> {
        let mut server = TcpStream::connect(("127.0.0.1", target)).await.ok()?;
        let mut cuts = self.cuts.subscribe();
        let (mut up, mut down) = (vec![0; 8192], vec![0; 8192]);
        loop {
            tokio::select! {
                n = client.read(&mut up) => match n.ok()? {
                    0 => return None,
                    n => server.write_all(&up[..n]).await.ok()?,
                },
                n = server.read(&mut down) => {
                    let n = n.ok().filter(|n| *n > 0)?;
                    let lose = |n: u64| n.checked_sub(1);
                    if self.swallow.fetch_update(Ordering::SeqCst, Ordering::SeqCst, lose).is_ok() {
                        self.swallowed.fetch_add(1, Ordering::SeqCst);
                        return None;
                    }
                    client.write_all(&down[..n]).await.ok()?;
                }
                _ = cuts.changed() => return None,
            }
        }
    }
}
