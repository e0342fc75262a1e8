//! Builds the balancer, then runs it: sockets are open and their ports known before anything is served.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use service_kit::{
    config::{Secret, ValueFiles},
    files::FileWatch,
    shutdown::{Drain, Drained, Shutdown, Signals},
    telemetry::traces::Traces,
};
use tokio::net::TcpListener;

use crate::admin::{self, Admin, Facts};
use crate::config::{self, AccessLog, ConfigError};
use crate::control::{self, Control, Start};
use crate::probing::Resolve;
use crate::record::{Shard, access_log::LogBuffer, access_log::Writer};
use crate::resources;
use crate::route::HostMatch;
use crate::supervise::{self, Task};
use crate::tls::{self, TlsError};
use crate::upkeep::{Renewable, Upkeep};
use crate::workers::{Parts, Workers};

/// The arguments of a start.
#[derive(Debug)]
pub struct Options {
    /// The configuration file.
    pub file: PathBuf,
    /// The admin token. Without a token, changes through the admin interface are open to this machine, and the
    /// interface must be on a loopback address.
    pub admin_token: Option<Secret>,
    /// Resolves names to addresses.
    pub resolver: Arc<dyn Resolve>,
    /// Where spans go; `None` where traces are off.
    pub traces: Option<Traces>,
}

/// Why the balancer cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The admin address is taken, or is not one of this machine's.
    #[error("cannot listen on {address} (admin)")]
    Admin {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A traffic socket cannot be opened, or a worker cannot be started.
    #[error(transparent)]
    Workers(#[from] crate::workers::StartError),
    /// A certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The access log cannot be opened.
    #[error("cannot open the access log")]
    AccessLog(#[source] io::Error),
    /// Signals cannot be caught.
    #[error("cannot catch signals")]
    Signals(#[source] io::Error),
}

/// A balancer that listens.
#[derive(Debug)]
pub struct App {
    workers: Workers,
    control: Arc<Control>,
    listener: TcpListener,
    admin_address: SocketAddr,
    admin_hosts: Vec<HostMatch>,
    token: Option<Secret>,
    resolver: Arc<dyn Resolve>,
    drain: Drain,
    log: Option<Writer>,
    upkeep: Upkeep,
    facts: Facts,
}

impl App {
    /// Reads the configuration, opens the sockets, and starts workers and probers. Needs a tokio runtime with I/O
    /// and time, on which the control side then runs.
    pub async fn build(options: Options) -> Result<Self, StartError> {
        let file = FileWatch::new([&options.file]);
        let config = config::load(&options.file, options.admin_token.is_none())?;
        config.tell_notes();
        let mut listen = config.listen.clone();
        listen.max_connections = resources::allow(listen.max_connections, listen.workers);
        let certificates = listen.https.map(|_| Renewable::load(&listen.certificates)).transpose()?;
        let tls = certificates.as_ref().map(|renewable| tls::server_config(renewable.certificates()));
        let tls = tls.transpose()?;
        let (listener, admin_address) = open_admin(listen.admin).await?;
        let log = open_log(&config.access_log)?;
        let shards: Vec<Arc<Shard>> = (0..listen.workers).map(|_| Arc::default()).collect();
        let buffer = || log.as_ref().map(|writer| LogBuffer::new(config.access_log.format, writer.handle()));
        let records = shards.iter().map(|shard| (Arc::clone(shard), buffer())).collect();
        let control = Control::start(Start {
            file: options.file,
            config,
            admin_is_open: options.admin_token.is_none(),
            shards,
            access_log: log.as_ref().map(Writer::handle),
            resolver: Arc::clone(&options.resolver),
            span_counts: options.traces.as_ref().map(|traces| Arc::clone(traces.counts())),
        });
        let drain = Drain { grace: listen.drain_grace, timeout: listen.drain_timeout };
        let admin_hosts = listen.admin_hosts.clone();
        let facts = Facts {
            certificates: certificates.as_ref().map(Renewable::certificates),
            max_connections: listen.max_connections,
            max_connections_per_address: listen.max_connections_per_address,
        };
        let published = Arc::clone(control.published());
        let workers = Workers::start(Parts { listen, published, records, tls, traces: options.traces })?;
        let upkeep = Upkeep::new(file, certificates).map_err(StartError::Signals)?;
        let (token, resolver) = (options.admin_token, options.resolver);
        Ok(Self {
            workers,
            control,
            listener,
            admin_address,
            admin_hosts,
            token,
            resolver,
            drain,
            log,
            upkeep,
            facts,
        })
    }

    /// Has the files watched that values of the environment came from.
    #[must_use]
    pub fn watching(mut self, files: ValueFiles) -> Self {
        self.upkeep.watch_values(files);
        self
    }

    /// Where plain HTTP is served.
    pub fn http(&self) -> SocketAddr {
        self.workers.http()
    }

    /// Where TLS is served.
    pub fn https(&self) -> Option<SocketAddr> {
        self.workers.https()
    }

    /// Where the admin interface is served.
    pub fn admin(&self) -> SocketAddr {
        self.admin_address
    }

    /// Serves until a signal comes or `shutdown` is triggered; then drains, and gives how that went.
    pub async fn run(self, shutdown: Shutdown, signals: &mut Signals) -> Drained {
        let Self { mut workers, control, listener, drain, log, upkeep, .. } = self;
        let admin =
            Admin::new(Arc::clone(&control), self.token, self.admin_hosts, self.facts, shutdown.clone());
        let router = admin::router(Arc::clone(&admin));
        let trusted = Arc::clone(workers.trusted());
        let beside = async {
            tokio::join!(
                supervise::restarting(Task::Control, || control.run()),
                supervise::restarting(Task::TrustedNames, || control::follow_names(&trusted, &self.resolver)),
                upkeep.run(&control, &admin),
                serve(listener, router)
            );
        };
        let (drained, _) = tokio::select! {
            drained = drain.run(&shutdown, signals, follow(&mut workers, &shutdown)) => drained,
            () = beside => (Drained::Finished, None),
        };
        workers.end();
        workers.ended().await;
        if let Some(log) = log {
            log.stop();
        }
        drained
    }
}

/// Takes the workers through the phases of the shutdown, and ends with them.
async fn follow(workers: &mut Workers, shutdown: &Shutdown) {
    shutdown.draining().await;
    tracing::info!("draining");
    workers.drain();
    shutdown.closing().await;
    workers.close();
    workers.ended().await;
}

/// Serves the admin interface until it is dropped, which is after the drain: an operator can watch the drain there.
async fn serve(listener: TcpListener, router: axum::Router) {
    if let Err(error) =
        axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await
    {
        supervise::note(Task::Admin, &error);
    }
}

async fn open_admin(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Admin { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

fn open_log(config: &AccessLog) -> Result<Option<Writer>, StartError> {
    let open = || Writer::start(config.path.as_deref()).map_err(StartError::AccessLog);
    config.enabled.then(open).transpose()
}
