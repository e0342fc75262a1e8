//! Takes and restores backups.

use std::num::NonZeroU32;
use std::time::Duration;

use backend::config::{DatabaseConfig, LogConfig};
use backend::domain::{Timestamp, now};
use backend::store::backup::{self, BackupError, Report, Source, Wanted};
use clap::{Args, Subcommand};
use service_kit::config::Sources;
use service_kit::duration::HumanDuration;
use service_kit::shutdown::Signals;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Failure, print, start_logging};

/// The pause after a failed backup.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_mins(1);

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct BackupArgs {
    #[command(subcommand)]
    command: Option<BackupCommand>,
    #[command(flatten)]
    take: Option<TakeArgs>,
}

#[derive(Debug, Subcommand)]
enum BackupCommand {
    /// Check a backup, or all in a folder, without restoring it
    Verify {
        /// The backup, or a folder of them (SQLite)
        #[arg(long, value_name = "FILE|DIR")]
        from: String,
    },
}

#[derive(Debug, Args)]
struct TakeArgs {
    /// A folder, where the backup is named by its time; or a file that ends in .db (SQLite), .bak
    /// or .trn (SQL Server, on the server's own disk)
    #[arg(long, value_name = "DIR|FILE")]
    to: String,

    /// Remove all but the N newest backups of this database from the folder (SQLite)
    #[arg(long, value_name = "N")]
    keep: Option<NonZeroU32>,

    /// Back up the transaction log since the last log backup (SQL Server)
    #[arg(long)]
    log: bool,

    /// Go on until SIGTERM, with a backup each time that the last one is this old
    #[arg(long, value_name = "DURATION", value_parser = interval)]
    every: Option<Duration>,
}

#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// The backup, or a folder of them, whose newest is taken (SQLite)
    #[arg(long, value_name = "FILE|DIR")]
    from: String,

    /// A log backup to apply after it; give them in order (SQL Server)
    #[arg(long = "log", value_name = "FILE")]
    logs: Vec<String>,

    /// Stop applying logs at this moment, such as 2026-11-25T09:30:00Z (SQL Server)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    stop_at: Option<Timestamp>,

    /// End the sessions that use the database (SQL Server); replace what cannot be read or kept aside
    #[arg(long)]
    force: bool,
}

fn interval(text: &str) -> Result<Duration, String> {
    let duration: HumanDuration = text.parse().map_err(|error| format!("{error}"))?;
    let allowed = Duration::from_secs(1)..=Duration::from_hours(31 * 24);
    allowed.contains(&duration.get()).then_some(duration.get()).ok_or("must be between 1s and 31d".into())
}

fn moment(text: &str) -> Result<Timestamp, String> {
    let wrong = |error| format!("{error}; write it as in RFC 3339: 2026-11-25T09:30:00Z");
    OffsetDateTime::parse(text, &Rfc3339).map_err(wrong)
}

/// Takes one backup, takes backups at intervals, or checks one.
pub(super) async fn back_up(args: BackupArgs) -> Result<(), Failure> {
    let Some(config) = configured()? else { return Ok(()) };
    match (args.command, args.take) {
        (Some(BackupCommand::Verify { from }), _) => tell(&backup::verify(&config, from).await?),
        (None, Some(TakeArgs { to, keep, log, every })) => {
            let wanted = Wanted { to, keep, log };
            match every {
                None => tell(&backup::take(&config, wanted, now()).await?),
                Some(every) => keep_on(&config, &wanted, every).await,
            }
        }
        // The parser demands one of the two.
        (None, None) => Ok(()),
    }
}

/// Restores a backup, and prints the steps that were done.
pub(super) async fn restore(args: RestoreArgs) -> Result<(), Failure> {
    let Some(config) = configured()? else { return Ok(()) };
    let RestoreArgs { from, logs, stop_at, force } = args;
    tell(&backup::restore(&config, Source { from, logs, stop_at, force }, now()).await?)
}

/// The configured database; none after a problem, which is reported.
fn configured() -> Result<Option<DatabaseConfig>, Failure> {
    let mut sources = Sources::from_env();
    let log = LogConfig::read(&mut sources);
    let database = DatabaseConfig::read(&mut sources);
    sources.finish()?;
    start_logging(&log)?;
    Ok(database)
}

/// Takes backups at intervals. A failed backup is reported and tried again.
async fn keep_on(config: &DatabaseConfig, wanted: &Wanted, every: Duration) -> Result<(), Failure> {
    let mut signals = Signals::new()?;
    let mut pause = first_pause(config, wanted, every).await;
    loop {
        tokio::select! {
            _ = signals.next() => return Ok(()),
            () = tokio::time::sleep(pause) => {}
        }
        pause = match backup::take(config, wanted.clone(), now()).await {
            Ok(report) => {
                tell(&report)?;
                every
            }
            Err(error @ BackupError::Unsupported { .. }) => return Err(error.into()),
            Err(error) => {
                tracing::error!(error = service_kit::exit::chain(&error), "no backup was taken");
                every.min(PAUSE_AFTER_FAILURE)
            }
        };
    }
}

/// The pause before the first backup. A restarted process takes no backup before its time.
async fn first_pause(config: &DatabaseConfig, wanted: &Wanted, every: Duration) -> Duration {
    match backup::last(config, wanted.log).await {
        Some(last) => every.saturating_sub((now() - last).unsigned_abs()),
        None => Duration::ZERO,
    }
}

fn tell(report: &Report) -> Result<(), Failure> {
    report.iter().try_for_each(|line| print(line))
}
