//! The command line.

mod admin;
mod backup;
mod provision;
mod templates;

use std::error::Error;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use backend::app::{Application, BuildError, migrate};
use backend::config::{Config, DatabaseConfig, LogConfig};
use clap::{Parser, Subcommand};
use service_kit::config::{ConfigErrors, Sources};
use service_kit::exit;
use service_kit::health::{ProbeError, probe, reachable};
use service_kit::shutdown::{Drained, Signals};
use service_kit::telemetry::traces::{TraceError, Traces};
use service_kit::telemetry::{self, InitError, TelemetryConfig};

const SERVICE: &str = "onboarding-backend";

/// The longest wait of a health check.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest time for the last spans on their way to the collector.
const LAST_SPANS: Duration = Duration::from_secs(3);

/// The onboarding API. It is configured by environment variables alone.
#[derive(Debug, Parser)]
#[command(name = SERVICE, version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Migrate the database and answer requests until SIGTERM or Ctrl-C
    Serve,
    /// Bring the database to this version's schema; make it where it is missing
    Migrate,
    /// Make the database, its two logins and their rights on a SQL Server (administrator's login)
    Provision(provision::ProvisionArgs),
    /// Back the database up, consistently and while instances run
    Backup(backup::BackupArgs),
    /// Put a backup in the place of the database, which is kept aside
    Restore(backup::RestoreArgs),
    /// Manage accounts: make them, list them, set roles and passwords
    Admin(admin::AdminArgs),
    /// Look at onboarding templates: check them, show one, compare two
    Templates(templates::TemplatesArgs),
    /// Ask the instance at `BIND_ADDRESS` whether it is alive
    Healthcheck,
    /// Print the `OpenAPI` document
    Openapi,
}

/// The reason why a command failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("bad configuration:\n{0}")]
    Config(#[from] ConfigErrors),
    #[error("logging cannot start")]
    Telemetry(#[from] InitError),
    #[error("traces cannot start")]
    Traces(#[from] TraceError),
    #[error("start-up failed")]
    Build(#[from] BuildError),
    #[error("migration failed")]
    Migrate(#[source] BuildError),
    #[error("provisioning failed")]
    Provision(#[from] backend::store::sql_server::ProvisionError),
    #[error(transparent)]
    Backup(#[from] backend::store::backup::BackupError),
    #[error(transparent)]
    Account(#[from] admin::AccountError),
    #[error(transparent)]
    Password(#[from] admin::PasswordInputError),
    #[error(transparent)]
    Template(#[from] templates::TemplateError),
    #[error("the database cannot be asked")]
    Store(#[from] backend::store::StoreError),
    #[error("the database cannot be read; has `onboarding-backend migrate` run?")]
    Unreadable(#[source] backend::store::StoreError),
    #[error("unhealthy")]
    Probe(#[from] ProbeError),
    #[error("input or output failed")]
    Io(#[from] std::io::Error),
    #[error("requests were cut off at the end: {0}")]
    CutOff(&'static str),
}

impl Failure {
    fn exit_code(&self) -> u8 {
        match self {
            // A filter that cannot be read is a bad RUST_LOG.
            Self::Config(_) | Self::Telemetry(InitError::Filter(_)) => exit::BAD_CONFIGURATION,
            Self::Telemetry(InitError::Twice(_))
            | Self::Traces(_)
            | Self::Build(_)
            | Self::Migrate(_)
            | Self::Provision(_)
            | Self::Backup(_)
            | Self::Account(_)
            | Self::Password(_)
            | Self::Template(_)
            | Self::Store(_)
            | Self::Unreadable(_)
            | Self::Probe(_)
            | Self::Io(_)
            | Self::CutOff(_) => exit::FAILED,
        }
    }
}

/// Runs a command to its end.
pub(crate) fn run(cli: Cli) -> ExitCode {
    let done = match cli.command {
        Command::Serve => in_runtime(serve()),
        Command::Migrate => in_runtime(migrate_only()),
        Command::Provision(args) => in_runtime(provision::provision(args)),
        Command::Backup(args) => in_runtime(backup::back_up(args)),
        Command::Restore(args) => in_runtime(backup::restore(args)),
        Command::Admin(args) => in_runtime(admin::run(args)),
        Command::Templates(args) => templates::run(args),
        Command::Healthcheck => healthcheck(),
        Command::Openapi => print(&backend::api::document()),
    };
    match done {
        Ok(()) => ExitCode::from(exit::OK),
        Err(failure) => exit::report(failure.exit_code(), &failure as &dyn Error),
    }
}

fn in_runtime(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

async fn serve() -> Result<(), Failure> {
    let (config, log) = Config::read(Sources::from_env())?;
    let traces = start_telemetry(&log)?;
    let mut signals = Signals::new()?;
    let application = Application::build(config, backend::api::router).await?;
    if let Some(traces) = &traces {
        application.show_span_counts(traces.counts())?;
    }
    tracing::info!(address = %application.address()?, "listening");
    let failure = application.start_failure();
    let drained = application.run(&mut signals).await;
    if let Some(traces) = traces {
        traces.shut_down(LAST_SPANS).await;
    }
    if let Some(error) = Arc::into_inner(failure).and_then(OnceLock::into_inner) {
        return Err(BuildError::from(error).into());
    }
    match drained {
        Drained::Finished => {
            tracing::info!("ended");
            Ok(())
        }
        Drained::DeadlinePassed => Err(Failure::CutOff("DRAIN_TIMEOUT has passed")),
        Drained::Forced => Err(Failure::CutOff("a second signal came")),
    }
}

async fn migrate_only() -> Result<(), Failure> {
    let mut sources = Sources::from_env();
    let log = LogConfig::read(&mut sources);
    let database = DatabaseConfig::read_for_migration(&mut sources);
    sources.finish()?;
    start_logging(&log)?;
    // What is missing was noted, so `finish` has returned by then.
    let Some(database) = database else { return Ok(()) };
    apply(&database).await
}

async fn apply(database: &DatabaseConfig) -> Result<(), Failure> {
    let applied = migrate(database).await.map_err(Failure::Migrate)?;
    for name in &applied {
        print(&format!("applied {name}"))?;
    }
    print(if applied.is_empty() { "nothing to migrate" } else { "the database is up to date" })
}

/// Starts logging, and traces where they are on.
fn start_telemetry(log: &LogConfig) -> Result<Option<Traces>, Failure> {
    let start = |config| Traces::start(config, SERVICE, &log.instance_id);
    let traces = log.traces.as_ref().map(start).transpose()?;
    telemetry::init_with(&telemetry_config(log), traces.as_ref())?;
    Ok(traces)
}

fn start_logging(log: &LogConfig) -> Result<(), Failure> {
    Ok(telemetry::init(&telemetry_config(log))?)
}

fn telemetry_config(log: &LogConfig) -> TelemetryConfig {
    TelemetryConfig { service: SERVICE.to_owned(), instance: log.instance_id.clone(), format: log.format }
}

fn healthcheck() -> Result<(), Failure> {
    let mut sources = Sources::from_env();
    let bound = sources.or("BIND_ADDRESS", SocketAddr::from((Ipv4Addr::UNSPECIFIED, 5000)));
    sources.finish()?;
    Ok(probe(&format!("http://{}/health", reachable(bound)), PROBE_TIMEOUT)?)
}

fn print(text: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout().lock(), "{text}")?)
}
