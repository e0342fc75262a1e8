//! Log-ins all at once and somebody who reads meanwhile, for the benchmark of the backend.
//!
//! It speaks with the harness line by line: `{"event":"start"}` once the person is registered and before anything is
//! measured, `{"event":"quiet"}` before the storm, and the report at the end. After each event it waits for a line on
//! standard input.

use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use service_kit::exit;
use testkit::bench::storm::{Plan, Reader, register, storm};

/// A storm of log-ins beside logged-in reads at a fixed rate, each from a connection of its own.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Where the API is, such as `http://127.0.0.1:8080`
    #[arg(long)]
    target: String,
    /// Log-ins at once
    #[arg(long, default_value_t = 500)]
    logins: usize,
    /// Tries of each log-in; between two it waits for as long as it was told
    #[arg(long, default_value_t = 6)]
    tries: usize,
    /// Reads per second, free of coordinated omission
    #[arg(long, default_value_t = 100)]
    reads: u32,
    /// Seconds of reads before the storm, after as many that are not measured
    #[arg(long, default_value_t = 10.0)]
    quiet: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => exit::report(exit::FAILED, &*error),
    }
}

async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    let person = register(&options.target).await?;
    event("start")?;
    // On a thread of its own, or the storm's own work would be taken for the server's.
    let reader = Reader::start(&options.target, &person.access_token, options.reads);
    let quiet = Duration::try_from_secs_f64(options.quiet)?;
    tokio::time::sleep(quiet).await;
    reader.take();
    tokio::time::sleep(quiet).await;
    let unloaded = reader.take();
    event("quiet")?;
    let plan = Plan { target: options.target, logins: options.logins, tries: options.tries };
    reader.take();
    let outcome = storm(&plan, &person).await?;
    let loaded = reader.take();
    say(&serde_json::json!({ "unloaded": unloaded, "loaded": loaded, "storm": outcome }))
}

fn event(name: &str) -> Result<(), Box<dyn Error>> {
    say(&serde_json::json!({ "event": name }))?;
    io::stdin().read_line(&mut String::new())?;
    Ok(())
}

fn say(value: &serde_json::Value) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    writeln!(out, "{value}")?;
    Ok(out.flush()?)
}
