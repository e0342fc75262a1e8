//! The database's settings.

mod pool;
mod replica;
mod server;

use std::path::PathBuf;

use service_kit::config::{Secret, Sources};

use self::server::{Defaults, from_parts, from_url};
use super::provision::LoginConfig;

pub use pool::PoolConfig;
pub use replica::ReplicaConfig;
pub use server::SqlServerConfig;

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
            Some(url) => from_url(url, pool, Defaults::read(sources)).map(Self::SqlServer),
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

fn file(url: &str, pool: PoolConfig) -> Result<DatabaseConfig, String> {
    match url.trim_start_matches(FILE) {
        "" => Err("sqlite:// needs a path, as in sqlite:///var/lib/onboarding/data.db".into()),
        path => Ok(DatabaseConfig::Sqlite { path: path.into(), pool }),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
