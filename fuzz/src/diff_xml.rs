//! The same verdict and the same content as expat and rxml, but for a short list of differences.

use xml_oracles::{Mode, check};

/// The input is one document or one stream, in any bytes.
pub fn diff_xml(data: &[u8]) {
    check(data, Mode::Document);
    check(data, Mode::Stream);
}
