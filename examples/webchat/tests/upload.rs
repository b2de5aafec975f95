//! Uploads over real connections (XEP-0363): slots by XMPP, files by HTTP, and every kind of misuse.

mod common;
#[path = "upload/misuse.rs"]
mod misuse;
#[path = "upload/serve.rs"]
mod serve;
#[path = "upload/slots.rs"]
mod slots;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use common::{Transport, User, http, http::Answer, server, soon};
use tempfile::TempDir;
use webchat::Server;
use xmpp_core::xml::{Element, ns};

/// A server that keeps files, and a user of it.
struct World {
    server: Server,
    user: User,
    data: TempDir,
}

/// What a slot says.
#[derive(Clone, Debug)]
struct Urls {
    put: String,
    get: String,
}

impl World {
    async fn new(options: &[&str]) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        Self::in_folder(data, options).await
    }

    async fn in_folder(data: TempDir, options: &[&str]) -> Self {
        let path = data.path().to_str().expect("UTF-8");
        let options: Vec<&str> = ["--data", path]
            .into_iter()
            .chain(options.iter().copied())
            .collect();
        let server = server(&options).await;
        let user = User::login(server.address(), Transport::WebSocket).await;
        Self { server, user, data }
    }

    /// The same again, with the same data.
    async fn restart(self, options: &[&str]) -> Self {
        drop(self.user);
        self.server.stop().await;
        Self::in_folder(self.data, options).await
    }

    fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The answer to a request to `upload.localhost`.
    async fn ask(&mut self, payload: &str) -> Element {
        ask(&mut self.user, "upload.localhost", payload).await
    }

    async fn request(&mut self, name: &str, size: usize, media_type: &str) -> Element {
        self.ask(&format!(
            "<request xmlns='urn:xmpp:http:upload:0' filename='{name}' size='{size}' content-type='{media_type}'/>"
        ))
        .await
    }

    async fn slot(&mut self, name: &str, size: usize, media_type: &str) -> Urls {
        let answer = self.request(name, size, media_type).await;
        urls(&answer).unwrap_or_else(|| panic!("no slot: {answer}"))
    }

    async fn put(&self, url: &str, media_type: &str, content: &str) -> Answer {
        let headers = [("content-type", media_type)];
        self.send("PUT", url, &headers, content).await
    }

    async fn get(&self, url: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", url, headers, "").await
    }

    async fn send(&self, method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let request = http::request(
            self.address(),
            method,
            path_of(url),
            headers,
            body.to_owned(),
        );
        soon(url, request).await.expect("an answer")
    }

    /// A file that was uploaded.
    async fn uploaded(&mut self, name: &str, media_type: &str, content: &str) -> Urls {
        let urls = self.slot(name, content.len(), media_type).await;
        let answer = self.put(&urls.put, media_type, content).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        urls
    }

    fn folder(&self) -> PathBuf {
        self.data.path().join("localhost/upload")
    }

    /// The files that lie in the folder.
    fn files(&self) -> Vec<String> {
        names(&self.folder())
    }
}

fn names(folder: &Path) -> Vec<String> {
    let found = std::fs::read_dir(folder).expect("a folder");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.expect("an entry").file_name();
        name.into_string().expect("UTF-8")
    };
    found.map(name).filter(|name| name != "lock").collect()
}

async fn ask(user: &mut User, to: &str, payload: &str) -> Element {
    let id = format!("ask-{}", rand::random::<u64>());
    user.send(&format!(
        "<iq type='get' id='{id}' to='{to}'>{payload}</iq>"
    ))
    .await;
    user.find("an answer", |stanza| {
        stanza.attr("id").as_deref() == Some(&id)
    })
    .await
}

fn urls(answer: &Element) -> Option<Urls> {
    let slot = answer.child("slot", ns::HTTP_UPLOAD)?;
    let url = |name| Some(slot.child(name, ns::HTTP_UPLOAD)?.attr("url")?.into_owned());
    Some(Urls {
        put: url("put")?,
        get: url("get")?,
    })
}

/// What stands behind the host of a URL.
fn path_of(url: &str) -> &str {
    let (_, rest) = url.split_once("://").expect("a URL");
    &rest[rest.find('/').expect("a path")..]
}
