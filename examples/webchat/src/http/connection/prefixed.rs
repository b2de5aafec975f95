//! A stream of which something has been read already.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Gives what was read before the stream, and then the stream; or nothing more, if it is lent for that alone.
#[derive(Debug)]
pub(super) struct Prefixed<S> {
    prefix: Vec<u8>,
    given: usize,
    ends: bool,
    stream: S,
}

impl<S> Prefixed<S> {
    /// `prefix`, and then all of `stream`.
    pub(super) fn new(prefix: Vec<u8>, stream: S) -> Self {
        Self {
            prefix,
            given: 0,
            ends: false,
            stream,
        }
    }

    /// `prefix` alone: a reader finds the end behind it. What is written goes to `stream`.
    pub(super) fn lent(prefix: Vec<u8>, stream: S) -> Self {
        Self {
            ends: true,
            ..Self::new(prefix, stream)
        }
    }

    /// The stream, and what comes before it and was not taken.
    pub(super) fn into_inner(mut self) -> (S, Vec<u8>) {
        let rest = self.prefix.split_off(self.given);
        (self.stream, rest)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Prefixed<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let rest = &this.prefix[this.given..];
        if !rest.is_empty() {
            let len = rest.len().min(buf.remaining());
            buf.put_slice(&rest[..len]);
            this.given += len;
            if this.given == this.prefix.len() && !this.ends {
                // It may be a WebSocket, and stay for hours.
                (this.prefix, this.given) = (Vec::new(), 0);
            }
            return Poll::Ready(Ok(()));
        }
        if this.ends {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Prefixed<S> {
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
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn the_stream_comes_behind_what_was_read() {
        let mut prefixed = Prefixed::new(b"first ".to_vec(), &b"second"[..]);
        let mut text = String::new();
        prefixed.read_to_string(&mut text).await.expect("text");
        assert_eq!(text, "first second");
    }

    #[tokio::test]
    async fn what_was_not_taken_is_the_rest() {
        let mut prefixed = Prefixed::new(b"first".to_vec(), &b"second"[..]);
        let mut some = [0; 3];
        prefixed.read_exact(&mut some).await.expect("text");
        assert_eq!(prefixed.into_inner(), (&b"second"[..], b"st".to_vec()));
    }

    #[tokio::test]
    async fn a_lent_stream_is_not_read() {
        let (ours, mut theirs) = tokio::io::duplex(64);
        theirs.write_all(b"next").await.expect("room");
        let mut lent = Prefixed::lent(b"this".to_vec(), ours);
        let mut text = String::new();
        lent.read_to_string(&mut text).await.expect("text");
        assert_eq!(text, "this");
        let (mut ours, rest) = lent.into_inner();
        assert_eq!(rest, b"");
        let mut rest = [0; 4];
        ours.read_exact(&mut rest).await.expect("the rest");
        assert_eq!(&rest, b"next");
    }
}
