//! One document through expat.

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    fmt,
    marker::PhantomData,
    slice,
};

use crate::{
    library::library,
    refusal::{Code, Refusal},
};

/// Between namespace and name: a character that no XML can hold.
const SEPARATOR: u8 = b'\x0c';

/// Takes what expat tells. A handler that panics ends the process: C code cannot be unwound through.
pub trait Handler {
    /// A start tag.
    fn start(&mut self, ns: &str, name: &str, attributes: Attributes<'_>);
    /// Character data; a run may come in several pieces.
    fn text(&mut self, text: &str);
    /// An end tag.
    fn end(&mut self);
}

/// The attributes of a start tag, declarations left out: namespace, name and value of each.
#[derive(Clone)]
pub struct Attributes<'a> {
    /// The next name in expat's array of names and values, which ends with a null.
    next: *const *const c_char,
    lent: PhantomData<&'a str>,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str, &'a str);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        // SAFETY: the array and its C strings live while expat's call of the handler lasts, which `'a` does not outlive;
        // `next` moves by whole pairs and stops at the null.
        unsafe {
            let name = *self.next;
            if name.is_null() {
                return None;
            }
            let value = *self.next.add(1);
            self.next = self.next.add(2);
            let (ns, name) = expanded(name);
            Some((ns, name, text(CStr::from_ptr(value).to_bytes())))
        }
    }
}

impl fmt::Debug for Attributes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// Gives `chunks` to expat as UTF-8 with namespaces, one after the other, and what it makes of them to `handler`. `whole`
/// says that the document ends with the last of them. `None` where expat is not installed.
///
/// # Panics
///
/// If a chunk has 2 GiB or more, or memory runs out.
pub fn parse<'a, H: Handler>(
    chunks: impl IntoIterator<Item = &'a [u8]>,
    whole: bool,
    handler: &mut H,
) -> Option<Result<(), Refusal>> {
    let expat = library()?;
    // SAFETY: the encoding is a C string.
    let parser =
        unsafe { (expat.parser_create_ns)(c"UTF-8".as_ptr(), c_char::from_ne_bytes([SEPARATOR])) };
    assert!(!parser.is_null(), "expat: out of memory");
    // SAFETY: the parser is used on this thread only, until it is freed below; `handler` outlives that and is reached
    // through the user data alone while `parse` runs; the three functions are those for `H`.
    unsafe {
        (expat.set_user_data)(parser, (&raw mut *handler).cast());
        (expat.set_element_handler)(parser, on_start::<H>, on_end::<H>);
        (expat.set_character_data_handler)(parser, on_text::<H>);
    }
    let feed = |chunk: &[u8], last: bool| {
        let len = c_int::try_from(chunk.len()).expect("a chunk is shorter than 2 GiB");
        // SAFETY: as above; `chunk` has `len` bytes, which expat copies where it needs them for longer.
        let status = unsafe { (expat.parse)(parser, chunk.as_ptr().cast(), len, last.into()) };
        if status == 1 {
            return Ok(());
        }
        // SAFETY: as above.
        let (code, index) = unsafe {
            (
                (expat.get_error_code)(parser),
                (expat.get_current_byte_index)(parser),
            )
        };
        Err(Refusal {
            code: Code(code),
            index: u64::try_from(index).unwrap_or(0),
        })
    };
    let mut result = chunks.into_iter().try_for_each(|chunk| feed(chunk, false));
    if whole && result.is_ok() {
        result = feed(&[], true);
    }
    // SAFETY: freed once, not used afterwards.
    unsafe { (expat.parser_free)(parser) };
    Some(result)
}

/// Namespace and name.
///
/// # Safety
///
/// `name` is a C string that lives for `'a`.
#[inline]
unsafe fn expanded<'a>(name: *const c_char) -> (&'a str, &'a str) {
    // SAFETY: as above.
    let name = text(unsafe { CStr::from_ptr(name) }.to_bytes());
    name.split_once(char::from(SEPARATOR)).unwrap_or(("", name))
}

#[inline]
fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).expect("expat makes UTF-8")
}

unsafe extern "C" fn on_start<H: Handler>(
    handler: *mut c_void,
    name: *const c_char,
    attributes: *const *const c_char,
) {
    // SAFETY: expat passes the user data of `parse`, a C string, and a null-terminated array of pairs of C strings; all of
    // them live until this returns.
    unsafe {
        let (ns, name) = expanded(name);
        let attributes = Attributes {
            next: attributes,
            lent: PhantomData,
        };
        (*handler.cast::<H>()).start(ns, name, attributes);
    }
}

unsafe extern "C" fn on_end<H: Handler>(handler: *mut c_void, _name: *const c_char) {
    // SAFETY: expat passes the user data of `parse`.
    unsafe { (*handler.cast::<H>()).end() }
}

unsafe extern "C" fn on_text<H: Handler>(handler: *mut c_void, start: *const c_char, len: c_int) {
    // SAFETY: expat passes the user data of `parse`, and `len` bytes; it never cuts a character.
    unsafe {
        let bytes = slice::from_raw_parts(start.cast(), usize::try_from(len).unwrap_or(0));
        (*handler.cast::<H>()).text(text(bytes));
    }
}
