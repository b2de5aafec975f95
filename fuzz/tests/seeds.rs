//! The committed seeds, replayed without a fuzzer.

use std::{fs, path::Path};

fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("seeds")
        .join(target);
    let mut seeds = 0;
    for entry in fs::read_dir(&folder).expect("the target has seeds") {
        let path = entry.expect("readable").path();
        println!("{}", path.display());
        run(&fs::read(&path).expect("readable"));
        seeds += 1;
    }
    assert!(seeds >= 5, "{target} has {seeds} seeds");
}

#[test]
fn stream_bytes_seeds() {
    replay("stream_bytes", xmpp_fuzz::stream_bytes);
}

#[test]
fn stream_splits_seeds() {
    replay("stream_splits", xmpp_fuzz::stream_splits);
}

#[test]
fn roundtrip_seeds() {
    replay("roundtrip", xmpp_fuzz::roundtrip);
}

#[test]
fn jid_seeds() {
    replay("jid", xmpp_fuzz::jid);
}

#[test]
fn bosh_body_seeds() {
    replay("bosh_body", xmpp_fuzz::bosh_body);
}

#[test]
fn muc_stanza_seeds() {
    replay("muc_stanza", xmpp_fuzz::muc_stanza);
}

#[test]
fn typed_stanza_seeds() {
    replay("typed_stanza", xmpp_fuzz::typed_stanza);
}

#[test]
fn sasl_client_seeds() {
    replay("sasl_client", xmpp_fuzz::sasl_client);
}

#[test]
fn sasl_server_seeds() {
    replay("sasl_server", xmpp_fuzz::sasl_server);
}

#[test]
fn x509_san_seeds() {
    replay("x509_san", xmpp_fuzz::x509_san);
}

#[test]
fn diff_xml_seeds() {
    expat_oracle::expect_in_ci();
    replay("diff_xml", xmpp_fuzz::diff_xml);
}
