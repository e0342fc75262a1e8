//! Where there is a server to test on.

use std::io::Write as _;
use std::time::Duration;

use backend::config::{DatabaseConfig, PoolConfig, SqlServerConfig};
use backend::domain::now;
use bb8::ManageConnection as _;
use bb8_tiberius::rt::Client;
use service_kit::config::Sources;
use tiberius::{AuthMethod, Config, EncryptionLevel, Row};
use tokio::sync::{Mutex, OnceCell};
use uuid::Uuid;

use super::container;

const VARIABLE: &str = "TEST_SQLSERVER_URL";

/// In the names of test databases, before the second of their making.
const MARK: &str = "_test_";
/// Seconds after which no test run uses its database any more.
const LEFT_AFTER: i64 = 3600;

static SERVER: OnceCell<Option<SqlServerConfig>> = OnceCell::const_new();

/// The server's configuration, or none: then the reason was told, once.
async fn server() -> Option<SqlServerConfig> {
    let found = SERVER.get_or_init(|| async {
        match find().await {
            Ok(config) => {
                in_background(drop_what_was_left(config.clone()));
                Some(config)
            }
            Err(reason) => {
                // Past the test harness, which keeps what a passing test prints to itself.
                let _ = writeln!(std::io::stderr(), "\nskipped: SQL Server contract suite ({reason})");
                None
            }
        }
    });
    found.await.clone()
}

async fn find() -> Result<SqlServerConfig, String> {
    let url = match std::env::var(VARIABLE) {
        Ok(url) if !url.is_empty() => url,
        _ => container::url().await.map_err(|reason| format!("{VARIABLE} is not set and {reason}"))?,
    };
    Ok(parse(&url))
}

/// What the service reads beside the URL.
const TLS_VARIABLES: [&str; 3] = ["DB_ENCRYPT", "DB_CA_FILE", "DB_TRUST_SERVER_CERTIFICATE"];

/// Reads a URL and the environment as the service does. A bad one is no reason to skip.
fn parse(url: &str) -> SqlServerConfig {
    let set = |name: &str| std::env::var(name).ok().map(|value| (name.to_owned(), value));
    parse_with(url, TLS_VARIABLES.into_iter().filter_map(set))
}

fn parse_with(url: &str, environment: impl Iterator<Item = (String, String)>) -> SqlServerConfig {
    let mut sources = Sources::from_map(environment.chain([("DATABASE_URL".to_owned(), url.to_owned())]));
    match DatabaseConfig::read(&mut sources) {
        Some(DatabaseConfig::SqlServer(config)) => SqlServerConfig { pool: POOL, ..config },
        _ => panic!("{VARIABLE} is no URL of a SQL Server: {:?}", sources.finish()),
    }
}

const POOL: PoolConfig = PoolConfig {
    max: 4,
    min: 1,
    idle_timeout: Duration::from_secs(30),
    acquire_timeout: Duration::from_secs(20),
};

/// A database of its own for one test, dropped with this.
pub(crate) struct Database {
    pub(crate) config: SqlServerConfig,
    outside: Mutex<Option<Client>>,
}

impl Database {
    /// A name that no database has; none where there is no server.
    pub(crate) async fn named_anew() -> Option<Self> {
        let server = server().await?;
        let unique = Uuid::new_v4().simple().to_string();
        let database = format!("{}{MARK}{}_{unique}", server.database, now().unix_timestamp());
        Some(Self { config: SqlServerConfig { database, ..server }, outside: Mutex::const_new(None) })
    }

    /// A connection from outside of the store.
    pub(crate) async fn connect(&self) -> Client {
        connect(&self.config, &self.config.database).await.unwrap()
    }

    /// A connection to this database by another login.
    pub(crate) async fn connect_as(&self, config: &SqlServerConfig) -> Result<Client, bb8_tiberius::Error> {
        connect(config, &self.config.database).await
    }

    /// Runs `sql` from outside of the store.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<Row> {
        let mut outside = self.outside.lock().await;
        if outside.is_none() {
            *outside = Some(self.connect().await);
        }
        let client = outside.as_mut().unwrap();
        client.simple_query(sql).await.unwrap().into_first_result().await.unwrap()
    }

    /// How many rows a table has.
    pub(crate) async fn count(&self, table: &str) -> i32 {
        self.rows(&format!("SELECT CAST(COUNT(*) AS INT) FROM dbo.{table}")).await[0].get(0).unwrap()
    }

    /// Whether each of `tables` has exactly one row.
    pub(crate) async fn has_one_row_each(&self, tables: &[&str]) {
        let count =
            |table| format!("SELECT N'{table}' AS name, CAST(COUNT(*) AS INT) AS row_count FROM dbo.{table}");
        let counts = tables.iter().map(count).collect::<Vec<_>>().join(" UNION ALL ");
        for row in self.rows(&counts).await {
            let (name, rows): (&str, i32) = (row.get("name").unwrap(), row.get("row_count").unwrap());
            assert_eq!(rows, 1, "{name}");
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        in_background(drop_database(self.config.clone()));
    }
}

/// Beside the test, whose runtime must go on or end, since it holds connections to the database.
/// What the end of the process cuts off is done by [`drop_what_was_left`] in another run.
fn in_background(work: impl Future<Output = ()> + Send + 'static) {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(work);
    });
}

async fn drop_database(config: SqlServerConfig) {
    let name = &config.database;
    for _ in 0..30 {
        // Not every server knows this; without connections the next is enough.
        let alone = format!("ALTER DATABASE [{name}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE");
        let _ = rows(&config, "master", &alone).await;
        if rows(&config, "master", &format!("DROP DATABASE IF EXISTS [{name}]")).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Drops the databases of test runs that ended long ago.
async fn drop_what_was_left(config: SqlServerConfig) {
    let prefix = format!("{}{MARK}", config.database);
    for row in rows(&config, "master", "SELECT name FROM sys.databases").await.unwrap_or_default() {
        let database = row.get::<&str, _>("name").unwrap_or_default().to_owned();
        let made = database.strip_prefix(&prefix).and_then(|rest| rest.split('_').next()?.parse().ok());
        if made.is_some_and(|made: i64| made < now().unix_timestamp() - LEFT_AFTER) {
            drop_database(SqlServerConfig { database, ..config.clone() }).await;
        }
    }
}

/// Runs `sql` on a connection of its own.
async fn rows(config: &SqlServerConfig, database: &str, sql: &str) -> Result<Vec<Row>, bb8_tiberius::Error> {
    let mut client = connect(config, database).await?;
    Ok(client.simple_query(sql).await?.into_first_result().await?)
}

async fn connect(config: &SqlServerConfig, database: &str) -> Result<Client, bb8_tiberius::Error> {
    let mut driver = Config::new();
    driver.host(&config.host);
    driver.port(config.port);
    driver.database(database);
    driver.authentication(AuthMethod::sql_server(&config.user, config.password.expose()));
    driver.encryption(if config.encrypt { EncryptionLevel::Required } else { EncryptionLevel::NotSupported });
    match &config.ca_file {
        _ if config.trust_server_certificate => driver.trust_cert(),
        Some(path) => driver.trust_cert_ca(path.display()),
        None => {}
    }
    bb8_tiberius::ConnectionManager::new(driver).connect().await
}

#[test]
fn the_tests_reach_a_server_as_the_service_does() {
    let url = "sqlserver://sa:secret@db/onboarding";
    let with =
        |name: &str, value: &str| parse_with(url, std::iter::once((name.to_owned(), value.to_owned())));
    let usual = parse_with(url, std::iter::empty());
    assert!(usual.encrypt && !usual.trust_server_certificate && usual.ca_file.is_none());
    assert!(with("DB_TRUST_SERVER_CERTIFICATE", "true").trust_server_certificate);
    assert!(!with("DB_ENCRYPT", "false").encrypt);
    assert_eq!(with("DB_CA_FILE", "/ca.pem").ca_file, Some("/ca.pem".into()));
}
