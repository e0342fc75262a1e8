//! Fills an embedded database with people, past every instance: for measuring what admins ask for.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;
use service_kit::exit;
use testkit::people::generate;

/// Adds accounts with an onboarding and a row of each of its five steps to an embedded database that was migrated before.
#[derive(Debug, Parser)]
#[command(name = "generate-people", version)]
struct Options {
    /// The database's file
    #[arg(long, value_name = "FILE")]
    database: PathBuf,
    /// How many accounts
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    people: u32,
    /// The same seed makes the same people
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => exit::report(exit::FAILED, &*error),
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    if !options.database.is_file() {
        return Err(format!("there is no file {}: migrate it first", options.database.display()).into());
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis().try_into()?;
    generate(&options.database, options.people, options.seed, now)?;
    Ok(())
}
