//! Faults under load against a running cluster, and the figures of it.

use std::{error::Error, io::Write, path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, ValueEnum};
use service_kit::{exit, shutdown::signal};
use testkit::chaos::{self, Fault, Plan, idempotency};

/// Walks people through the onboarding while backends are killed, stopped or restarted, or the balancer is upgraded,
/// and checks afterwards that everything acknowledged is there exactly once. Exits 1 if anything failed.
#[derive(Debug, Parser)]
#[command(name = "chaos", version)]
struct Options {
    /// The cluster.json of a running local-cluster
    #[arg(long, value_name = "FILE")]
    cluster: PathBuf,
    /// Faults under load, or one idempotency key used many times over all instances
    #[arg(long, default_value = "faults")]
    mode: Mode,
    /// What is done to backends, or to the balancer
    #[arg(long, default_value = "kill")]
    fault: Fault,
    /// People who are on their way at once
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    clients: u16,
    /// How long new people set out
    #[arg(long, default_value = "60s", value_parser = humantime::parse_duration)]
    duration: Duration,
    /// No one sets out any more as soon as this file is there
    #[arg(long, value_name = "FILE")]
    until: Option<PathBuf>,
    /// The pause between two faults
    #[arg(long, default_value = "3s", value_parser = humantime::parse_duration)]
    every: Duration,
    /// How long a stopped backend stays stopped
    #[arg(long, default_value = "5s", value_parser = humantime::parse_duration)]
    stop_for: Duration,
    /// Where requests go, if not to the balancer that cluster.json names
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Makes the choice of victims the same in each run
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    Faults,
    Idempotency,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = tokio::select! {
        outcome = run(options) => outcome,
        // What was stopped is continued where `run` is dropped, which a signal's default would not do.
        signal = signal() => Err(signal.map_or_else(Into::into, |signal| format!("ended by {signal:?}").into())),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(exit::FAILED),
        Err(error) => exit::report(exit::FAILED, &*error),
    }
}

async fn run(options: Options) -> Result<bool, Box<dyn Error>> {
    let seed = options.seed.unwrap_or_else(rand::random);
    say(&format!("seed {seed}"));
    if let Mode::Idempotency = options.mode {
        let trials = idempotency::run(&options.cluster, seed).await?;
        say(&trials.to_string());
        return Ok(trials.passed());
    }
    let plan = Plan {
        cluster: options.cluster,
        base_url: options.base_url,
        fault: options.fault,
        clients: options.clients.into(),
        duration: options.duration,
        until: options.until,
        every: options.every,
        stop_for: options.stop_for,
        seed,
    };
    let report = chaos::run(&plan, |progress| say(&progress.to_string())).await?;
    say(&report.to_string());
    Ok(report.passed())
}

fn say(text: &str) {
    // Standard output may be closed; the exit code still tells.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
