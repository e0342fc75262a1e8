//! The upstreams of the benchmark. Prints their addresses as one line of JSON, then serves until it is ended.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use testkit::bench::upstream::Upstream;

/// Fast HTTP/1.1 upstreams and a log sink, for the benchmark.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// How many servers, each on a free port of 127.0.0.1.
    #[arg(long, default_value_t = 3)]
    servers: usize,
}

fn main() -> ExitCode {
    match serve(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "bench-upstream: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(options: &Options) -> io::Result<()> {
    let upstream = Upstream::bind(options.servers)?;
    let addresses = upstream.addresses()?;
    let (sink, servers) = addresses.split_last().ok_or(io::ErrorKind::AddrNotAvailable)?;
    writeln!(io::stdout(), "{}", serde_json::json!({ "servers": servers, "log_sink": sink }))?;
    upstream.run()
}
