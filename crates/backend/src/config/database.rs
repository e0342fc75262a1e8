//! Where the data is.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use service_kit::config::{Secret, Sources};
use url::Url;

use crate::percent::decode;

/// The database and how to reach it.
#[derive(Debug, Clone)]
pub enum DatabaseConfig {
    /// A file that the instances on this machine share.
    Sqlite {
        /// The file; it is made where it is missing, with its folder.
        path: PathBuf,
        /// Bounds the connections of this instance.
        pool: PoolConfig,
    },
    /// A Microsoft SQL Server.
    SqlServer(SqlServerConfig),
}

/// How to reach a SQL Server.
#[derive(Debug, Clone)]
pub struct SqlServerConfig {
    /// Host name or address.
    pub host: String,
    /// Port, by default 1433.
    pub port: u16,
    /// Name of the database.
    pub database: String,
    /// The login.
    pub user: String,
    /// The login's password.
    pub password: Secret,
    /// `DB_ENCRYPT`: TLS for the whole connection; without it only what the server demands.
    pub encrypt: bool,
    /// `DB_CA_FILE`: PEM file of the authorities to trust, instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// `DB_TRUST_SERVER_CERTIFICATE`: take any certificate.
    pub trust_server_certificate: bool,
    /// Bounds the connections of this instance.
    pub pool: PoolConfig,
}

/// The bounds of a connection pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolConfig {
    /// `DB_POOL_MAX`, at least 1.
    pub max: u32,
    /// `DB_POOL_MIN`, at most `max`.
    pub min: u32,
    /// `DB_POOL_IDLE_TIMEOUT_MS`: an idle connection above `min` is closed after this.
    pub idle_timeout: Duration,
    /// `DB_POOL_ACQUIRE_TIMEOUT_MS`: who waits longer for a connection is refused.
    pub acquire_timeout: Duration,
}

impl fmt::Display for SqlServerConfig {
    /// `database on host:port`, for messages: neither user nor password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}:{}", self.database, self.host, self.port)
    }
}

impl DatabaseConfig {
    /// Reads `DATABASE_URL`, or else `DB_SERVER` and its companions; notes all problems in `sources`.
    pub fn read(sources: &mut Sources) -> Option<Self> {
        let pool = PoolConfig::read(sources);
        let defaults = TlsDefaults::read(sources);
        let Some(url) = sources.secret("DATABASE_URL") else {
            return from_parts(sources, pool, defaults).map(Self::SqlServer);
        };
        match from_url(url.expose(), pool, defaults) {
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

/// What the environment says about TLS; parameters of the URL win over it.
struct TlsDefaults {
    encrypt: bool,
    ca_file: Option<PathBuf>,
    trust_server_certificate: bool,
}

impl TlsDefaults {
    fn read(sources: &mut Sources) -> Self {
        let ca_file: Option<PathBuf> = sources.optional("DB_CA_FILE");
        if let Some(path) = ca_file.as_ref().filter(|path| !path.is_file()) {
            sources.reject("DB_CA_FILE", format_args!("there is no file {}", path.display()));
        }
        Self {
            encrypt: sources.or("DB_ENCRYPT", true),
            ca_file,
            trust_server_certificate: sources.or("DB_TRUST_SERVER_CERTIFICATE", false),
        }
    }
}

fn from_parts(sources: &mut Sources, pool: PoolConfig, tls: TlsDefaults) -> Option<SqlServerConfig> {
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
    let TlsDefaults { encrypt, ca_file, trust_server_certificate } = tls;
    Some(SqlServerConfig {
        host,
        port,
        database: database?,
        user: user?,
        password: password?,
        encrypt,
        ca_file,
        trust_server_certificate,
        pool,
    })
}

/// The reasons never repeat the URL, which bears a password.
fn from_url(text: &str, pool: PoolConfig, tls: TlsDefaults) -> Result<DatabaseConfig, String> {
    if let Some(path) = text.strip_prefix("sqlite://") {
        return match path {
            "" => Err("sqlite:// needs a path, as in sqlite:///var/lib/onboarding/data.db".into()),
            path => Ok(DatabaseConfig::Sqlite { path: path.into(), pool }),
        };
    }
    let url = Url::parse(text).map_err(|error| format!("is no URL: {error}"))?;
    match url.scheme() {
        "sqlserver" | "mssql" => sql_server(&url, pool, tls).map(DatabaseConfig::SqlServer),
        other => Err(format!("the scheme must be sqlite or sqlserver, not {other}")),
    }
}

fn sql_server(url: &Url, pool: PoolConfig, mut tls: TlsDefaults) -> Result<SqlServerConfig, String> {
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
            "encrypt" => tls.encrypt = flag()?,
            "trust_server_certificate" => tls.trust_server_certificate = flag()?,
            other => return Err(format!("has an unknown parameter {other}")),
        }
    }
    Ok(SqlServerConfig {
        host: host.trim_matches(['[', ']']).to_owned(),
        port: url.port().unwrap_or(1433),
        database,
        user,
        password: Secret::new(password),
        encrypt: tls.encrypt,
        ca_file: tls.ca_file,
        trust_server_certificate: tls.trust_server_certificate,
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
