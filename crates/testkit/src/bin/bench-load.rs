//! The load generator of the benchmark.
//!
//! It speaks with the harness line by line: after the warm-up it prints `{"event":"ready","responses":N}` and waits for a line on
//! standard input; then it measures, waits for the last answer, and prints the report. So the harness can read every
//! counter at moments when nothing is in flight.

use std::{
    error::Error,
    io::{self, Write},
    net::SocketAddr,
    num::NonZeroU64,
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::{Args, Parser, Subcommand};
use testkit::bench::{
    certificate,
    load::{Dial, Fleet, Pace, Work},
};

/// HTTP/1.1 load with checked answers, for the benchmark.
#[derive(Parser)]
#[command(version)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Closed loop: each connection asks again as soon as it is answered.
    Saturate(Load),
    /// Open loop at a fixed rate, free of coordinated omission.
    Rate {
        /// Requests per second over all connections.
        #[arg(long)]
        rate: u32,
        #[command(flatten)]
        load: Load,
    },
    /// Closed loop, with a new connection for each request.
    Fresh(Load),
    /// Connections that make one request each and stay, until a line comes on standard input.
    Idle {
        /// All at once, instead of one after another.
        #[arg(long)]
        burst: bool,
        #[command(flatten)]
        load: Load,
    },
    /// A fixed number of requests, one after another for each connection.
    Count {
        /// Requests in all.
        #[arg(long)]
        requests: u64,
        #[command(flatten)]
        load: Load,
    },
    /// Writes site.crt, site.key and site.pem into a directory.
    Certificate {
        /// An existing directory.
        dir: PathBuf,
    },
}

#[derive(Args)]
struct Load {
    /// Where the proxy listens.
    #[arg(long)]
    target: SocketAddr,
    /// TLS 1.3, trusting this certificate.
    #[arg(long)]
    tls: Option<PathBuf>,
    /// What is asked for.
    #[arg(long, default_value = "/200")]
    path: String,
    /// Bytes of the answer's body.
    #[arg(long, default_value_t = 200)]
    expect: usize,
    /// POST this many bytes.
    #[arg(long, default_value_t = 0)]
    post: usize,
    /// How many connections.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Seconds before the measurement.
    #[arg(long, default_value_t = 1.0)]
    warmup: f64,
    /// Seconds of the measurement.
    #[arg(long, default_value_t = 5.0)]
    duration: f64,
}

impl Load {
    fn dial(&self) -> Result<Dial, Box<dyn Error>> {
        Ok(match &self.tls {
            None => Dial::plain(self.target),
            Some(certificate) => Dial::tls(self.target, certificate)?,
        })
    }

    fn work(&self, once: bool) -> Work {
        Work::new(&self.path, self.post, self.expect, once)
    }
}

fn main() -> ExitCode {
    match run(Options::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "bench-load: {}", chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn chain(error: &(dyn Error + 'static)) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", chain(cause)),
        None => error.to_string(),
    }
}

fn run(command: Command) -> Result<(), Box<dyn Error>> {
    // Wake up when a request is due, not up to 50 µs later.
    rustix::thread::set_current_timer_slack(NonZeroU64::new(1))?;
    match command {
        Command::Saturate(load) => timed(&load, Pace::Saturate, false),
        Command::Rate { rate, load } => timed(&load, Pace::Rate(rate), false),
        Command::Fresh(load) => timed(&load, Pace::Saturate, true),
        Command::Idle { burst, load } => idle(&load, burst),
        Command::Count { requests, load } => counted(&load, requests),
        Command::Certificate { dir } => Ok(certificate::write(&dir)?),
    }
}

fn timed(load: &Load, pace: Pace, once: bool) -> Result<(), Box<dyn Error>> {
    let mut fleet = Fleet::open(load.dial()?, load.work(once), load.connections)?;
    let warmed = fleet.run(pace, Duration::try_from_secs_f64(load.warmup)?)?;
    pause(warmed.responses)?;
    let report = fleet.run(pace, Duration::try_from_secs_f64(load.duration)?)?;
    say(&serde_json::to_value(report)?)
}

fn counted(load: &Load, requests: u64) -> Result<(), Box<dyn Error>> {
    let mut fleet = Fleet::open(load.dial()?, load.work(false), load.connections)?;
    let warmed = fleet.run(Pace::Saturate, Duration::try_from_secs_f64(load.warmup)?)?;
    pause(warmed.responses)?;
    let report = fleet.run(Pace::Count(requests), Duration::ZERO)?;
    say(&serde_json::to_value(report)?)
}

fn idle(load: &Load, burst: bool) -> Result<(), Box<dyn Error>> {
    let mut fleet = Fleet::empty(load.dial()?, load.work(false))?;
    let mut responses = 0;
    for _ in 0..load.connections {
        fleet.grow()?;
        if !burst {
            responses += fleet.run(Pace::Count(1), Duration::ZERO)?.responses;
        }
    }
    if burst {
        responses = fleet.run(Pace::Count(u64::try_from(load.connections)?), Duration::ZERO)?.responses;
    }
    pause(responses)
}

/// Tells the harness that nothing is in flight, with the number of answers so far, and waits for its word.
fn pause(responses: u64) -> Result<(), Box<dyn Error>> {
    say(&serde_json::json!({ "event": "ready", "responses": responses }))?;
    io::stdin().read_line(&mut String::new())?;
    Ok(())
}

fn say(value: &serde_json::Value) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    writeln!(out, "{value}")?;
    Ok(out.flush()?)
}
