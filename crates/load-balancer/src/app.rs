//! Builds the balancer, then runs it: sockets are open and their ports known before anything is served.

mod succession;

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use service_kit::{
    config::{Secret, ValueFiles},
    files::FileWatch,
    shutdown::{Drain, Drained, Shutdown, Signals},
    telemetry::traces::Traces,
};
use tokio::net::TcpListener;

use self::succession::{Before, Successor, prove};
use crate::admin::{self, Admin, Facts};
use crate::config::{self, AccessLog, ConfigError, Listen};
use crate::control::{self, Control, Start};
use crate::probing::Resolve;
use crate::record::{Shard, access_log::LogBuffer, access_log::Writer};
use crate::resources;
use crate::route::HostMatch;
use crate::supervise::{self, Task};
use crate::tls::{self, TlsError};
use crate::trust::TrustedProxies;
use crate::upgrade::{
    Arrivals, Door, Listeners, Orders, Predecessor, Role, Starter, TakeOverError, Upgrades,
};
use crate::upkeep::{Renewable, Upkeep};
use crate::workers::{Parts, Reception, Workers};

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
    /// The sockets of the process before do not come here.
    #[error(transparent)]
    TakeOver(#[from] TakeOverError),
    /// What operators have changed in the process before cannot be read.
    #[error("what operators have changed in the process before cannot be read")]
    Carried(#[source] serde_json::Error),
    /// A pool could serve in the process before and cannot in this one.
    #[error("pool {0:?} has no server that takes traffic, and had one in the process before")]
    NotReady(String),
    /// Signals cannot be caught.
    #[error("cannot catch signals")]
    Signals(#[source] io::Error),
}

/// Where this process's place comes from, and who gets it after this process.
#[derive(Debug, Default)]
pub(crate) struct Succession {
    /// The process before, where there is one.
    pub predecessor: Option<Predecessor>,
    /// Where the process after this one asks.
    pub door: Option<Door>,
    /// Starts the process after this one.
    pub starter: Option<Starter>,
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
    listeners: Listeners,
    upgrades: Upgrades,
    orders: Orders,
    arrivals: Option<Arrivals>,
}

impl App {
    /// Reads the configuration, opens the sockets, and starts workers and probers. Needs a tokio runtime with I/O
    /// and time, on which the control side then runs.
    pub async fn build(options: Options) -> Result<Self, StartError> {
        Self::succeed(options, &mut Succession::default()).await
    }

    /// The same in the place of another process, where there is one: with its sockets, with what operators have changed
    /// there, and not before as many pools can serve.
    pub(crate) async fn succeed(options: Options, succession: &mut Succession) -> Result<Self, StartError> {
        let file = FileWatch::new([&options.file]);
        let config = config::load(&options.file, options.admin_token.is_none())?;
        config.tell_notes();
        let mut listen = config.listen.clone();
        listen.max_connections = resources::allow(listen.max_connections, listen.workers);
        let certificates = listen.https.map(|_| Renewable::load(&listen.certificates)).transpose()?;
        let tls = certificates.as_ref().map(|renewable| tls::server_config(renewable.certificates()));
        let tls = tls.transpose()?;
        let mut before = Before::new(succession.predecessor.as_mut())?;
        let (listener, admin) = open_admin(listen.admin, &mut before.listeners).await?;
        let admin_address =
            admin.local_addr().map_err(|source| StartError::Admin { address: listen.admin, source })?;
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
            carried: before.carried.take(),
        });
        let drain = Drain { grace: listen.drain_grace, timeout: listen.drain_timeout };
        let admin_hosts = listen.admin_hosts.clone();
        let facts = facts(&listen, certificates.as_ref());
        let (door, starter) = (succession.door.take(), succession.starter.take());
        let (upgrades, orders) = Upgrades::new(door, starter, listen.upgrade_timeout);
        let upkeep = Upkeep::new(file, certificates).map_err(StartError::Signals)?;
        let trusted = TrustedProxies::new(&listen.trusted_proxies);
        if let Some(predecessor) = &mut succession.predecessor {
            prove(&control, predecessor, &trusted, &options.resolver).await?;
        }
        let published = Arc::clone(control.published());
        let parts = Parts { listen, published, records, tls, traces: options.traces };
        let (workers, mut listeners) = Workers::take_over(parts, trusted, before.listeners)?;
        listeners.add(Role::Admin, [admin]);
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
            listeners,
            upgrades,
            orders,
            arrivals: None,
        })
    }

    /// Also serves client connections that come from the process before.
    #[must_use]
    pub(crate) fn receiving(mut self, arrivals: Option<Arrivals>) -> Self {
        self.arrivals = arrivals;
        self
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

    /// Serves until a signal comes, `shutdown` is triggered or another process has taken over; then drains, and gives how
    /// that went.
    pub async fn run(self, shutdown: Shutdown, signals: &mut Signals) -> Drained {
        let Self { mut workers, control, listener, drain, log, upkeep, .. } = self;
        let admin = Admin::new(
            Arc::clone(&control),
            self.token,
            self.admin_hosts,
            self.facts,
            shutdown.clone(),
            self.orders.clone(),
        );
        let router = admin::router(Arc::clone(&admin));
        let trusted = Arc::clone(workers.trusted());
        let reception = workers.reception();
        let successor = Successor::default();
        let beside = async {
            tokio::join!(
                supervise::restarting(Task::Control, || control.run()),
                supervise::restarting(Task::TrustedNames, || control::follow_names(&trusted, &self.resolver)),
                upkeep.run(&control, &admin, &self.orders),
                serve(listener, router, successor.arrived()),
                successor.await_one(self.upgrades, self.listeners, &control, &shutdown),
                receive(self.arrivals, &reception),
            )
        };
        let (drained, _) = tokio::select! {
            drained = drain.run(&shutdown, signals, follow(&mut workers, &shutdown, &successor)) => drained,
            _ = beside => (Drained::Finished, None),
        };
        workers.end();
        workers.ended().await;
        successor.finish().await;
        if let Some(log) = log {
            log.stop();
        }
        drained
    }
}

/// Takes the workers through the phases of the shutdown, and ends with them.
async fn follow(workers: &mut Workers, shutdown: &Shutdown, successor: &Successor) {
    shutdown.draining().await;
    tracing::info!("draining");
    match successor.departures() {
        Some(departures) => workers.hand_on(departures),
        None => workers.drain(),
    }
    shutdown.closing().await;
    workers.close();
    workers.ended().await;
}

/// Serves client connections that the process before has accepted, for as long as there are any.
async fn receive(arrivals: Option<Arrivals>, reception: &Reception) {
    let Some(arrivals) = arrivals else { return };
    while let Some((stream, used)) = arrivals.next().await {
        reception.welcome(stream, used);
    }
}

/// Serves the admin interface until it is dropped, which is after the drain: an operator can watch the drain there. Once
/// another process serves the interface, this one only answers what was asked already.
async fn serve(
    listener: TcpListener,
    router: axum::Router,
    successor: impl Future<Output = ()> + Send + 'static,
) {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(successor).await {
        supervise::note(Task::Admin, &error);
    }
}

fn facts(listen: &Listen, certificates: Option<&Renewable>) -> Facts {
    Facts {
        certificates: certificates.map(Renewable::certificates),
        max_connections: listen.max_connections,
        max_connections_per_address: listen.max_connections_per_address,
    }
}

/// The admin socket of the process before, or a new one. The second one is the same, for the process after this one.
async fn open_admin(
    address: SocketAddr,
    inherited: &mut Listeners,
) -> Result<(TcpListener, Arc<std::net::TcpListener>), StartError> {
    let failed = |source| StartError::Admin { address, source };
    let admin = match inherited.take(Role::Admin, address).pop() {
        Some(admin) => admin,
        None => Arc::new(TcpListener::bind(address).await.and_then(TcpListener::into_std).map_err(failed)?),
    };
    let listener = admin.try_clone().and_then(TcpListener::from_std).map_err(failed)?;
    Ok((listener, admin))
}

fn open_log(config: &AccessLog) -> Result<Option<Writer>, StartError> {
    let open = || Writer::start(config.path.as_deref()).map_err(StartError::AccessLog);
    config.enabled.then(open).transpose()
}
