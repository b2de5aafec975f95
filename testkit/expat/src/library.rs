//! The library and those of its functions that are called.

use std::{
    ffi::{CStr, c_char, c_int, c_long, c_void},
    sync::OnceLock,
};

use libloading::Library;

pub(crate) type RawParser = *mut c_void;
pub(crate) type StartHandler =
    unsafe extern "C" fn(*mut c_void, *const c_char, *const *const c_char);
pub(crate) type EndHandler = unsafe extern "C" fn(*mut c_void, *const c_char);
pub(crate) type TextHandler = unsafe extern "C" fn(*mut c_void, *const c_char, c_int);

/// Functions of expat.h, under the names that they have there without `XML_`.
pub(crate) struct Expat {
    pub(crate) parser_create_ns: unsafe extern "C" fn(*const c_char, c_char) -> RawParser,
    pub(crate) parser_free: unsafe extern "C" fn(RawParser),
    pub(crate) set_user_data: unsafe extern "C" fn(RawParser, *mut c_void),
    pub(crate) set_element_handler: unsafe extern "C" fn(RawParser, StartHandler, EndHandler),
    pub(crate) set_character_data_handler: unsafe extern "C" fn(RawParser, TextHandler),
    pub(crate) parse: unsafe extern "C" fn(RawParser, *const c_char, c_int, c_int) -> c_int,
    pub(crate) get_error_code: unsafe extern "C" fn(RawParser) -> c_int,
    pub(crate) get_current_byte_index: unsafe extern "C" fn(RawParser) -> c_long,
    pub(crate) error_string: unsafe extern "C" fn(c_int) -> *const c_char,
    version: unsafe extern "C" fn() -> *const c_char,
    /// Keeps the functions loaded.
    _library: Library,
}

/// The library, loaded once; `None` where it is not installed.
pub(crate) fn library() -> Option<&'static Expat> {
    static EXPAT: OnceLock<Option<Expat>> = OnceLock::new();
    EXPAT
        .get_or_init(|| {
            // SAFETY: libexpat has no initialisers with preconditions; the signatures are those of expat.h, and the library
            // lives beside its functions for the rest of the process.
            unsafe {
                let library = Library::new("libexpat.so.1").ok()?;
                Some(Expat {
                    parser_create_ns: *library.get(b"XML_ParserCreateNS\0").ok()?,
                    parser_free: *library.get(b"XML_ParserFree\0").ok()?,
                    set_user_data: *library.get(b"XML_SetUserData\0").ok()?,
                    set_element_handler: *library.get(b"XML_SetElementHandler\0").ok()?,
                    set_character_data_handler: *library
                        .get(b"XML_SetCharacterDataHandler\0")
                        .ok()?,
                    parse: *library.get(b"XML_Parse\0").ok()?,
                    get_error_code: *library.get(b"XML_GetErrorCode\0").ok()?,
                    get_current_byte_index: *library.get(b"XML_GetCurrentByteIndex\0").ok()?,
                    error_string: *library.get(b"XML_ErrorString\0").ok()?,
                    version: *library.get(b"XML_ExpatVersion\0").ok()?,
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

/// For tests: whether expat is installed. Where it is not, says so, and panics in CI (`CI=true`), which installs it.
///
/// # Panics
///
/// As said.
pub fn expect_in_ci() -> bool {
    let is_here = is_available();
    if !is_here {
        println!("SKIPPED: libexpat.so.1 is not installed");
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "CI installs libexpat1"
        );
    }
    is_here
}

/// The version of the expat that is installed, as in `expat_2.5.0`.
pub fn version() -> Option<String> {
    let expat = library()?;
    // SAFETY: takes nothing and returns a C string that lives as long as the library.
    let version = unsafe { CStr::from_ptr((expat.version)()) };
    Some(version.to_string_lossy().into_owned())
}
