#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| xmpp_fuzz::typed_stanza(data));
