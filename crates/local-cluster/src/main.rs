//! The thin binary: options in, exit code out.

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser as _;
use local_cluster::cluster::{Cluster, ClusterError};
use local_cluster::layout::Layout;
use local_cluster::options::{Cli, Command, UpOptions};
use local_cluster::preflight::{self, Binaries, DataDirLock};
use local_cluster::terminal::{Terminal, seconds};
use tokio::signal::unix::{Signal, SignalKind, signal};

const LEFTOVERS_GONE_WITHIN: Duration = Duration::from_secs(5);

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let Command::Up(options) = Cli::parse().command;
    let terminal = Terminal::new();
    match up(&options, terminal).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal.bad("cluster", with_causes(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn up(options: &UpOptions, terminal: Terminal) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let binaries = Binaries::beside_this_program()?;
    let data_dir = preflight::data_dir(&options.data_dir)?;
    let lock = DataDirLock::take(&data_dir)?;
    let layout = Layout::new(options, data_dir)?;
    let leftovers = preflight::end_leftovers(&layout, &binaries);
    let patience = if leftovers > 0 { LEFTOVERS_GONE_WITHIN } else { Duration::ZERO };
    if leftovers > 0 {
        terminal.note("cluster", format_args!("ended {leftovers} processes that an earlier run left behind"));
    }
    preflight::ports_are_free(&layout, patience)?;
    let mut ctrl_c = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut replace = signal(SignalKind::user_defined2())?;
    terminal.title(format_args!("{} backends behind one load balancer", layout.instances.len()));
    let mut cluster = Cluster::start(layout.clone(), &binaries, terminal).await?;
    let result = tokio::select! {
        result = serve(&mut cluster, &layout, terminal, started, &mut replace) => result,
        () = either(&mut ctrl_c, &mut terminate) => Ok(()),
    };
    terminal.text("");
    terminal.note("cluster", "stopping: balancer, then backends (Ctrl-C again to end at once)");
    tokio::select! {
        () = cluster.stop() => {}
        () = either(&mut ctrl_c, &mut terminate) => terminal.bad("cluster", "ended at once"),
    }
    drop(lock);
    Ok(result?)
}

async fn serve(
    cluster: &mut Cluster,
    layout: &Layout,
    terminal: Terminal,
    started: Instant,
    replace: &mut Signal,
) -> Result<(), ClusterError> {
    cluster.wait_until_ready().await?;
    show_addresses(layout, terminal, &seconds(started.elapsed()));
    cluster.follow(replace).await
}

fn show_addresses(layout: &Layout, terminal: Terminal, took: &str) {
    terminal.text(format_args!("\n  Everything is ready after {took}.\n"));
    terminal.address("Page", format_args!("http://{}", layout.frontend));
    terminal.address("API", format_args!("http://{}/api/docs", layout.traffic));
    terminal.address("Load balancer", format_args!("http://{}", layout.admin));
    if let Some(folder) = layout.mail_dir() {
        terminal.text(format_args!("    {:<15}{}", "Mails", folder.display()));
    }
    terminal.text(format_args!("\n    Data in {}. Ctrl-C stops everything.\n", layout.data_dir.display()));
}

async fn either(first: &mut Signal, second: &mut Signal) {
    tokio::select! {
        _ = first.recv() => {}
        _ = second.recv() => {}
    }
}

fn with_causes(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |cause: &&dyn Error| (*cause).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
