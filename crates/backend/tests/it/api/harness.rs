//! A vocabulary for tests: instances, people, calls.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use backend::app::Application;
use backend::config::Config;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use service_kit::config::Sources;
use service_kit::shutdown::{Drained, Shutdown, Signals};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use uuid::Uuid;

pub(crate) const SECRET: &str = "the secret of the tests, long enough";
pub(crate) const PASSWORD: &str = "correct horse battery";
/// The id of no account.
pub(crate) const NOBODY: &str = "01890000-0000-7000-8000-000000000000";
pub(crate) const WAIT: Duration = Duration::from_secs(20);

/// A folder with a database in it.
pub(crate) struct Database {
    folder: TempDir,
}

impl Database {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("data.db")
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite://{}", self.path().display())
    }

    /// Does what no call can: what an earlier version, time or another program may have done.
    pub(crate) fn execute(&self, statement: &str) {
        let connection = rusqlite::Connection::open(self.path()).unwrap();
        connection.busy_timeout(WAIT).unwrap();
        connection.execute(statement, []).unwrap();
    }

    /// The most bytes that any row has in a column.
    pub(crate) fn longest(&self, table: &str, column: &str) -> i64 {
        let connection = rusqlite::Connection::open(self.path()).unwrap();
        let longest = format!("SELECT max(length({column})) FROM {table}");
        connection.query_row(&longest, [], |row| row.get(0)).unwrap()
    }

    pub(crate) fn count(&self, table: &str) -> i64 {
        count(&self.path(), table)
    }
}

/// The bytes of the pages of a table and its indexes.
pub(crate) fn bytes(path: &Path, table: &str) -> i64 {
    let connection = rusqlite::Connection::open(path).unwrap();
    let pages =
        "SELECT sum(s.pgsize) FROM dbstat s JOIN sqlite_master m ON m.name = s.name WHERE m.tbl_name = ?";
    connection.query_row(pages, [table], |row| row.get(0)).unwrap()
}

pub(crate) fn count(path: &Path, table: &str) -> i64 {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

/// A running instance, in this process but otherwise as in production.
pub(crate) struct Instance {
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: Shutdown,
    pub(crate) ended: JoinHandle<Drained>,
    pub(crate) client: reqwest::Client,
}

/// An instance on a database of its own.
pub(crate) async fn alone() -> (Instance, Database) {
    let database = Database::new();
    (Instance::start(&database).await, database)
}

impl Instance {
    pub(crate) async fn start(database: &Database) -> Self {
        Self::start_with(database, &[]).await
    }

    /// With `settings` beside or instead of the usual ones.
    pub(crate) async fn start_with(database: &Database, settings: &[(&str, &str)]) -> Self {
        Self::start_changed(database, settings, |_| {}).await
    }

    /// With a configuration that is changed after it was read, to what no reading would let through.
    pub(crate) async fn start_changed(
        database: &Database,
        settings: &[(&str, &str)],
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let url = database.url();
        let usual = [
            ("DATABASE_URL", url.as_str()),
            ("BIND_ADDRESS", "127.0.0.1:0"),
            ("INSTANCE_ID", "backend-1"),
            ("JWT_SECRET", SECRET),
            ("DRAIN_GRACE", "10ms"),
        ];
        let (mut config, _) =
            Config::read(Sources::from_map(usual.into_iter().chain(settings.iter().copied()))).unwrap();
        change(&mut config);
        let application = Application::build(config, backend::api::router).await.unwrap();
        let (address, shutdown) = (application.address().unwrap(), application.shutdown());
        let mut signals = Signals::new().unwrap();
        let ended = tokio::spawn(async move { application.run(&mut signals).await });
        Self { address, shutdown, ended, client: reqwest::Client::new() }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path)).timeout(Duration::from_secs(30))
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.call(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.call(Method::POST, path).json(body)
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> RequestBuilder {
        self.call(Method::PUT, path).json(body)
    }

    pub(crate) async fn register(&self) -> Person {
        Person::from(self.post("/api/auth/register", &registration()).answer(StatusCode::CREATED).await)
    }
}

/// A new registration with an address nobody has.
pub(crate) fn registration() -> Value {
    let email = format!("Person.{}@Example.com", Uuid::new_v4().simple());
    json!({"email": email, "password": PASSWORD, "full_name": "Ada Lovelace"})
}

/// Somebody with an account.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) email: String,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
}

impl From<Answer> for Person {
    fn from(answer: Answer) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let Answer { body, .. } = answer;
        Self {
            email: text(&body["user"]["email"]),
            access_token: text(&body["access_token"]),
            refresh_token: text(&body["refresh_token"]),
        }
    }
}

/// Somebody who has registered and is an admin by now.
pub(crate) async fn admin(instance: &Instance, database: &Database) -> Person {
    let person = instance.register().await;
    database.execute(&format!("UPDATE users SET role = 'admin' WHERE email = '{}'", person.email));
    person
}

/// The proof of every session is an hour old, and so the next access token says.
pub(crate) async fn aged(instance: &Instance, database: &Database, person: &Person) -> Person {
    database.execute("UPDATE sessions SET authenticated_at = authenticated_at - 3600000");
    let refresh = json!({"refresh_token": person.refresh_token});
    Person::from(instance.post("/api/auth/refresh", &refresh).answer(StatusCode::OK).await)
}

/// An answer that was read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
    /// Null where the body is no JSON.
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

pub(crate) trait Send {
    /// Sends the request and reads the answer.
    async fn done(self) -> Answer;
    /// The same, and the status must be this.
    async fn answer(self, status: StatusCode) -> Answer;
    /// The same, and it must be this problem, well-formed.
    async fn problem(self, status: u16, code: &str) -> Answer;
}

impl Send for RequestBuilder {
    async fn done(self) -> Answer {
        let response = self.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_default();
        Answer { status, headers, text, body }
    }

    async fn answer(self, status: StatusCode) -> Answer {
        let answer = self.done().await;
        assert_eq!(answer.status, status, "{answer:?}");
        answer
    }

    async fn problem(self, status: u16, code: &str) -> Answer {
        let answer = self.done().await;
        check_problem(&answer, status, code);
        answer
    }
}

/// What every error must look like (RFC 9457).
pub(crate) fn check_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.body["code"].as_str()), (status, Some(code)), "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.body["status"], status);
    for field in ["type", "title", "detail", "request_id"] {
        assert!(answer.body[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {answer:?}");
    }
    assert!(!answer.header("x-request-id").is_empty() && !answer.header("x-instance-id").is_empty());
}
