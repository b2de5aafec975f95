//! expat, found at run time (`libexpat.so.1`): the first oracle of `diff_xml`. Binding it at build time would make
//! everybody install it, and safe wrappers exist for old versions only; so six of its functions are called here.

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    slice,
    sync::OnceLock,
};

use libloading::Library;

use crate::diff_xml::Item;

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
    /// Keeps the functions loaded.
    _library: Library,
}

/// Between namespace and name: a character that no XML can hold.
const SEPARATOR: char = '\u{c}';

fn library() -> Option<&'static Expat> {
    static EXPAT: OnceLock<Option<Expat>> = OnceLock::new();
    EXPAT
        .get_or_init(|| {
            // SAFETY: libexpat has no initialisers with preconditions; the signatures are those of expat.h, and the
            // library lives beside its functions for the rest of the process.
            unsafe {
                let library = Library::new("libexpat.so.1").ok()?;
                Some(Expat {
                    create: *library.get(b"XML_ParserCreateNS\0").ok()?,
                    free: *library.get(b"XML_ParserFree\0").ok()?,
                    set_user_data: *library.get(b"XML_SetUserData\0").ok()?,
                    set_elements: *library.get(b"XML_SetElementHandler\0").ok()?,
                    set_text: *library.get(b"XML_SetCharacterDataHandler\0").ok()?,
                    parse: *library.get(b"XML_Parse\0").ok()?,
                    _library: library,
                })
            }
        })
        .as_ref()
}

/// Whether expat is installed.
pub fn is_available() -> bool {
    library().is_some()
}

/// What expat makes of a document: `None` where it is not installed, `Some(None)` where it refuses.
pub(crate) fn items(xml: &[u8]) -> Option<Option<Vec<Item>>> {
    let expat = library()?;
    let mut items: Vec<Item> = Vec::new();
    // SAFETY: the parser is made, used and freed here, on one thread; `items` outlives it and is reached through the
    // user-data pointer alone while XML_Parse runs. The encoding is a C string.
    let accepted = unsafe {
        let parser = (expat.create)(c"UTF-8".as_ptr(), SEPARATOR as c_char);
        assert!(!parser.is_null(), "expat: out of memory");
        (expat.set_user_data)(parser, (&raw mut items).cast());
        (expat.set_elements)(parser, on_start, on_end);
        (expat.set_text)(parser, on_text);
        let len = c_int::try_from(xml.len()).expect("fuzz inputs are short");
        let status = (expat.parse)(parser, xml.as_ptr().cast(), len, 1);
        (expat.free)(parser);
        status == 1
    };
    Some(accepted.then_some(items))
}

/// Namespace and name.
///
/// # Safety
///
/// `name` is a C string.
unsafe fn expanded(name: *const c_char) -> (String, String) {
    // SAFETY: as above.
    let name = unsafe { CStr::from_ptr(name) }
        .to_str()
        .expect("expat makes UTF-8");
    let (ns, name) = name.split_once(SEPARATOR).unwrap_or(("", name));
    (ns.to_owned(), name.to_owned())
}

unsafe extern "C" fn on_start(
    items: *mut c_void,
    name: *const c_char,
    mut attributes: *const *const c_char,
) {
    // SAFETY: expat passes the user data of `items`, C strings, and a null-terminated array of pairs.
    unsafe {
        let mut attrs = Vec::new();
        while !(*attributes).is_null() {
            let (ns, name) = expanded(*attributes);
            let value = CStr::from_ptr(*attributes.add(1))
                .to_str()
                .expect("expat makes UTF-8");
            attrs.push((ns, name, value.to_owned()));
            attributes = attributes.add(2);
        }
        attrs.sort();
        let (ns, name) = expanded(name);
        (*items.cast::<Vec<Item>>()).push(Item::Start(ns, name, attrs));
    }
}

unsafe extern "C" fn on_end(items: *mut c_void, _name: *const c_char) {
    // SAFETY: the user data of `items`.
    unsafe { (*items.cast::<Vec<Item>>()).push(Item::End) }
}

unsafe extern "C" fn on_text(items: *mut c_void, text: *const c_char, len: c_int) {
    // SAFETY: the user data of `items`, and `len` bytes.
    unsafe {
        let text = slice::from_raw_parts(text.cast::<u8>(), usize::try_from(len).unwrap_or(0));
        Item::push_text(
            &mut *items.cast(),
            str::from_utf8(text).expect("expat makes UTF-8"),
        );
    }
}
