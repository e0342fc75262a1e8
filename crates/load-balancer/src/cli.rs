//! The command line.

mod supervise;
mod upgrade;

use std::{
    ffi::OsString,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use clap::{Args, Parser, Subcommand};
use service_kit::{
    config::{Secret, Sources, ValueFiles},
    exit,
    health::{probe, reachable},
    shutdown::{Drained, Shutdown, Signals},
    telemetry::{
        self, LogFormat, TelemetryConfig,
        traces::{TraceConfig, Traces},
    },
};

use crate::admin::SHORTEST_TOKEN;
use crate::app::{App, Options, StartError, Succession};
use crate::config::{self, Config, ConfigError, Problem};
use crate::probing::SystemResolver;
use crate::upgrade::{Door, Predecessor, Starter};

const SERVICE: &str = "load-balancer";

const PROBE_LIMIT: Duration = Duration::from_secs(5);

/// How long the last spans may take on their way to the collector.
const LAST_SPANS: Duration = Duration::from_secs(3);

const ENVIRONMENT: &str = "Environment:
  LB_ADMIN_TOKEN   who may change servers through the admin interface (or LB_ADMIN_TOKEN_FILE);
                   at least 16 bytes
  LOG_FORMAT       json or text
  RUST_LOG         how much is logged, such as info or load_balancer=debug
  INSTANCE_ID      name of this instance in logs and traces
  OTEL_EXPORTER_OTLP_ENDPOINT
                   collector of traces, such as http://collector:4318; without it traces are off. Other variables of
                   OpenTelemetry are OTEL_EXPORTER_OTLP_HEADERS (or _FILE), OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG,
                   OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES";

/// An HTTP load balancer.
#[derive(Debug, Parser)]
#[command(version, after_help = ENVIRONMENT)]
struct Cli {
    /// The configuration.
    #[arg(long, value_name = "FILE", env = "LB_CONFIG", default_value = "load-balancer.toml", global = true)]
    config: PathBuf,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Command {
    /// Serve (the default).
    Run(RunOptions),
    /// Check the configuration: print every error with its file, line and key, and exit with 1 if there is one.
    Check,
    /// Ask the running balancer whether it is healthy; exit with 1 if it is not.
    Healthcheck,
    /// Have a new process take over from the running balancer, and wait until it serves; exit with 1 if it cannot. No
    /// connection is refused or cut off.
    Upgrade,
    /// Run the balancer and each one that takes over from it, as process 1 of a container or for systemd: the process id
    /// stays. SIGUSR2 upgrades; other signals go to the balancer.
    Supervise,
}

#[derive(Debug, Clone, Copy, Default, Args)]
struct RunOptions {
    /// Take over from this process: its listening sockets, and what was changed by the admin interface. The balancer
    /// passes this option itself when it is upgraded.
    #[arg(long, value_name = "PID")]
    take_over: Option<u32>,
}

/// The values of the environment.
struct Environment {
    admin_token: Option<Secret>,
    files: ValueFiles,
    log_format: LogFormat,
    traces: Option<TraceConfig>,
}

/// Runs a command line to its end. Exit codes: 0 success, 1 failure, 2 a configuration that cannot be used.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut sources = Sources::from_env();
    let admin_token = admin_token(&mut sources);
    let log_format = sources.or("LOG_FORMAT", LogFormat::Text);
    let traces = TraceConfig::read(&mut sources);
    let environment = Environment { admin_token, log_format, traces, files: sources.files() };
    if let Err(errors) = sources.finish() {
        return exit::report(exit::BAD_CONFIGURATION, &errors);
    }
    match cli.command.unwrap_or(Command::Run(RunOptions::default())) {
        Command::Run(options) => run(cli.config, options, environment),
        Command::Check => check(&cli.config, &environment),
        Command::Healthcheck => healthcheck(&cli.config),
        Command::Supervise => supervise::run(&cli.config),
        Command::Upgrade => upgrade::run(&cli.config, environment.admin_token.as_ref()),
    }
}

/// Refuses a short token: a token that can be guessed protects nothing.
fn admin_token(sources: &mut Sources) -> Option<Secret> {
    let token = sources.secret("LB_ADMIN_TOKEN")?;
    let length = token.expose().len();
    if length < SHORTEST_TOKEN {
        let reason = format!(
            "has {length} bytes, must have at least {SHORTEST_TOKEN}; make one by \"openssl rand -hex 24\""
        );
        sources.reject("LB_ADMIN_TOKEN", reason);
    }
    Some(token)
}

fn check(file: &Path, environment: &Environment) -> ExitCode {
    match config::load(file, environment.admin_token.is_none()) {
        Ok(config) => {
            config.notes.iter().for_each(note);
            say(&format!("{}: good; {}", file.display(), summary(&config)));
            ExitCode::from(exit::OK)
        }
        Err(error) => refuse(exit::FAILED, &error),
    }
}

/// Bears its place at the beginning of the line, as problems do.
fn note(note: &Problem) {
    // Standard error may be closed; then there is no one left to tell.
    let _ = writeln!(io::stderr().lock(), "{note} (note)");
}

fn summary(config: &Config) -> String {
    let servers: usize = config.pools.iter().map(|pool| pool.servers.len()).sum();
    let discovered = config.pools.iter().filter_map(|pool| pool.discover.as_ref());
    let discovered: Vec<String> =
        discovered.map(|discover| format!(", servers of {}:{}", discover.dns, discover.port)).collect();
    let (pools, routes) = (config.pools.len(), config.routes.len());
    format!("pools: {pools}, servers: {servers}{}, routes: {routes}", discovered.concat())
}

/// Problems of a file bear their place at the beginning of the line, so that editors can jump there.
fn refuse(code: u8, error: &ConfigError) -> ExitCode {
    match error {
        ConfigError::Invalid(_) => {
            // Standard error may be closed; then there is no one left to tell.
            let _ = writeln!(io::stderr().lock(), "{error}");
            ExitCode::from(code)
        }
        ConfigError::Read { .. } => exit::report(code, error),
    }
}

fn healthcheck(file: &Path) -> ExitCode {
    // Who may use the admin interface is of no concern here.
    let config = match config::load(file, false) {
        Ok(config) => config,
        Err(error) => return refuse(exit::BAD_CONFIGURATION, &error),
    };
    let url = format!("http://{}/lb-health", reachable(config.listen.http));
    match probe(&url, PROBE_LIMIT) {
        Ok(()) => ExitCode::from(exit::OK),
        Err(error) => exit::report(exit::FAILED, &error),
    }
}

fn run(file: PathBuf, run: RunOptions, environment: Environment) -> ExitCode {
    let log = TelemetryConfig {
        service: SERVICE.to_owned(),
        instance: std::env::var("INSTANCE_ID").unwrap_or_else(|_| SERVICE.to_owned()),
        format: environment.log_format,
    };
    // Its spans are put together by `record`, not by `tracing`.
    if let Err(error) = telemetry::init(&log) {
        return exit::report(exit::BAD_CONFIGURATION, &error);
    }
    let traces = environment.traces.map(|config| Traces::start(&config, SERVICE, &log.instance)).transpose();
    let traces = match traces {
        Ok(traces) => traces,
        Err(error) => return exit::report(exit::FAILED, &error),
    };
    // Data workers have threads and runtimes of their own; this one is for the control side.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit::report(exit::FAILED, &error),
    };
    let resolver = Arc::new(SystemResolver::default());
    let options = Options { file, admin_token: environment.admin_token, resolver, traces };
    let ended = runtime.block_on(serve(options, run, environment.files));
    // A look-up that hangs in the resolver must not hold up the end.
    runtime.shutdown_background();
    match ended {
        Ok(Drained::Finished) => ExitCode::from(exit::OK),
        Ok(Drained::DeadlinePassed | Drained::Forced) => ExitCode::from(exit::FAILED),
        Err(StartError::Config(error)) => refuse(exit::BAD_CONFIGURATION, &error),
        Err(error) => exit::report(exit::FAILED, &error),
    }
}

async fn serve(options: Options, run: RunOptions, files: ValueFiles) -> Result<Drained, StartError> {
    // Caught before anything is served, so that none is missed.
    let mut signals = Signals::new().map_err(StartError::Signals)?;
    let traces = options.traces.clone();
    let app = build(options, run).await?.watching(files);
    tracing::info!(http = %app.http(), https = ?app.https(), admin = %app.admin(), "listening");
    let drained = app.run(Shutdown::new(), &mut signals).await;
    match drained {
        Drained::Finished => tracing::info!("drained"),
        Drained::DeadlinePassed => tracing::warn!("requests were cut off by drain_timeout"),
        Drained::Forced => tracing::warn!("requests were cut off by a second signal"),
    }
    if let Some(traces) = traces {
        traces.shut_down(LAST_SPANS).await;
    }
    Ok(drained)
}

/// Builds the balancer, in the place of another process where there is one.
async fn build(options: Options, run: RunOptions) -> Result<App, StartError> {
    let mut succession = succession(&options.file);
    if let Some(pid) = run.take_over {
        // Before anything else, because that process is to be told why this one cannot serve.
        succession.predecessor = Some(Predecessor::ask(pid).await?);
    }
    let app = App::succeed(options, &mut succession).await;
    match (app, succession.predecessor) {
        (Ok(app), None) => Ok(app),
        (Ok(app), Some(predecessor)) => Ok(app.receiving(predecessor.serving().await?)),
        (Err(error), predecessor) => {
            if let Some(mut predecessor) = predecessor {
                predecessor.fail(exit::chain(&error)).await;
            }
            Err(error)
        }
    }
}

/// How the process after this one begins. Without it this one serves all the same.
fn succession(file: &Path) -> Succession {
    let arguments: [OsString; 3] = ["--config".into(), file.into(), "run".into()];
    let begin = || Ok((Door::open()?, Starter::new(arguments.to_vec())?));
    let (door, starter) = begin().inspect_err(cannot_upgrade).ok().unzip();
    Succession { predecessor: None, door, starter }
}

fn cannot_upgrade(error: &io::Error) {
    tracing::warn!(%error, "this process cannot hand its sockets on to a new one");
}

fn say(line: &str) {
    // Standard output may be closed; the exit code says it all.
    let _ = writeln!(io::stdout().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
