//! Start tags that the compiler writes.

use std::marker::PhantomData;

use super::{Namespace, Payload};

/// The start tag of a payload, put together at compile time: `const { StartTag::of::<Delay>() }`.
#[derive(Clone, Copy, Debug)]
pub struct StartTag {
    /// `><name xmlns='…'`: what ends the start tag around it, and the start tag itself without its end.
    text: &'static str,
    /// Where the name ends; where that is all of it, the namespace name has to be escaped.
    bare: usize,
    ns: Namespace,
}

impl StartTag {
    /// The start tag of `P`.
    ///
    /// # Panics
    ///
    /// At compile time, where name and namespace are longer than 240 bytes together.
    pub const fn of<P: Payload>() -> Self {
        Self {
            text: Text::<P>::TEXT,
            bare: P::NAME.len() + 2,
            ns: P::NAMESPACE,
        }
    }

    pub(super) const fn ns(&self) -> Namespace {
        self.ns
    }

    /// The name, from the `>` that ends another start tag on.
    #[inline]
    pub(super) fn bare(&self) -> &'static str {
        &self.text[..self.bare]
    }

    /// As [`StartTag::bare`], with the declaration; `None` where that is not known to the compiler.
    #[inline]
    pub(super) fn declaring(&self) -> Option<&'static str> {
        (self.text.len() > self.bare).then_some(self.text)
    }
}

const ROOM: usize = 256;

struct Text<P>(PhantomData<P>);

impl<P: Payload> Text<P> {
    const BYTES: ([u8; ROOM], usize) = put_together(P::NAME, P::NAMESPACE.as_str());
    const TEXT: &'static str = match std::str::from_utf8(Self::BYTES.0.split_at(Self::BYTES.1).0) {
        Ok(text) => text,
        Err(_) => panic!("made of str slices"),
    };
}

const fn put_together(name: &str, ns: &str) -> ([u8; ROOM], usize) {
    let (mut out, mut len) = ([0; ROOM], 0);
    put(&mut out, &mut len, "><");
    put(&mut out, &mut len, name);
    if is_plain(ns) {
        put(&mut out, &mut len, " xmlns='");
        put(&mut out, &mut len, ns);
        put(&mut out, &mut len, "'");
    }
    (out, len)
}

const fn put(out: &mut [u8; ROOM], len: &mut usize, text: &str) {
    let text = text.as_bytes();
    let mut i = 0;
    while i < text.len() {
        out[*len] = text[i];
        *len += 1;
        i += 1;
    }
}

/// Whether `ns` stands in an attribute as it is.
const fn is_plain(ns: &str) -> bool {
    let ns = ns.as_bytes();
    let mut i = 0;
    while i < ns.len() {
        if !matches!(ns[i], b'!' | b'#'..=b'%' | b'('..=b';' | b'=' | b'?'..=b'~') {
            return false;
        }
        i += 1;
    }
    true
}
