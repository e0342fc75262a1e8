//! Starts all processes, keeps the manifest true, and stops all processes in order.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::signal::unix::Signal;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::frontend::{self, Frontend};
use crate::layout::{Instance, Layout};
use crate::mails;
use crate::manifest::{InstanceEntry, Manifest};
use crate::preflight::Binaries;
use crate::readiness::wait_until_all_up;
use crate::secret;
use crate::supervisor::{Event, Replacement, Service, StartFailure, Supervisor};
use crate::terminal::Terminal;

const BALANCER: &str = "load-balancer";
const FRONTEND: &str = "frontend";
const START_DEADLINE: Duration = Duration::from_secs(90);

/// The reason why the cluster could not start, or had to end.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// A service did not start.
    #[error(transparent)]
    Start(#[from] StartFailure),
    /// A service stayed unready for too long.
    #[error("not ready after {} s: {}", START_DEADLINE.as_secs(), missing.join(", "))]
    TooSlow {
        /// The names of the missing services.
        missing: Vec<String>,
    },
    /// A file below the data directory could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The page's server failed.
    #[error(transparent)]
    Frontend(#[from] frontend::FrontendError),
}

/// A set of supervised services that are stopped together.
struct Group {
    stop: watch::Sender<bool>,
    replace: watch::Sender<usize>,
    tasks: Vec<JoinHandle<()>>,
}

/// The running cluster.
pub struct Cluster {
    layout: Layout,
    terminal: Terminal,
    events: mpsc::Receiver<Event>,
    ready: BTreeMap<String, u32>,
    backends: Group,
    balancer: Group,
    frontend: Frontend,
    mails: Option<JoinHandle<()>>,
}

impl Cluster {
    /// Writes the files that the services read, and starts all services at once. No service needs another one to
    /// start.
    pub async fn start(
        layout: Layout,
        binaries: &Binaries,
        terminal: Terminal,
    ) -> Result<Self, ClusterError> {
        write_inputs(&layout)?;
        let (events_in, events) = mpsc::channel(64);
        let start = |services: Vec<Service>| Group::start(services, terminal, &events_in);
        let backends =
            start(layout.instances.iter().map(|i| backend_service(&layout, binaries, i)).collect());
        let balancer = start(vec![balancer_service(&layout, binaries)]);
        let frontend = Frontend::start(&layout).await?;
        terminal.good(FRONTEND, format_args!("serving {}", layout.frontend_dir.display()));
        let mails = layout.mail_dir().map(|folder| tokio::spawn(mails::watch(folder, terminal)));
        Ok(Self { layout, terminal, events, ready: BTreeMap::new(), backends, balancer, frontend, mails })
    }

    /// Waits until every service is ready and the balancer has found every backend, and writes the manifest.
    pub async fn wait_until_ready(&mut self) -> Result<(), ClusterError> {
        let deadline = Instant::now() + START_DEADLINE;
        if let Ok(result) = timeout_at(deadline, self.all_ready()).await {
            result?;
        } else {
            return Err(ClusterError::TooSlow { missing: self.missing() });
        }
        if let Ok(result) = timeout_at(deadline, self.all_found()).await {
            result?;
        } else {
            let missing = vec![format!("{BALANCER} (has not found every backend up)")];
            return Err(ClusterError::TooSlow { missing });
        }
        self.write_manifest()
    }

    async fn all_ready(&mut self) -> Result<(), StartFailure> {
        while !self.missing().is_empty() {
            self.next_event().await?;
        }
        Ok(())
    }

    /// Waits until the balancer's checks have found every backend up. A backend is `starting` until then.
    async fn all_found(&mut self) -> Result<(), StartFailure> {
        let url = format!("http://{}/health", self.layout.traffic);
        let names: Vec<_> = self.layout.instances.iter().map(|instance| instance.name.clone()).collect();
        let found = wait_until_all_up(&url, &names);
        tokio::pin!(found);
        loop {
            tokio::select! {
                () = &mut found => return Ok(()),
                event = self.next_event() => event?,
            }
        }
    }

    /// Keeps the manifest true when instances are restarted, and has the balancer replaced at each signal of `replace`.
    /// Returns only with an error.
    pub async fn follow(&mut self, replace: &mut Signal) -> Result<(), ClusterError> {
        loop {
            tokio::select! {
                event = self.next_event() => {
                    event?;
                    self.write_manifest()?;
                }
                Some(()) = replace.recv() => self.balancer.replace.send_modify(|wishes| *wishes += 1),
            }
        }
    }

    /// Stops the balancer first, so that it drains into living backends; then the backends; then the page's server.
    pub async fn stop(self) {
        let manifest = self.layout.manifest_path();
        self.balancer.stop().await;
        self.backends.stop().await;
        self.frontend.stop().await;
        if let Some(mails) = self.mails {
            mails.abort();
        }
        if let Err(error) = std::fs::remove_file(&manifest)
            && error.kind() != io::ErrorKind::NotFound
        {
            self.terminal.bad("cluster", format_args!("cannot remove {}: {error}", manifest.display()));
        }
    }

    async fn next_event(&mut self) -> Result<(), StartFailure> {
        match self.events.recv().await {
            Some(Event::Ready { name, pid }) => {
                self.ready.insert(name, pid);
                Ok(())
            }
            Some(Event::NeverStarted(failure)) => Err(failure),
            // Every supervisor has ended, which happens only while the cluster stops.
            None => std::future::pending().await,
        }
    }

    fn missing(&self) -> Vec<String> {
        let names = self.layout.instances.iter().map(|instance| instance.name.as_str()).chain([BALANCER]);
        names.filter(|name| !self.ready.contains_key(*name)).map(ToOwned::to_owned).collect()
    }

    fn write_manifest(&self) -> Result<(), ClusterError> {
        let path = self.layout.manifest_path();
        self.manifest().write(&path).map_err(|source| ClusterError::Write { path, source })
    }

    fn manifest(&self) -> Manifest {
        let entry = |instance: &Instance| {
            let pid = *self.ready.get(&instance.name)?;
            Some(InstanceEntry { name: instance.name.clone(), address: instance.address.to_string(), pid })
        };
        Manifest {
            frontend: format!("http://{}", self.layout.frontend),
            load_balancer: format!("http://{}", self.layout.traffic),
            admin: format!("http://{}", self.layout.admin),
            load_balancer_pid: self.ready.get(BALANCER).copied().unwrap_or_default(),
            supervisor_pid: std::process::id(),
            mails: self.layout.mail_dir(),
            instances: self.layout.instances.iter().filter_map(entry).collect(),
        }
    }
}

impl Group {
    fn start(services: Vec<Service>, terminal: Terminal, events: &mpsc::Sender<Event>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let (replace, wishes) = watch::channel(0);
        let supervise = |service| {
            let (events, stop) = (events.clone(), stopped.clone());
            tokio::spawn(Supervisor::new(service, terminal, events, stop, wishes.clone()).run())
        };
        Self { tasks: services.into_iter().map(supervise).collect(), stop, replace }
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                std::panic::resume_unwind(error.into_panic());
            }
        }
    }
}

fn write_inputs(layout: &Layout) -> Result<(), ClusterError> {
    let config = layout.balancer_config_path();
    std::fs::write(&config, layout.balancer_config())
        .map_err(|source| ClusterError::Write { path: config, source })?;
    let path = layout.secret_path();
    secret::make_if_missing(&path).map_err(|source| ClusterError::Write { path, source })
}

fn backend_service(layout: &Layout, binaries: &Binaries, instance: &Instance) -> Service {
    let mut environment = vec![
        ("INSTANCE_ID", OsString::from(&instance.name)),
        ("BIND_ADDRESS", instance.address.to_string().into()),
        ("DATABASE_URL", OsString::from(&layout.database_url)),
    ];
    if !is_set("JWT_SECRET") && !is_set("JWT_SECRET_FILE") {
        environment.push(("JWT_SECRET_FILE", layout.secret_path().into()));
    }
    if let Some(folder) = layout.mail_dir() {
        environment.push(("MAIL_OUTBOX_DIR", folder.into()));
    }
    if !is_set("PUBLIC_URL") && !is_set("PUBLIC_URL_FILE") {
        environment.push(("PUBLIC_URL", format!("http://{}", layout.frontend).into()));
    }
    if !is_set("LB_ADMIN_URLS") && !is_set("LB_ADMIN_URLS_FILE") {
        environment.push(("LB_ADMIN_URLS", format!("http://{}", layout.admin).into()));
    }
    environment.extend(common_environment(layout));
    Service {
        name: instance.name.clone(),
        program: binaries.backend.clone(),
        arguments: vec!["serve".into()],
        environment,
        ready_url: format!("http://{}/ready", instance.address),
        replacement: None,
    }
}

fn balancer_service(layout: &Layout, binaries: &Binaries) -> Service {
    let mut environment = common_environment(layout);
    // Whatever has the balancer replaced asks this process for the new one.
    environment.push(("LB_SUPERVISOR", std::process::id().to_string().into()));
    Service {
        name: BALANCER.to_owned(),
        program: binaries.balancer.clone(),
        arguments: vec!["--config".into(), layout.balancer_config_path().into(), "run".into()],
        environment,
        ready_url: format!("http://{}/lb-health", layout.traffic),
        replacement: Some(Replacement {
            argument: "--take-over",
            status_url: format!("http://{}/api/status", layout.admin),
        }),
    }
}

fn common_environment(layout: &Layout) -> Vec<(&'static str, OsString)> {
    let level = if layout.verbose { "info" } else { "warn" };
    let traces = layout.otlp_endpoint.iter().map(|endpoint| ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.into()));
    [("LOG_FORMAT", "text"), ("RUST_LOG", level)]
        .into_iter()
        .filter(|(name, _)| !is_set(name))
        .map(|(name, value)| (name, value.into()))
        .chain(traces)
        .collect()
}

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some()
}
