//! expat, found at run time (`libexpat.so.1`), with namespaces. Safe wrappers exist for old versions only, and binding
//! it at build time would make everybody install it; so five of its functions are called here.

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    slice, str,
    sync::OnceLock,
};

use libloading::Library;

use super::{Outcome, Sax};
use crate::{checksum::attribute, chunks::CHUNK};

type RawParser = *mut c_void;
type StartHandler = unsafe extern "C" fn(*mut c_void, *const c_char, *const *const c_char);
type EndHandler = unsafe extern "C" fn(*mut c_void, *const c_char);
type TextHandler = unsafe extern "C" fn(*mut c_void, *const c_char, c_int);

struct Expat {
    create: unsafe extern "C" fn(*const c_char, c_char) -> RawParser,
    free: unsafe extern "C" fn(RawParser),
    set_user_data: unsafe extern "C" fn(RawParser, *mut c_void),
    set_elements: unsafe extern "C" fn(RawParser, StartHandler, EndHandler),
    set_text: unsafe extern "C" fn(RawParser, TextHandler),
    parse: unsafe extern "C" fn(RawParser, *const c_char, c_int, c_int) -> c_int,
}

/// Between namespace and name; no namespace of the input holds it.
const SEPARATOR: u8 = b'\n';

fn library() -> Option<&'static Expat> {
    static EXPAT: OnceLock<Option<Expat>> = OnceLock::new();
    EXPAT
        .get_or_init(|| {
            // SAFETY: libexpat has no initialisers with preconditions; the signatures are those of expat.h, and the
            // library is leaked, so that the function pointers stay valid for the rest of the process.
            unsafe {
                let library: &'static Library =
                    Box::leak(Box::new(Library::new("libexpat.so.1").ok()?));
                Some(Expat {
                    create: *library.get(b"XML_ParserCreateNS\0").ok()?,
                    free: *library.get(b"XML_ParserFree\0").ok()?,
                    set_user_data: *library.get(b"XML_SetUserData\0").ok()?,
                    set_elements: *library.get(b"XML_SetElementHandler\0").ok()?,
                    set_text: *library.get(b"XML_SetCharacterDataHandler\0").ok()?,
                    parse: *library.get(b"XML_Parse\0").ok()?,
                })
            }
        })
        .as_ref()
}

/// Visits every event; `None` when libexpat is not installed.
pub fn events(xml: &[u8]) -> Option<Outcome> {
    let expat = library()?;
    let mut sax = Sax::default();
    // SAFETY: the parser is made, used and freed here, on one thread; `sax` outlives it and is reached through the
    // user-data pointer alone while XML_Parse runs.
    unsafe {
        let parser = (expat.create)(std::ptr::null(), c_char::from_ne_bytes([SEPARATOR]));
        assert!(!parser.is_null(), "expat: out of memory");
        (expat.set_user_data)(parser, (&raw mut sax).cast());
        (expat.set_elements)(parser, on_start, on_end);
        (expat.set_text)(parser, on_text);
        for chunk in xml.chunks(CHUNK) {
            let status = (expat.parse)(
                parser,
                chunk.as_ptr().cast(),
                c_int::try_from(chunk.len()).expect("a chunk is short"),
                0,
            );
            assert_eq!(status, 1, "expat refused the input");
        }
        (expat.free)(parser);
    }
    Some(sax.finish())
}

/// `namespace\nname` or `name`.
///
/// # Safety
///
/// `name` is a C string in UTF-8, as expat makes them, valid for `'a`.
unsafe fn expanded<'a>(name: *const c_char) -> (&'a str, &'a str) {
    // SAFETY: as above.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    let name = str::from_utf8(name).expect("expat makes UTF-8");
    name.split_once(SEPARATOR as char).unwrap_or(("", name))
}

unsafe extern "C" fn on_start(
    sax: *mut c_void,
    name: *const c_char,
    mut attributes: *const *const c_char,
) {
    // SAFETY: expat passes the user data of `events`, C strings, and a null-terminated array of pairs.
    unsafe {
        let mut sum = 0u64;
        while !(*attributes).is_null() {
            let (ns, name) = expanded(*attributes);
            let value = CStr::from_ptr(*attributes.add(1)).to_bytes();
            sum = sum.wrapping_add(attribute(
                ns,
                name,
                str::from_utf8(value).expect("expat makes UTF-8"),
            ));
            attributes = attributes.add(2);
        }
        let (ns, name) = expanded(name);
        (*sax.cast::<Sax>()).start(ns, name, sum);
    }
}

unsafe extern "C" fn on_end(sax: *mut c_void, _name: *const c_char) {
    // SAFETY: the user data of `events`.
    unsafe { (*sax.cast::<Sax>()).end() }
}

unsafe extern "C" fn on_text(sax: *mut c_void, text: *const c_char, len: c_int) {
    // SAFETY: the user data of `events`, and `len` bytes of UTF-8; expat never cuts a character.
    unsafe {
        let text =
            slice::from_raw_parts(text.cast::<u8>(), usize::try_from(len).expect("a length"));
        (*sax.cast::<Sax>()).text(str::from_utf8(text).expect("expat makes UTF-8"));
    }
}
