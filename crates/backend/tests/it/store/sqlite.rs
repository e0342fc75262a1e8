//! The contract on SQLite, and what is special about a file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use backend::config::PoolConfig;
use backend::domain::now;
use backend::store::metrics::StoreMetrics;
use backend::store::observation::Sample;
use backend::store::sqlite::{self, SqliteStore};
use backend::store::{Effect, Outcome, Store, StoreError};
use tempfile::TempDir;
use testkit::eventually;

use super::contract::SharedStore;
use super::samples::{audit, keyed, mutation, record, registered, registration, scope, unique_email, user};

pub(crate) const POOL: PoolConfig = PoolConfig {
    max: 4,
    min: 1,
    idle_timeout: Duration::from_secs(30),
    acquire_timeout: Duration::from_secs(2),
};

pub(crate) fn open(path: &Path) -> SqliteStore {
    let metrics = StoreMetrics::register(&prometheus::Registry::new()).unwrap();
    sqlite::open(path, POOL, &metrics).unwrap()
}

#[expect(clippy::unused_async, reason = "the suite takes an async factory, which a server needs")]
async fn fresh() -> Option<(SharedStore, TempDir)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/data.db");
    sqlite::migrate(&path).unwrap();
    Some((Arc::new(open(&path)), folder))
}

super::contract_suite!(fresh);

mod alone {
    super::super::contract_suite!(super::fresh: the_funnel_is_that_of_a_recount, of_two_counts_at_once_one_is_stored,);
}

#[tokio::test]
async fn accounts_of_before_get_their_form() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    sqlite::migrate(&path).unwrap();
    let store: SharedStore = Arc::new(open(&path));
    let run = async |statement: String| {
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.execute_batch(&statement.replace("N'", "'")).unwrap();
    };
    super::contract::accounts_of_before_get_their_form(&store, run).await;
    assert_eq!(count(&path, "address_collisions"), 0);
}

pub(crate) fn count(path: &Path, table: &str) -> i64 {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn several_instances_share_a_file_and_one_key_has_one_effect() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    sqlite::migrate(&path).unwrap();
    let stores: Vec<SharedStore> = (0..3).map(|_| Arc::new(open(&path)) as SharedStore).collect();
    let (scope, email) = (scope(), unique_email());
    let tries = (0..30_usize).map(|number| {
        let store = Arc::clone(&stores[number % 3]);
        let user = user(&email);
        let mut attempt = keyed(registration(&user).0, record(scope, b"answer", now()));
        attempt.audit = Some(audit(user.id));
        tokio::spawn(async move { store.commit(attempt).await.unwrap() })
    });
    let ends = futures::future::join_all(tries).await;
    let committed = ends.iter().filter(|end| matches!(end, Ok(Outcome::Committed))).count();
    let kept = ends.iter().filter(|end| matches!(end, Ok(Outcome::Kept(_)))).count();
    assert_eq!((committed, kept), (1, 29));
    for table in ["users", "sessions", "onboarding", "idempotency_records", "audit_log"] {
        assert_eq!(count(&path, table), 1, "{table}");
    }
}

#[tokio::test]
async fn a_session_of_an_earlier_version_is_purged_by_its_last_token() {
    let (store, folder) = fresh().await.unwrap();
    let path = folder.path().join("missing/data.db");
    let (_, session) = registered(&*store).await;
    let undate = rusqlite::Connection::open(&path).unwrap();
    undate.execute_batch("UPDATE sessions SET expires_at = NULL").unwrap();
    assert_eq!(store.purge(now(), 10).await.unwrap(), 1, "it was given its time");
    assert_eq!(store.purge(now(), 10).await.unwrap(), 0);
    assert!(store.token_state(session.token.hash).await.unwrap().is_some());
    assert_eq!(store.purge(session.token.expires_at, 10).await.unwrap(), 2);
    assert_eq!((count(&path, "sessions"), count(&path, "refresh_tokens")), (0, 0));
}

#[tokio::test]
async fn a_lock_that_is_never_given_back_is_no_effect() {
    let (store, folder) = fresh().await.unwrap();
    let path = folder.path().join("missing/data.db");
    let thief = rusqlite::Connection::open(&path).unwrap();
    thief.execute_batch("BEGIN IMMEDIATE").unwrap();
    let user = user(&unique_email());
    let refused = store.commit(mutation(registration(&user).0)).await;
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    // Reading never waits for who writes.
    assert_eq!(store.user(user.id).await.unwrap(), None);
    thief.execute_batch("ROLLBACK").unwrap();
    registered(&*store).await;
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let (store, folder) = fresh().await.unwrap();
    let thief = rusqlite::Connection::open(folder.path().join("missing/data.db")).unwrap();
    thief.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut waiting = Vec::new();
    let refused = loop {
        let mut call = Box::pin(store.commit(mutation(Effect::None)));
        match futures::poll!(&mut call) {
            std::task::Poll::Ready(end) => break end,
            std::task::Poll::Pending => waiting.push(call),
        }
        assert!(waiting.len() < 5000, "the queue has no bound");
    };
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    assert!(store.pool().waiting > 100, "{:?}", store.pool());
    thief.execute_batch("ROLLBACK").unwrap();
    for end in futures::future::join_all(waiting).await {
        assert_eq!(end.unwrap(), Outcome::Committed);
    }
}

#[tokio::test]
async fn a_closed_store_has_finished_its_work_and_takes_no_more() {
    let (store, folder) = fresh().await.unwrap();
    let user = user(&unique_email());
    let mut last = Box::pin(store.commit(mutation(registration(&user).0)));
    drop(futures::poll!(&mut last));
    store.close().await;
    assert_eq!(last.await.unwrap(), Outcome::Committed);
    assert_eq!(count(&folder.path().join("missing/data.db"), "users"), 1);
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable { .. })));
}

#[tokio::test]
async fn it_tells_its_sizes_and_its_waits_for_the_lock() {
    let (store, folder) = fresh().await.unwrap();
    registered(&*store).await;
    let before = samples(&*store).await;
    let value = |samples: &[Sample], name: &str, label: &str| -> f64 {
        let found = |s: &&Sample| s.definition.name == name && s.labels.first().is_some_and(|l| l == label);
        samples.iter().find(found).unwrap_or_else(|| panic!("{name} {label} in {samples:?}")).value
    };
    let data = value(&before, "db_server_file_bytes", "data");
    assert!(data >= value(&before, "db_server_file_used_bytes", "data") && data > 0.0);
    assert!(value(&before, "db_server_file_bytes", "wal") > 0.0);
    assert_eq!(value(&before, "db_server_last_backup_timestamp_seconds", "full").to_bits(), 0);
    let volume = folder.path().join("missing").display().to_string();
    assert!(value(&before, "db_server_volume_available_bytes", &volume) > 0.0);

    let thief = rusqlite::Connection::open(folder.path().join("missing/data.db")).unwrap();
    thief.execute_batch("BEGIN IMMEDIATE").unwrap();
    let writer = Arc::clone(&store);
    let waiting = tokio::spawn(async move { registered(&*writer).await });
    // Reading goes on, and sees how the writer waits.
    eventually(Duration::from_secs(5), || async {
        let now = samples(&*store).await;
        ["db_server_waits_total", "db_server_wait_seconds_total"]
            .iter()
            .all(|name| value(&now, name, "lock") > value(&before, name, "lock"))
    })
    .await;
    assert!(!waiting.is_finished());
    thief.execute_batch("ROLLBACK").unwrap();
    waiting.await.unwrap();
}

async fn samples(store: &dyn Store) -> Vec<Sample> {
    let readings = store.observe().await.unwrap();
    readings.into_iter().flat_map(|reading| reading.samples.unwrap()).collect()
}

#[tokio::test]
async fn a_name_of_an_earlier_version_is_given_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    sqlite::migrate(&path).unwrap();
    let store = open(&path);
    registered(&store).await;
    let beside = rusqlite::Connection::open(&path).unwrap();
    let key = || beside.query_row("SELECT name_key FROM users", [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(key(), "zoë åström 李");
    beside.execute("UPDATE users SET name_key = NULL", []).unwrap();
    assert_eq!(store.purge(now(), 10).await.unwrap(), 1);
    assert_eq!(key(), "zoë åström 李");
    assert_eq!(store.purge(now(), 10).await.unwrap(), 0);
}

#[test]
fn only_its_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    sqlite::migrate(&path).unwrap();
    let _open = open(&path);
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[test]
fn many_migrate_at_once_and_each_migration_is_applied_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let path = path.clone();
            std::thread::spawn(move || sqlite::migrate(&path).unwrap())
        })
        .collect();
    let mut applied: Vec<String> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    applied.sort();
    let all = backend::store::migration::for_sqlite().unwrap();
    let expected: Vec<String> =
        all.iter().map(|migration| format!("{:04}_{}", migration.version, migration.name)).collect();
    assert_eq!(applied, expected);
    assert!(sqlite::migrate(&path).unwrap().is_empty());
}

#[test]
fn an_edited_migration_and_a_file_that_is_no_database_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    sqlite::migrate(&path).unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute("UPDATE schema_migrations SET checksum = 'edited' WHERE version = 2", []).unwrap();
    let error = sqlite::migrate(&path).unwrap_err().to_string();
    assert!(error.contains("migration 2 (create_sessions) was changed"), "{error}");

    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "this is no database, but it is long enough to be read as one").unwrap();
    let error = sqlite::migrate(&text).unwrap_err().to_string();
    assert!(error.contains("cannot open the database") && error.contains("notes.txt"), "{error}");
    let folder_as_file = sqlite::migrate(folder.path()).unwrap_err().to_string();
    assert!(folder_as_file.contains("cannot open"), "{folder_as_file}");
}
