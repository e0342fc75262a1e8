//! The database's settings.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use service_kit::config::{Secret, Sources};
use service_kit::duration::HumanDuration;
use url::Url;

use super::provision::LoginConfig;
use crate::percent::decode;

/// The beginning of a file's URL.
const FILE: &str = "sqlite://";

/// The database, and the way to reach it.
#[derive(Debug, Clone)]
pub enum DatabaseConfig {
    /// A file that the instances on this machine share.
    Sqlite {
        /// The path of the file. A missing file is made, with its folder.
        path: PathBuf,
        /// The bounds of this instance's connections.
        pool: PoolConfig,
    },
    /// A Microsoft SQL Server.
    SqlServer(SqlServerConfig),
}

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

/// A replica for reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaConfig {
    /// The host name or address.
    pub host: String,
    /// The port, by default 1433.
    pub port: u16,
    /// The time after a write in which the client reads from the primary (`DB_READ_MAX_LAG`).
    pub max_lag: Duration,
}

/// The bounds of a connection pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolConfig {
    /// The largest number of connections, at least 1 (`DB_POOL_MAX`).
    pub max: u32,
    /// The smallest number of connections, at most `max` (`DB_POOL_MIN`).
    pub min: u32,
    /// The time after which an idle connection above `min` is closed (`DB_POOL_IDLE_TIMEOUT_MS`).
    pub idle_timeout: Duration,
    /// The longest wait for a connection (`DB_POOL_ACQUIRE_TIMEOUT_MS`).
    pub acquire_timeout: Duration,
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

impl DatabaseConfig {
    /// As [`DatabaseConfig::read`], with the migrator's login where `DB_MIGRATOR_PASSWORD` is given. A file has no
    /// logins, so their settings are not read.
    pub fn read_for_migration(sources: &mut Sources) -> Option<Self> {
        let database = Self::read(sources);
        if matches!(database, Some(Self::Sqlite { .. })) {
            return database;
        }
        let migrator = LoginConfig::optional_migrator(sources);
        Some(match (database?, migrator) {
            (Self::SqlServer(server), Some(login)) => Self::SqlServer(server.with_login(&login)),
            (database, _) => database,
        })
    }

    /// Reads `DATABASE_URL`, or `DB_SERVER` with its companions. All problems go to `sources`. Settings of a server
    /// are not read for a file.
    pub fn read(sources: &mut Sources) -> Option<Self> {
        let pool = PoolConfig::read(sources);
        let url = sources.secret("DATABASE_URL");
        let config = match url.as_ref().map(Secret::expose) {
            None => {
                let defaults = Defaults::read(sources);
                return from_parts(sources, pool, defaults).map(Self::SqlServer);
            }
            Some(url) if url.starts_with(FILE) => file(url, pool),
            Some(url) => server(url, pool, Defaults::read(sources)),
        };
        match config {
            Ok(config) => Some(config),
            Err(reason) => {
                sources.reject("DATABASE_URL", reason);
                None
            }
        }
    }
}

impl PoolConfig {
    fn read(sources: &mut Sources) -> Self {
        let max = sources.or("DB_POOL_MAX", 10);
        let min = sources.or("DB_POOL_MIN", max.min(2));
        if !(1..=1000).contains(&max) {
            sources.reject("DB_POOL_MAX", "must be between 1 and 1000");
        } else if min > max {
            sources.reject("DB_POOL_MIN", "must not be more than DB_POOL_MAX");
        }
        let idle = sources.or("DB_POOL_IDLE_TIMEOUT_MS", 30_000_u64);
        let acquire = sources.or("DB_POOL_ACQUIRE_TIMEOUT_MS", 2_000_u64);
        for (name, value) in [("DB_POOL_IDLE_TIMEOUT_MS", idle), ("DB_POOL_ACQUIRE_TIMEOUT_MS", acquire)] {
            if !(1..=3_600_000).contains(&value) {
                sources.reject(name, "must be between 1 and 3600000");
            }
        }
        let (idle_timeout, acquire_timeout) = (Duration::from_millis(idle), Duration::from_millis(acquire));
        Self { max, min, idle_timeout, acquire_timeout }
    }
}

/// The settings beside the URL. Parameters of the URL about TLS win over them.
struct Defaults {
    encrypt: bool,
    ca_file: Option<PathBuf>,
    trust_server_certificate: bool,
    login_patience: Duration,
    replica: Option<ReplicaConfig>,
}

impl Defaults {
    fn read(sources: &mut Sources) -> Self {
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
}

impl ReplicaConfig {
    /// Reads the bounds. Problems go to `sources`.
    fn read(sources: &mut Sources) -> Option<Self> {
        let max_lag = sources.or("DB_READ_MAX_LAG", HumanDuration(Duration::from_secs(5))).get();
        if !(Duration::from_secs(1)..=Duration::from_mins(10)).contains(&max_lag) {
            sources.reject("DB_READ_MAX_LAG", "must be between 1s and 10m");
        }
        let server: String = sources.optional("DB_READ_SERVER")?;
        let found = host_and_port(&server);
        if found.is_none() {
            sources.reject("DB_READ_SERVER", "must be HOST or HOST:PORT");
        }
        found.map(|(host, port)| Self { host, port, max_lag })
    }
}

/// Host and port by the rules of URLs, so that IPv6 addresses are in brackets.
fn host_and_port(server: &str) -> Option<(String, u16)> {
    let url = Url::parse(&format!("sqlserver://{server}")).ok()?;
    let only_a_server = url.path().is_empty() && url.username().is_empty() && url.query().is_none();
    let host = url.host_str().filter(|host| only_a_server && !host.is_empty())?;
    Some((host.trim_matches(['[', ']']).to_owned(), url.port().unwrap_or(1433)))
}

/// The patience with a refused login, by default none, so that a wrong password is reported at once.
fn login_patience(sources: &mut Sources) -> Duration {
    let patience = sources.or("DB_LOGIN_PATIENCE", HumanDuration(Duration::ZERO)).get();
    if patience > Duration::from_mins(10) {
        sources.reject("DB_LOGIN_PATIENCE", "must be at most 10m");
    }
    patience
}

fn from_parts(sources: &mut Sources, pool: PoolConfig, defaults: Defaults) -> Option<SqlServerConfig> {
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
    let Defaults { encrypt, ca_file, trust_server_certificate, login_patience, replica } = defaults;
    Some(SqlServerConfig {
        host,
        port,
        database: database?,
        user: user?,
        password: password?,
        encrypt,
        ca_file,
        trust_server_certificate,
        login_patience,
        replica,
        read_only: false,
        pool,
    })
}

fn file(url: &str, pool: PoolConfig) -> Result<DatabaseConfig, String> {
    match url.trim_start_matches(FILE) {
        "" => Err("sqlite:// needs a path, as in sqlite:///var/lib/onboarding/data.db".into()),
        path => Ok(DatabaseConfig::Sqlite { path: path.into(), pool }),
    }
}

/// Reads the URL of a server. The reasons never repeat the URL, which has a password.
fn server(text: &str, pool: PoolConfig, defaults: Defaults) -> Result<DatabaseConfig, String> {
    let url = Url::parse(text).map_err(|error| format!("is no URL: {error}"))?;
    match url.scheme() {
        "sqlserver" | "mssql" => sql_server(&url, pool, defaults).map(DatabaseConfig::SqlServer),
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
    Ok(SqlServerConfig {
        host: host.trim_matches(['[', ']']).to_owned(),
        port: url.port().unwrap_or(1433),
        database,
        user,
        password: Secret::new(password),
        encrypt: defaults.encrypt,
        ca_file: defaults.ca_file,
        trust_server_certificate: defaults.trust_server_certificate,
        login_patience: defaults.login_patience,
        replica: defaults.replica,
        read_only: false,
        pool,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<DatabaseConfig, String> {
        let mut sources = Sources::from_map(pairs.iter().copied());
        let config = DatabaseConfig::read(&mut sources);
        sources.finish().map_err(|errors| errors.to_string())?;
        config.ok_or_else(|| "no problem was noted".to_owned())
    }

    fn sql_server(pairs: &[(&str, &str)]) -> SqlServerConfig {
        match read(pairs).unwrap() {
            DatabaseConfig::SqlServer(config) => config,
            DatabaseConfig::Sqlite { .. } => panic!("SQLite"),
        }
    }

    #[test]
    fn a_url_names_a_file() {
        for (url, file) in [("sqlite:///var/lib/a.db", "/var/lib/a.db"), ("sqlite://data/a.db", "data/a.db")]
        {
            match read(&[("DATABASE_URL", url)]).unwrap() {
                DatabaseConfig::Sqlite { path, .. } => assert_eq!(path, PathBuf::from(file)),
                DatabaseConfig::SqlServer(_) => panic!("SQL Server"),
            }
        }
    }

    #[test]
    fn what_only_a_server_needs_is_not_read_for_a_file() {
        let of_a_server = [
            ("DB_CA_FILE", "/no/such/file"),
            ("DB_ENCRYPT", "maybe"),
            ("DB_TRUST_SERVER_CERTIFICATE", "maybe"),
            ("DB_LOGIN_PATIENCE", "1d"),
            ("DB_READ_SERVER", "not a server"),
            ("DB_READ_MAX_LAG", "0s"),
            ("DB_MIGRATOR_PASSWORD_FILE", "/no/such/file"),
        ];
        for problem in of_a_server {
            let read = |url| {
                let mut sources = Sources::from_map([("DATABASE_URL", url), problem]);
                let config = DatabaseConfig::read_for_migration(&mut sources);
                sources.finish().map(|()| config).map_err(|errors| errors.to_string())
            };
            let file = read("sqlite:///var/lib/a.db").unwrap();
            assert!(matches!(file, Some(DatabaseConfig::Sqlite { .. })), "{problem:?}");
            let refused = read("sqlserver://app:secret@db/onboarding").unwrap_err();
            assert!(refused.starts_with(problem.0), "{refused}");
        }
    }

    #[test]
    fn a_url_names_a_server_and_its_parameters_win() {
        let url =
            "sqlserver://sa:p%40ss%2Fword@db:1444/onboarding?encrypt=false&trust_server_certificate=true";
        let config = sql_server(&[("DATABASE_URL", url)]);
        assert_eq!(config.to_string(), "onboarding on db:1444");
        assert_eq!((config.user.as_str(), config.password.expose()), ("sa", "p@ss/word"));
        assert!(!config.encrypt && config.trust_server_certificate);
        assert!(!format!("{config:?}").contains("p@ss"));
    }

    #[test]
    fn parts_name_a_server() {
        let config = sql_server(&[
            ("DB_SERVER", "db"),
            ("DB_DATABASE", "onboarding"),
            ("DB_USER", "app"),
            ("DB_PASSWORD", "secret"),
        ]);
        assert_eq!((config.port, config.encrypt, config.trust_server_certificate), (1433, true, false));
        assert_eq!((config.pool.max, config.pool.min), (10, 2));
        assert_eq!(config.pool.acquire_timeout, Duration::from_secs(2));
    }

    #[test]
    fn a_replica_is_another_server_with_the_same_database() {
        let primary = ("DATABASE_URL", "sqlserver://app:secret@db/onboarding");
        for (server, host, port) in
            [("replica", "replica", 1433), ("replica:1444", "replica", 1444), ("[::1]:1444", "::1", 1444)]
        {
            let config = sql_server(&[primary, ("DB_READ_SERVER", server), ("DB_READ_MAX_LAG", "8s")]);
            let replica = config.replica.clone().unwrap();
            assert_eq!(replica, ReplicaConfig { host: host.into(), port, max_lag: Duration::from_secs(8) });
            let reading = config.of_replica(&replica);
            assert_eq!(
                (reading.to_string(), reading.read_only),
                (format!("onboarding on {host}:{port}"), true)
            );
        }
        for server in ["replica:port", "user@replica", "replica/other", ""] {
            let bad = read(&[primary, ("DB_READ_SERVER", server)]);
            assert_eq!(bad.is_err(), !server.is_empty(), "{server}");
        }
        assert!(read(&[primary, ("DB_READ_MAX_LAG", "0s")]).unwrap_err().contains("DB_READ_MAX_LAG"));
    }

    #[test]
    fn bad_values_are_refused_without_telling_the_password() {
        let table = [
            ("postgres://u:hunter2@h/d", "scheme"),
            ("sqlite://", "path"),
            ("sqlserver://h/d", "password"),
            ("sqlserver://u:hunter2@h/", "database"),
            ("sqlserver://u:hunter2@h/d?encrypt=maybe", "encrypt"),
            ("sqlserver://u:hunter2@h/d?pool=7", "pool"),
            ("sqlserver://u:hunter2%zz@h/d", "hexadecimal"),
            ("hunter2", "URL"),
        ];
        for (url, expected) in table {
            let error = read(&[("DATABASE_URL", url)]).unwrap_err();
            assert!(error.starts_with("DATABASE_URL: ") && error.contains(expected), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        let pool = [("DATABASE_URL", "sqlite://x"), ("DB_POOL_MAX", "1"), ("DB_POOL_MIN", "2")];
        assert!(read(&pool).unwrap_err().contains("DB_POOL_MIN"));
        assert!(read(&pool[..2]).is_ok());
    }
}
