//! A client over WebSocket.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message, client::IntoClientRequest, handshake::client::Response,
        protocol::CloseFrame,
    },
};
use xmpp_core::xml::{Element, ns};

const OPEN: &str =
    "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>";

/// A session of an anonymous user.
pub struct Socket {
    pub stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub jid: String,
    /// The close frame, once it has come.
    pub closed: Option<CloseFrame>,
}

impl Socket {
    /// A WebSocket with the handshake done.
    ///
    /// # Errors
    ///
    /// What the handshake ended with.
    pub async fn connect(
        address: SocketAddr,
        headers: &[(&'static str, &str)],
    ) -> Result<(Self, Response), Box<Error>> {
        let url = format!("ws://{address}/xmpp-websocket");
        let mut request = url.into_client_request().expect("a request");
        for (name, value) in headers {
            request
                .headers_mut()
                .insert(*name, value.parse().expect("a header"));
        }
        let (stream, response) = connect_async(request).await.map_err(Box::new)?;
        let socket = Self {
            stream,
            jid: String::new(),
            closed: None,
        };
        Ok((socket, response))
    }

    /// A WebSocket of the subprotocol `xmpp`.
    pub async fn xmpp(address: SocketAddr) -> Self {
        let (socket, response) = Self::connect(address, &[("sec-websocket-protocol", "xmpp")])
            .await
            .expect("a handshake");
        let protocol = response.headers().get("sec-websocket-protocol");
        assert_eq!(
            protocol.map(hyper::header::HeaderValue::as_bytes),
            Some(&b"xmpp"[..])
        );
        socket
    }

    /// Connects and logs in, as far as before bind.
    pub async fn authenticated(address: SocketAddr) -> Self {
        let mut this = Self::open(address).await;
        this.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>")
            .await;
        this.expect(|e| e.is("success", ns::SASL)).await;
        this.send(OPEN).await;
        this.expect(|e| e.is("open", ns::FRAMING)).await;
        this.expect(|e| e.is("features", ns::STREAMS)).await;
        this
    }

    /// Connects and logs in.
    pub async fn login(address: SocketAddr) -> Self {
        let mut this = Self::authenticated(address).await;
        this.send_stanza(
            "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
        )
        .await;
        let bound = this.expect(|e| e.is("iq", ns::CLIENT)).await;
        let bind = bound.child("bind", ns::BIND).expect("a bind result");
        this.jid = bind
            .child("jid", ns::BIND)
            .expect("a JID")
            .text()
            .into_owned();
        this
    }

    pub async fn open(address: SocketAddr) -> Self {
        let mut this = Self::xmpp(address).await;
        this.send(OPEN).await;
        this.expect(|e| e.is("open", ns::FRAMING)).await;
        this.expect(|e| e.is("features", ns::STREAMS)).await;
        this
    }

    async fn expect(&mut self, wanted: impl Fn(&Element) -> bool) -> Element {
        let next = super::soon("login", self.next()).await.expect("an answer");
        assert!(wanted(&next), "{next}");
        next
    }

    /// Sends a text message.
    pub async fn send(&mut self, text: &str) {
        self.stream
            .send(Message::text(text))
            .await
            .expect("the socket is open");
    }

    /// Sends a stanza that was written without `xmlns`.
    pub async fn send_stanza(&mut self, stanza: &str) {
        assert!(self.offer(stanza).await, "the socket is open");
    }

    /// As [`send_stanza`](Self::send_stanza), to a server that may be gone: whether it was taken.
    pub async fn offer(&mut self, stanza: &str) -> bool {
        let at = stanza.find([' ', '>', '/']).expect("a start tag");
        let stanza = format!("{} xmlns='jabber:client'{}", &stanza[..at], &stanza[at..]);
        self.stream.send(Message::text(stanza)).await.is_ok()
    }

    /// The next element that arrives; `None` when the socket is closed.
    pub async fn next(&mut self) -> Option<Element> {
        while let Some(Ok(message)) = self.stream.next().await {
            match message {
                // HDR-17: each message stands on its own.
                Message::Text(text) => {
                    return Some(Element::parse(text.as_str()).expect("a document"));
                }
                Message::Close(frame) => self.closed = frame,
                Message::Binary(_) => panic!("a binary message"),
                _ => {}
            }
        }
        None
    }
}
