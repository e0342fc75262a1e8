//! Builds a server from its configuration: bound, but not yet serving.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use service_kit::config::ValueFiles;
use service_kit::health::Uptime;
use service_kit::shutdown::{Drain, Drained, Shutdown, Signals};
use service_kit::telemetry::traces::SpanCounts;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::arrival::{self, Arrival, StartFailure};
use super::background::{Background, Means};
use super::database::{apply_migrations, open};
use super::outbox::Courier;
use super::replica::Replica;
use super::state::{App, AppState, LastReason};
use super::templates::Shelf;
use super::webhook::Messenger;
use super::{canonical, serve};
use crate::auth::oidc::{ClientError, FlowKeys, Providers};
use crate::auth::passkeys::Passkeys;
use crate::auth::{
    Challenges, CodeMaker, DeviceSigner, FactorSecrets, HashError, Hasher, Revocations, Successors,
    TokenIssuer, UnsubscribeSigner,
};
use crate::cluster::{Cluster, ClusterError};
use crate::config::{Config, DatabaseConfig, MailConfig};
use crate::idempotency::Vault;
use crate::mail::{Post, Writer, smtp};
use crate::metrics::Metrics;
use crate::outbox::Envelopes;
use crate::store::metrics::{Metered, StoreMetrics};
use crate::store::migration::MigrationError;
use crate::store::{Store, StoreError, sql_server};
use crate::webhook::{Endpoint, EndpointConfig, EndpointError};

/// The reason why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The address cannot be bound: another process has the port, or this machine does not have the address.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address of `BIND_ADDRESS`.
        address: SocketAddr,
        /// The error of the kernel.
        source: io::Error,
    },
    /// The database cannot be reached, or cannot be brought to this version's schema.
    #[error(transparent)]
    Database(#[from] MigrationError),
    /// The database refuses a statement of this version.
    #[error("the database cannot be completed")]
    Store(#[from] StoreError),
    /// The first password could not be hashed.
    #[error(transparent)]
    Hasher(#[from] HashError),
    /// Two metrics have one name.
    #[error("metrics cannot be set up")]
    Metrics(#[from] prometheus::Error),
    /// A template of a mail cannot be read.
    #[error("the templates of mails cannot be read")]
    Templates(#[from] minijinja::Error),
    /// The TLS set-up for the mail server failed.
    #[error(transparent)]
    Mail(#[from] smtp::TlsError),
    /// The client for the webhook could not be made.
    #[error(transparent)]
    Webhook(#[from] EndpointError),
    /// The client for the providers of OpenID Connect could not be made.
    #[error("the providers of OpenID Connect cannot be asked")]
    Oidc(#[from] ClientError),
    /// The client for the balancers could not be made.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The keys of idempotency records, or other keys of this kind, could not be made.
    #[error("keys cannot be made from the secrets")]
    Keys(#[from] aws_lc_rs::error::Unspecified),
}

/// A server that is bound to its address.
pub struct Application {
    app: App,
    router: fn(App) -> Router,
    listener: TcpListener,
    drain: Drain,
    files: ValueFiles,
    arrival: Option<Arrival>,
    courier: Option<Courier>,
    messenger: Option<Messenger>,
}

impl Application {
    /// Binds, migrates and connects, in this order, so that a taken port is reported before anything is done.
    /// `router` makes the router of the state. A database that is away is waited for while the application runs.
    ///
    /// # Errors
    ///
    /// A [`BuildError`] by cause.
    pub async fn build(config: Config, router: fn(App) -> Router) -> Result<Self, BuildError> {
        let Config { server, database, auth, mail, webhook, templates, oidc, passkeys, balancers, files } =
            config;
        let listener = bind(server.bind_address)?;
        let courier = mail.map(courier).transpose()?;
        let messenger = webhook.map(messenger).transpose()?;
        let metrics = Metrics::new()?;
        let replica = open_replica(&database, metrics.store())?;
        let templates = Arc::new(Shelf::new(templates));
        let (store, arrival) = arrival::store(database, metrics.store(), Arc::clone(&templates)).await?;
        let state = AppState {
            store,
            replica,
            sign_of_life: LastReason::default(),
            templates,
            hasher: Hasher::new(auth.hash_threads, metrics.hashes())?,
            codes: CodeMaker::new(&auth.keyring),
            oidc: Providers::new(oidc)?,
            passkeys: Passkeys::new(passkeys, &auth.keyring)?,
            oidc_flows: FlowKeys::new(&auth.keyring),
            vault: Vault::new(&auth.keyring)?,
            envelopes: Envelopes::new(&auth.keyring)?,
            outbox_bell: Notify::new(),
            webhook_bell: messenger.as_ref().map(|_| Notify::new()),
            successors: Successors::new(&auth.keyring),
            revocations: Revocations::default(),
            devices: DeviceSigner::new(&auth.keyring),
            challenges: Challenges::new(&auth.keyring)?,
            factor_secrets: FactorSecrets::new(&auth.keyring)?,
            step_up_max_age: auth.step_up_max_age,
            unsubscriptions: UnsubscribeSigner::new(&auth.keyring),
            reminders: server.reminders,
            issuer: TokenIssuer::new(auth.keyring, auth.access_token_ttl),
            instance_id: server.instance_id,
            lifetimes: auth.lifetimes,
            cookie_security: auth.cookie_security,
            trusted_proxies: server.trusted_proxies,
            database_views_interval: server.database_views_interval,
            audit_retention: server.audit_retention,
            cluster: Cluster::new(balancers)?,
            shutdown: Shutdown::new(),
            metrics,
            uptime: Uptime::start(),
        };
        let (app, drain) = (Arc::new(state), server.drain);
        Ok(Self { app, router, listener, drain, files, arrival, courier, messenger })
    }

    /// Registers the counters of sent and dropped spans.
    pub fn show_span_counts(&self, counts: &Arc<SpanCounts>) -> Result<(), BuildError> {
        Ok(self.app.metrics.count_spans(Arc::clone(counts))?)
    }

    /// The address that the server listens on. A configured port 0 is the real port here.
    ///
    /// # Errors
    ///
    /// The error of the kernel.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The handle that ends the server from within the process, as a signal does from outside.
    pub fn shutdown(&self) -> Shutdown {
        self.app.shutdown.clone()
    }

    /// The place of the error for which the application ends by itself: the database was waited for, and then had an
    /// error that no waiting mends.
    pub fn start_failure(&self) -> StartFailure {
        self.arrival.as_ref().map_or_else(StartFailure::default, Arrival::failure)
    }

    /// Serves until a signal comes, and then drains.
    pub async fn run(self, signals: &mut Signals) -> Drained {
        let Self { app, router, listener, drain, files, arrival, courier, messenger } = self;
        let background = Background::start(&app, Means { files, arrival, courier, messenger });
        let server = serve::serve(app.shutdown.clone(), router(Arc::clone(&app)), listener);
        let (drained, _) = drain.run(&app.shutdown, signals, server).await;
        background.end().await;
        app.store.close().await;
        if let Some(replica) = &app.replica {
            replica.store.close().await;
        }
        drained
    }
}

fn courier(MailConfig { post, from, base }: MailConfig) -> Result<Courier, BuildError> {
    let (writer, post) = (Writer::new(from, base)?, Post::new(&post)?);
    Ok(Courier { writer, post, told: LastReason::default() })
}

fn messenger(config: EndpointConfig) -> Result<Messenger, BuildError> {
    Ok(Messenger { endpoint: Endpoint::new(config)?, told: LastReason::default() })
}

fn bind(address: SocketAddr) -> Result<TcpListener, BuildError> {
    let listen = || -> io::Result<TcpListener> {
        let socket = socket2::Socket::new(
            socket2::Domain::for_address(address),
            socket2::Type::STREAM,
            Some(socket2::Protocol::TCP),
        )?;
        // A restart must not wait for connections of the process before it.
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(serve::BACKLOG)?;
        TcpListener::from_std(socket.into())
    };
    listen().map_err(|source| BuildError::Bind { address, source })
}

/// Brings the database to this version's schema, with the work that SQL statements cannot do. Gives the names of the
/// migrations that were applied.
///
/// # Errors
///
/// A [`BuildError`] by cause.
pub async fn migrate(database: &DatabaseConfig) -> Result<Vec<String>, BuildError> {
    let applied = apply_migrations(database).await?;
    let store = open(database, Metrics::new()?.store())?;
    let filled = canonical::fill(&*store).await;
    store.close().await;
    filled?;
    Ok(applied)
}

/// Opens the migrated database for a command that serves no requests.
///
/// # Errors
///
/// A [`BuildError`] by cause.
pub fn open_store(database: &DatabaseConfig) -> Result<Arc<dyn Store>, BuildError> {
    let metrics = StoreMetrics::register(&prometheus::Registry::new())?;
    Ok(open(database, metrics)?)
}

/// Opens the replica. The replica connects in the background, and the primary answers until then.
fn open_replica(database: &DatabaseConfig, metrics: StoreMetrics) -> Result<Option<Replica>, MigrationError> {
    let DatabaseConfig::SqlServer(config) = database else { return Ok(None) };
    let Some(replica) = &config.replica else { return Ok(None) };
    let store = sql_server::open(&config.of_replica(replica), &metrics)?;
    let store = Arc::new(Metered::new(store, metrics, "microsoft.sql_server"));
    Ok(Some(Replica { store, max_lag: replica.max_lag }))
}
