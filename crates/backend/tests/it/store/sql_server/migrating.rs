//! Migrations on a real server.

use std::collections::BTreeSet;
use std::sync::Arc;

use backend::domain::now;
use backend::store::sql_server;
use backend::store::{Outcome, migration};
use futures::future::join_all;
use service_kit::config::Secret;

use super::super::contract::SharedStore;
use super::super::samples::{audit, keyed, record, registered, registration, scope, unique_email, user};
use super::server::Database;
use super::{connected, fresh, open, told};

#[tokio::test]
async fn many_migrate_a_missing_database_at_once_and_all_can_use_it() {
    let Some(database) = Database::named_anew().await else { return };
    let migrations = (0..5).map(|_| sql_server::migrate(&database.config));
    let applied: Vec<Vec<String>> = join_all(migrations).await.into_iter().map(Result::unwrap).collect();
    let names = |migrations: Vec<migration::Migration>| -> BTreeSet<String> {
        migrations.iter().map(|migration| format!("{:04}_{}", migration.version, migration.name)).collect()
    };
    let all = names(migration::for_sqlite().unwrap());
    let together: Vec<String> = applied.into_iter().flatten().collect();
    assert_eq!(together.len(), all.len(), "{together:?}");
    assert_eq!(together.into_iter().collect::<BTreeSet<_>>(), all);
    assert!(sql_server::migrate(&database.config).await.unwrap().is_empty());
    connected(&database.config).await;
}

#[tokio::test]
async fn an_edited_migration_is_refused() {
    let Some((_, database)) = fresh().await else { return };
    database.rows("UPDATE dbo.schema_migrations SET checksum = N'edited' WHERE version = 2").await;
    let error = sql_server::migrate(&database.config).await.unwrap_err().to_string();
    assert!(error.contains("migration 2 (create_sessions) was changed"), "{error}");
}

#[tokio::test]
async fn a_refused_login_is_told_without_its_password() {
    let Some(mut database) = Database::named_anew().await else { return };
    let right = std::mem::replace(&mut database.config.password, Secret::new("not-the-password"));
    let error = told(&sql_server::migrate(&database.config).await.unwrap_err());
    assert!(error.starts_with("cannot open the database"), "{error}");
    assert!(
        error.to_lowercase().contains("login failed") || error.contains("authentication failed"),
        "{error}"
    );
    assert!(!error.contains("not-the-password"), "{error}");
    database.config.password = right;
}

#[tokio::test]
async fn several_instances_share_a_database_and_one_key_has_one_effect() {
    let Some((first, database)) = fresh().await else { return };
    let others = (0..2).map(|_| Arc::new(open(&database.config)) as SharedStore);
    let stores: Vec<SharedStore> = std::iter::once(first).chain(others).collect();
    let (scope, email) = (scope(), unique_email());
    let tries = (0..12_usize).map(|number| {
        let store = Arc::clone(&stores[number % 3]);
        let user = user(&email);
        let mut attempt = keyed(registration(&user).0, record(scope, b"answer", now()));
        attempt.audit = Some(audit(user.id));
        tokio::spawn(async move { store.commit(attempt).await.unwrap() })
    });
    let ends = join_all(tries).await;
    let committed = ends.iter().filter(|end| matches!(end, Ok(Outcome::Committed))).count();
    let kept = ends.iter().filter(|end| matches!(end, Ok(Outcome::Kept(_)))).count();
    assert_eq!((committed, kept), (1, 11), "{ends:?}");
    let tables = ["users", "sessions", "onboarding", "idempotency_records", "audit_log"];
    database.has_one_row_each(&tables).await;
}

#[tokio::test]
async fn a_session_of_an_earlier_version_is_purged_by_its_last_token() {
    let Some((store, database)) = fresh().await else { return };
    let (_, session) = registered(&*store).await;
    database.rows("UPDATE dbo.sessions SET expires_at = NULL").await;
    assert_eq!(store.purge(now(), 10).await.unwrap(), 1, "it was given its time");
    assert_eq!(store.purge(now(), 10).await.unwrap(), 0);
    assert!(store.token_state(session.token.hash).await.unwrap().is_some());
    assert_eq!(store.purge(session.token.expires_at, 10).await.unwrap(), 2);
    assert_eq!((database.count("sessions").await, database.count("refresh_tokens").await), (0, 0));
}

#[tokio::test]
async fn a_name_of_an_earlier_version_is_given_its_key() {
    let Some((store, database)) = fresh().await else { return };
    registered(&*store).await;
    database.rows("UPDATE dbo.users SET name_key = NULL").await;
    assert_eq!(store.purge(now(), 10).await.unwrap(), 1);
    let keys = database.rows("SELECT name_key FROM dbo.users").await;
    assert_eq!(keys[0].get::<&str, _>(0), Some("zoë åström 李"));
    assert_eq!(store.purge(now(), 10).await.unwrap(), 0);
}

#[tokio::test]
async fn indexes_that_grow_at_their_end_are_optimized_where_the_server_knows_that() {
    let Some((_, database)) = fresh().await else { return };
    let known = "SELECT CAST(COUNT(*) AS INT) FROM sys.all_columns
        WHERE object_id = OBJECT_ID(N'sys.indexes') AND name = N'optimize_for_sequential_key'";
    if database.rows(known).await[0].get::<i32, _>(0) == Some(0) {
        return;
    }
    let left = "SELECT i.name FROM sys.indexes i JOIN sys.tables t ON t.object_id = i.object_id
        WHERE (i.name LIKE N'pk[_]%' AND t.name <> N'schema_migrations' OR i.name LIKE N'%[_]at')
          AND i.optimize_for_sequential_key = 0";
    let left = database.rows(left).await;
    assert!(left.is_empty(), "{left:?}");
}
