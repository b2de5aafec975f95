//! Delivering a stream in pieces, as a TCP socket does.

use std::io::{self, BufRead, Read};

/// What an Ethernet frame carries of a TCP stream.
pub const CHUNK: usize = 1460;

/// A [`BufRead`] that never shows more than one chunk at a time.
#[derive(Debug)]
pub struct Chunked<'a> {
    rest: &'a [u8],
    /// Bytes of the current chunk not yet consumed.
    left: usize,
}

impl<'a> Chunked<'a> {
    /// Reads `bytes` in chunks.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            left: CHUNK.min(bytes.len()),
        }
    }
}

impl Read for Chunked<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let chunk = self.fill_buf()?;
        let n = chunk.len().min(buf.len());
        buf[..n].copy_from_slice(&chunk[..n]);
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Chunked<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(&self.rest[..self.left])
    }

    fn consume(&mut self, n: usize) {
        self.rest = &self.rest[n..];
        self.left -= n;
        if self.left == 0 {
            self.left = CHUNK.min(self.rest.len());
        }
    }
}
