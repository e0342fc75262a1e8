//! A collector of traces for tests in containers: prints each span that comes as a line of JSON.

use std::{error::Error, io::Write, net::SocketAddr, process::ExitCode};

use clap::Parser;
use service_kit::{exit, shutdown::signal};
use testkit::otlp;
use tokio::net::TcpListener;

/// Takes traces by OTLP over HTTP (protobuf or JSON, POST /v1/traces) and prints each span as one line of JSON.
#[derive(Debug, Parser)]
#[command(name = "otlp-collector", version)]
struct Options {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4318")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => exit::report(exit::FAILED, &*error),
    }
}

async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    let address = options.listen;
    let listener =
        TcpListener::bind(address).await.map_err(|error| format!("cannot listen on {address}: {error}"))?;
    tokio::select! {
        ended = otlp::serve(listener, |span| print(&span)) => Ok(ended?),
        signal = signal() => Ok(signal.map(drop)?),
    }
}

fn print(span: &otlp::Span) {
    if let Ok(line) = serde_json::to_string(span) {
        // Standard output may be closed; then there is no one left to tell.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }
}
