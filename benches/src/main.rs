//! Prints one table: thread CPU time, medians of interleaved runs, the same checksum by every contender.

use std::{error::Error, fs, path::PathBuf, process::ExitCode};

use benches::{
    fanout, jid,
    measure::{Row, compare},
    routing, sasl,
    shapes::{SHAPES, Stream, mix, small, stream_of},
};
use clap::Parser;
use serde_json::json;

/// Compares the parser with quick-xml, expat, rxml, minidom and xmpp-parsers, from 1,460-byte chunks.
#[derive(Parser)]
struct Arguments {
    /// Measure this recorded stream (from its header to its end tag) instead of the ten shapes and the mix.
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Write the rows as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Compare addresses alone.
    #[arg(long)]
    jids: bool,
    /// Compare logins alone.
    #[arg(long)]
    logins: bool,
    /// Runs of each contender; the median counts.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..))]
    samples: u16,
    /// Bytes of the mix; each shape alone gets a quarter.
    #[arg(long, default_value_t = 4_000_000)]
    bytes: usize,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("benches: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let streams = if let Some(path) = &arguments.input {
        let xml = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let name = path
            .file_stem()
            .map_or_else(|| "input".into(), |s| s.to_string_lossy().into_owned());
        vec![Stream {
            name,
            xml,
            stanzas: 0,
        }]
    } else {
        let shapes = SHAPES
            .iter()
            .map(|shape| stream_of(shape, arguments.bytes / 4));
        [mix(arguments.bytes), small(arguments.bytes)]
            .into_iter()
            .chain(shapes)
            .collect()
    };
    let samples = usize::from(arguments.samples);
    let (mut jids, mut logins, mut rates) = (Vec::new(), Vec::new(), Vec::new());
    if arguments.input.is_none() && !arguments.logins {
        jids = jid::rows(samples);
        jid::print(&jids);
    }
    if arguments.jids {
        return Ok(());
    }
    if arguments.input.is_none() {
        logins = sasl::rows(samples);
        sasl::print(&logins);
        rates = sasl::rates(samples);
    }
    if arguments.logins {
        for rate in &rates {
            println!("{rate}");
        }
        return Ok(());
    }
    println!(
        "{:8} {:13} {:13} {:>9} {:>12} {:>13} {:>7}",
        "work", "shape", "library", "MB/s", "stanzas/s", "allocs/stanza", "ratio"
    );
    let mut rows: Vec<Row> = Vec::new();
    for stream in &streams {
        let compared = compare(stream, samples).map_err(|m| {
            format!(
                "the checksums differ on work '{}', shape '{}': {:?}",
                m.work, m.shape, m.outcomes
            )
        })?;
        for row in &compared {
            println!(
                "{:8} {:13} {:13} {:9.1} {:12.0} {:13.2} {:6.2}x",
                row.work,
                row.shape,
                row.library,
                row.mb_per_s,
                row.stanzas_per_s,
                row.allocs,
                row.ratio
            );
        }
        println!();
        rows.extend(compared);
    }
    rates.extend([routing::rate(samples), fanout::rate(samples)]);
    for rate in &rates {
        println!("{rate}");
    }
    if !rows.iter().any(|row| row.library == "expat") {
        println!("expat: not compared, libexpat.so.1 is not installed");
    }
    if let Some(path) = &arguments.json {
        let all = json!({"rows": rows, "jids": jids, "logins": logins, "rates": rates});
        fs::write(path, serde_json::to_string_pretty(&all)?)
            .map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}
