//! The SQL Server of `DATABASE_URL`, or of `DB_SERVER` and its companions.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use service_kit::config::{Secret, Sources};
use service_kit::duration::HumanDuration;
use url::Url;

use super::pool::PoolConfig;
use super::replica::ReplicaConfig;
use crate::config::provision::LoginConfig;
use crate::percent::decode;

/// The address of a SQL Server, and the log-in there.
#[derive(Debug, Clone)]
pub struct SqlServerConfig {
    /// The host name or address.
    pub host: String,
    /// The port, by default 1433.
    pub port: u16,
    /// The name of the database.
    pub database: String,
    /// The login.
    pub user: String,
    /// The login's password.
    pub password: Secret,
    /// Whether the whole connection has TLS (`DB_ENCRYPT`). Without it, only what the server demands is encrypted.
    pub encrypt: bool,
    /// The PEM file of the trusted authorities, instead of those of the system (`DB_CA_FILE`).
    pub ca_file: Option<PathBuf>,
    /// Whether any certificate is accepted (`DB_TRUST_SERVER_CERTIFICATE`).
    pub trust_server_certificate: bool,
    /// The time that a refused login is tried again at the start (`DB_LOGIN_PATIENCE`), because another process
    /// (`provision`) may be making the login.
    pub login_patience: Duration,
    /// The replica for reading (`DB_READ_SERVER`).
    pub replica: Option<ReplicaConfig>,
    /// Whether the session only reads (`ApplicationIntent=ReadOnly`), so that an availability group may route it to a
    /// secondary.
    pub read_only: bool,
    /// The bounds of this instance's connections.
    pub pool: PoolConfig,
}

impl fmt::Display for SqlServerConfig {
    /// Writes `database on host:port` for messages, without user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}:{}", self.database, self.host, self.port)
    }
}

impl SqlServerConfig {
    /// The same database with another login.
    #[must_use]
    pub fn with_login(&self, login: &LoginConfig) -> Self {
        Self { user: login.user.clone(), password: login.password.clone(), ..self.clone() }
    }

    /// The same database on its replica, for reading only.
    #[must_use]
    pub fn of_replica(&self, replica: &ReplicaConfig) -> Self {
        Self { host: replica.host.clone(), port: replica.port, read_only: true, ..self.clone() }
    }
}

/// The settings beside the URL. Parameters of the URL about TLS win over them.
pub(super) struct Defaults {
    encrypt: bool,
    ca_file: Option<PathBuf>,
    trust_server_certificate: bool,
    login_patience: Duration,
    replica: Option<ReplicaConfig>,
}

impl Defaults {
    pub(super) fn read(sources: &mut Sources) -> Self {
        let ca_file: Option<PathBuf> = sources.optional("DB_CA_FILE");
        if let Some(path) = ca_file.as_ref().filter(|path| !path.is_file()) {
            sources.reject("DB_CA_FILE", format_args!("there is no file {}", path.display()));
        }
        Self {
            encrypt: sources.or("DB_ENCRYPT", true),
            ca_file,
            trust_server_certificate: sources.or("DB_TRUST_SERVER_CERTIFICATE", false),
            login_patience: login_patience(sources),
            replica: ReplicaConfig::read(sources),
        }
    }

    /// The settings of `server`, completed by these.
    fn of(self, server: Server, pool: PoolConfig) -> SqlServerConfig {
        let Server { host, port, database, user, password } = server;
        let Self { encrypt, ca_file, trust_server_certificate, login_patience, replica } = self;
        SqlServerConfig {
            host,
            port,
            database,
            user,
            password,
            encrypt,
            ca_file,
            trust_server_certificate,
            login_patience,
            replica,
            read_only: false,
            pool,
        }
    }
}

/// A server's address, its database, and the log-in there.
struct Server {
    host: String,
    port: u16,
    database: String,
    user: String,
    password: Secret,
}

/// The patience with a refused login, by default none, so that a wrong password is reported at once.
fn login_patience(sources: &mut Sources) -> Duration {
    let patience = sources.or("DB_LOGIN_PATIENCE", HumanDuration(Duration::ZERO)).get();
    if patience > Duration::from_mins(10) {
        sources.reject("DB_LOGIN_PATIENCE", "must be at most 10m");
    }
    patience
}

/// Reads `DB_SERVER` and its companions. Problems go to `sources`.
pub(super) fn from_parts(
    sources: &mut Sources,
    pool: PoolConfig,
    defaults: Defaults,
) -> Option<SqlServerConfig> {
    let Some(host) = sources.optional::<String>("DB_SERVER") else {
        sources.reject(
            "DATABASE_URL",
            "is required: sqlite://PATH or sqlserver://user:password@host:port/database (or set DB_SERVER and its companions)",
        );
        return None;
    };
    let port = sources.or("DB_PORT", 1433);
    let database = sources.required("DB_DATABASE");
    let user = sources.required("DB_USER");
    let password = sources.required_secret("DB_PASSWORD");
    let server = Server { host, port, database: database?, user: user?, password: password? };
    Some(defaults.of(server, pool))
}

/// Reads the URL of a server. The reasons never repeat the URL, which has a password.
pub(super) fn from_url(text: &str, pool: PoolConfig, defaults: Defaults) -> Result<SqlServerConfig, String> {
    let url = Url::parse(text).map_err(|error| format!("is no URL: {error}"))?;
    match url.scheme() {
        "sqlserver" | "mssql" => sql_server(&url, pool, defaults),
        other => Err(format!("the scheme must be sqlite or sqlserver, not {other}")),
    }
}

fn sql_server(url: &Url, pool: PoolConfig, mut defaults: Defaults) -> Result<SqlServerConfig, String> {
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or("names no host")?;
    let database = decode(url.path().trim_start_matches('/'))?;
    let user = decode(url.username())?;
    let password = decode(url.password().ok_or("names no password")?)?;
    if database.is_empty() || user.is_empty() {
        return Err("needs a user and a database: sqlserver://user:password@host:port/database".into());
    }
    for (name, value) in url.query_pairs() {
        let flag = || value.parse().map_err(|_| format!("{name} must be true or false"));
        match &*name {
            "encrypt" => defaults.encrypt = flag()?,
            "trust_server_certificate" => defaults.trust_server_certificate = flag()?,
            other => return Err(format!("has an unknown parameter {other}")),
        }
    }
    let (host, port) = (host.trim_matches(['[', ']']).to_owned(), url.port().unwrap_or(1433));
    let server = Server { host, port, database, user, password: Secret::new(password) };
    Ok(defaults.of(server, pool))
}
