//! Whole instances on one SQL Server database: started, asked and killed as processes.

use std::time::Duration;

use backend::config::SqlServerConfig;
use bb8_tiberius::rt::Client;
use futures::future::join_all;
use nix::sys::signal::Signal;
use reqwest::StatusCode;
use serde_json::{Value, json};
use testkit::{Process, eventually};
use tokio::process::Command;
use uuid::Uuid;

use super::super::samples::unique_email;
use super::server::Database;

const LIMIT: Duration = Duration::from_mins(1);

pub(crate) struct Instance {
    pub(crate) process: Process,
    pub(crate) url: String,
}

impl Instance {
    /// Starts to start; see [`Instance::ready`].
    pub(crate) fn launch(config: &SqlServerConfig) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_onboarding-backend"));
        command.arg("serve").env_clear();
        command.env("JWT_SECRET", "the secret of the tests, long enough").env("BIND_ADDRESS", "127.0.0.1:0");
        command.env("DB_SERVER", &config.host).env("DB_PORT", config.port.to_string());
        command.env("DB_DATABASE", &config.database).env("DB_USER", &config.user);
        command.env("DB_PASSWORD", config.password.expose()).env("DB_ENCRYPT", config.encrypt.to_string());
        command.env("DB_TRUST_SERVER_CERTIFICATE", config.trust_server_certificate.to_string());
        command.envs(config.replica.as_ref().map(|r| ("DB_READ_SERVER", format!("{}:{}", r.host, r.port))));
        command.envs(config.ca_file.as_ref().map(|path| ("DB_CA_FILE", path)));
        command.env("DB_POOL_ACQUIRE_TIMEOUT_MS", "10000");
        Process::spawn(command).unwrap()
    }

    pub(crate) async fn listening(process: Process) -> Self {
        let line = process.wait_for_line("listening", LIMIT).await;
        let address = line.split("address=").nth(1).unwrap().split_whitespace().next().unwrap();
        Self { url: format!("http://{address}"), process }
    }

    async fn ready(process: Process) -> Self {
        let instance = Self::listening(process).await;
        let ready = || async {
            reqwest::get(format!("{}/ready", instance.url)).await.is_ok_and(|r| r.status() == 200)
        };
        eventually(LIMIT, ready).await;
        instance
    }

    pub(crate) async fn start(config: &SqlServerConfig) -> Self {
        Self::ready(Self::launch(config)).await
    }

    /// Registers with an idempotency key; gives the status and the answer.
    async fn register(&self, key: &str, body: &Value) -> reqwest::Result<(StatusCode, String)> {
        let request = reqwest::Client::new().post(format!("{}/api/auth/register", self.url));
        let answer = request.header("Idempotency-Key", key).json(body).timeout(LIMIT).send().await?;
        Ok((answer.status(), answer.text().await?))
    }

    /// A registration that nobody waits for to the end.
    fn begin_register(&self, key: &str, body: &Value) {
        let request = reqwest::Client::new().post(format!("{}/api/auth/register", self.url));
        let request = request.header("Idempotency-Key", key).json(body);
        tokio::spawn(async move { drop(request.send().await) });
    }

    /// Until a change is on its way to the database: the key was looked up, and a connection works.
    async fn until_changing(&self) {
        let count = r#"db_query_duration_seconds_count{query="kept_answer"} 1"#;
        let changing = || async {
            let metrics = reqwest::get(format!("{}/metrics", self.url)).await?.text().await?;
            let working = metrics.lines().any(|line| {
                line.starts_with(r#"db_pool_connections{state="in_use"}"#) && !line.ends_with(" 0")
            });
            Ok::<_, reqwest::Error>(metrics.contains(count) && working)
        };
        eventually(LIMIT, || async { changing().await.is_ok_and(|is| is) }).await;
    }
}

fn registration() -> Value {
    json!({"email": unique_email(), "password": "correct horse battery", "full_name": "Ada Lovelace"})
}

fn key() -> String {
    Uuid::new_v4().to_string()
}

async fn is_registered_once(database: &Database) {
    let tables = ["users", "sessions", "refresh_tokens", "onboarding", "idempotency_records", "audit_log"];
    database.has_one_row_each(&tables).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_start_at_once_on_no_database_and_twenty_requests_with_one_key_are_one() {
    let Some(database) = Database::named_anew().await else { return };
    let launched: Vec<Process> = (0..3).map(|_| Instance::launch(&database.config)).collect();
    let mut instances = join_all(launched.into_iter().map(Instance::ready)).await;
    let migrations =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/sqlserver")).unwrap();
    assert_eq!(database.count("schema_migrations").await, i32::try_from(migrations.count()).unwrap());

    let (key, body) = (key(), registration());
    let requests = (0..20_usize).map(|number| instances[number % 3].register(&key, &body));
    let answers: Vec<_> = join_all(requests).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers[0].0, StatusCode::CREATED, "{}", answers[0].1);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    is_registered_once(&database).await;
    for instance in &mut instances {
        assert_eq!(instance.process.terminate(LIMIT).await.unwrap().code(), Some(0));
    }
}

/// Somebody else's open transaction that has the address of a registration, so that a change with
/// it waits in its middle.
struct Blocker(Client);

impl Blocker {
    async fn begin(database: &Database, registration: &Value) -> Self {
        let email_key = registration["email"].as_str().unwrap().to_lowercase();
        let mut blocker = Self(database.connect().await);
        blocker.run("BEGIN TRANSACTION").await;
        let columns = "id, email, email_key, full_name, role, password_hash, created_at, updated_at";
        let values =
            format!("NEWID(), N'x', N'{email_key}', N'x', N'user', N'x', SYSUTCDATETIME(), SYSUTCDATETIME()");
        blocker.run(&format!("INSERT INTO dbo.users ({columns}) VALUES ({values})")).await;
        blocker
    }

    async fn let_go(mut self) {
        self.run("ROLLBACK TRANSACTION").await;
    }

    async fn run(&mut self, statement: &str) {
        self.0.simple_query(statement).await.unwrap().into_results().await.unwrap();
    }
}

/// Two instances, the first of which is in the middle of a registration.
struct Scene {
    database: Database,
    first: Instance,
    other: Instance,
    key: String,
    body: Value,
    blocker: Blocker,
}

impl Scene {
    async fn set() -> Option<Self> {
        let database = Database::named_anew().await?;
        let (first, other) =
            (Instance::start(&database.config).await, Instance::start(&database.config).await);
        let (key, body) = (key(), registration());
        let blocker = Blocker::begin(&database, &body).await;
        first.begin_register(&key, &body);
        first.until_changing().await;
        Some(Self { database, first, other, key, body, blocker })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_killed_in_the_middle_of_a_transaction_leaves_no_lock() {
    let Some(Scene { database, first, other, key, body, blocker }) = Scene::set().await else { return };
    first.process.signal(Signal::SIGKILL).unwrap();
    blocker.let_go().await;
    let (status, text) = other.register(&key, &body).await.unwrap();
    assert_eq!(status, StatusCode::CREATED, "{text}");
    assert_eq!(other.register(&key, &body).await.unwrap(), (status, text));
    is_registered_once(&database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_stopped_in_the_middle_of_a_transaction_leaves_no_lock() {
    let Some(Scene { database, first, other, key, body, blocker }) = Scene::set().await else { return };
    first.process.signal(Signal::SIGSTOP).unwrap();
    blocker.let_go().await;
    let answer = other.register(&key, &body).await.unwrap();
    assert_eq!(answer.0, StatusCode::CREATED, "{}", answer.1);
    first.process.signal(Signal::SIGCONT).unwrap();
    assert_eq!(first.register(&key, &body).await.unwrap(), answer);
    is_registered_once(&database).await;
}
