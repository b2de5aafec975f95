//! webchat
fn main() {}
