//! What the sockets alone cost: one thread writes the same to many loopback connections, another one reads it.
//!
//! `cargo run --release -p benches --bin sockets -- --connections 200 [--requests]`
//!
//! It is the floor for a chat server's delivery on this machine: one `send` over WebSocket, and over BOSH a `recv` before it,
//! without anything that would find the receiver, write the stanza or wait for the socket. The CPU time is that of the writing thread.
#![expect(clippy::disallowed_types, reason = "it measures sockets")]

use std::{
    error::Error,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::mpsc,
    thread,
};

use clap::Parser;
use cpu_time::ThreadTime;

/// Rounds that are not counted.
const WARM_UP: u32 = 3;

#[derive(Parser)]
#[command(
    name = "sockets",
    about = "What writing to many connections costs by itself"
)]
struct Options {
    /// Connections, all of which get every message.
    #[arg(long, value_name = "N", default_value_t = 200)]
    connections: usize,
    /// Messages; as many as there are about 200,000 deliveries, unless this says otherwise.
    #[arg(long, value_name = "N")]
    messages: Option<u32>,
    /// Bytes of what is written; a message of 64 characters has about so many in its frame.
    #[arg(long, value_name = "N", default_value_t = 350)]
    bytes: usize,
    /// Each connection asks first, in 180 bytes, and is answered, as over BOSH.
    #[arg(long)]
    requests: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    if options.connections == 0 || options.bytes == 0 {
        return Err("there is nothing to write to nobody".into());
    }
    let messages = options
        .messages
        .unwrap_or_else(|| {
            200_000_u32.div_ceil(u32::try_from(options.connections).unwrap_or(u32::MAX))
        })
        .max(1);
    let request = vec![b'r'; if options.requests { 180 } else { 0 }];
    let answer = vec![b'a'; options.bytes];

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let mut clients = Vec::new();
    let mut served = Vec::new();
    for _ in 0..options.connections {
        clients.push(TcpStream::connect(address)?);
        served.push(listener.accept()?.0);
    }
    for socket in clients.iter().chain(&served) {
        socket.set_nodelay(true)?;
    }

    // Everybody has a message before the next one.
    let (had, all_had) = mpsc::channel();
    let reader = thread::spawn({
        let (request, mut read) = (request.clone(), answer.clone());
        move || -> std::io::Result<()> {
            for _ in 0..messages + WARM_UP {
                for client in &mut clients {
                    client.write_all(&request)?;
                }
                // The writer has gone if nobody listens, and its error is the one to tell.
                let _ = had.send(());
                for client in &mut clients {
                    client.read_exact(&mut read)?;
                }
            }
            Ok(())
        }
    });
    let mut read = request;
    let mut begun = ThreadTime::now();
    for round in 0..messages + WARM_UP {
        if round == WARM_UP {
            begun = ThreadTime::now();
        }
        all_had.recv()?;
        for client in &mut served {
            client.read_exact(&mut read)?;
            client.write_all(&answer)?;
        }
    }
    let used = begun.elapsed();
    reader.join().map_err(|_| "the reader has panicked")??;
    let deliveries = f64::from(messages) * options.connections as f64;
    println!(
        "{} connections, {messages} messages: {:.2} µs of CPU a delivery",
        options.connections,
        used.as_secs_f64() * 1e6 / deliveries
    );
    Ok(())
}
