#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| xmpp_fuzz::x509_san(data));
