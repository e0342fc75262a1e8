//! The options of the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// The whole onboarding system as processes on this machine.
#[derive(Debug, Parser)]
#[command(name = "local-cluster", version, about, propagate_version = true, arg_required_else_help = true)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands of `local-cluster`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start frontend, load balancer and backends, and keep them running until Ctrl-C or SIGTERM
    Up(UpOptions),
}

/// The options of a start.
#[derive(Debug, Clone, Args)]
pub struct UpOptions {
    /// How many backends to run
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub instances: u16,

    /// Where the database, the secret, logs and cluster.json are kept
    #[arg(long, value_name = "DIR", default_value = ".data")]
    pub data_dir: PathBuf,

    /// Added to every port: with 100 the page is on 3100 and the balancer on 8180
    #[arg(long, value_name = "K", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=50_000))]
    pub port_offset: u16,

    /// A database to use instead of the embedded SQLite: `sqlserver://user:password@host:port/database`
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// A collector of traces (OTLP over HTTP), such as `http://127.0.0.1:4318`; without one, traces are off
    #[arg(long, value_name = "URL", env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_parser = collector)]
    pub otlp_endpoint: Option<String>,

    /// The built page
    #[arg(long, value_name = "DIR", default_value = "frontend/dist")]
    pub frontend_dir: PathBuf,

    /// Show every log line of the services, not only warnings and errors
    #[arg(long, short)]
    pub verbose: bool,
}

/// The collector's URL. An empty variable counts as none.
fn collector(text: &str) -> Result<String, &'static str> {
    let url = reqwest::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    if text.is_empty() || url.is_some_and(|url| url.has_host()) {
        return Ok(text.to_owned());
    }
    Err("it is no address such as http://127.0.0.1:4318")
}
