//! Faults on the wire to a real server: what is answered, and what is left behind.

use std::sync::Arc;

use backend::config::SqlServerConfig;
use backend::domain::{User, now};
use backend::store::sql_server::{self, SqlServerStore};
use backend::store::{Mutation, Outcome, Store, StoreError};
use std::time::Duration;
use testkit::eventually;

use super::super::samples::{
    audit, keyed, mutation, record, registered, registration, scope, unique_email, user,
};
use super::connected;
use super::proxy::{Proxy, Wire};
use super::server::Database;

struct Scene {
    database: Database,
    proxy: Proxy,
    config: SqlServerConfig,
}

impl Scene {
    async fn set() -> Option<Self> {
        let database = Database::named_anew().await?;
        sql_server::migrate(&database.config).await.unwrap();
        let proxy = Proxy::to(&database.config).await;
        let config = proxy.config(&database.config);
        Some(Self { database, proxy, config })
    }

    /// A store with one connection, which works.
    async fn store(&self) -> SqlServerStore {
        let mut config = self.config.clone();
        (config.pool.max, config.pool.min) = (1, 1);
        connected(&config).await
    }

    async fn is_whole(&self, user: &User, store: &SqlServerStore) {
        assert_eq!(store.user(user.id).await.unwrap().as_ref(), Some(user));
        let tables = ["users", "sessions", "refresh_tokens", "onboarding", "onboarding_steps", "audit_log"];
        self.database.has_one_row_each(&tables).await;
    }
}

fn audited(user: &User, mut mutation: Mutation) -> Mutation {
    mutation.audit = Some(audit(user.id));
    mutation
}

#[tokio::test]
async fn a_cut_in_the_middle_of_a_keyed_change_is_made_good() {
    for cut in [Wire::CutBeforeRequest, Wire::CutBeforeAnswer] {
        let Some(scene) = Scene::set().await else { return };
        let store = scene.store().await;
        let user = user(&unique_email());
        let record = record(scope(), b"the answer", now());
        scene.proxy.set(cut);
        let change = audited(&user, keyed(registration(&user).0, record.clone()));
        match (cut, store.commit(change).await.unwrap()) {
            (Wire::CutBeforeRequest, Outcome::Committed) => {}
            (Wire::CutBeforeAnswer, Outcome::Kept(kept)) => assert_eq!(kept, record.kept),
            other => panic!("{other:?}"),
        }
        scene.is_whole(&user, &store).await;
    }
}

#[tokio::test]
async fn a_cut_in_the_middle_of_a_change_without_a_key_is_said() {
    let Some(scene) = Scene::set().await else { return };
    let store = scene.store().await;
    let user = user(&unique_email());
    scene.proxy.set(Wire::CutBeforeAnswer);
    let lost = store.commit(audited(&user, mutation(registration(&user).0))).await;
    assert!(matches!(lost, Err(StoreError::Interrupted { .. })), "{lost:?}");
    // It was done, and the store goes on with a new connection.
    scene.is_whole(&user, &store).await;
}

#[tokio::test]
async fn a_cut_in_the_middle_of_a_question_is_not_noticed() {
    for cut in [Wire::CutBeforeRequest, Wire::CutBeforeAnswer] {
        let Some(scene) = Scene::set().await else { return };
        let store = scene.store().await;
        let (user, _) = registered(&store).await;
        scene.proxy.set(cut);
        assert_eq!(store.user(user.id).await.unwrap(), Some(user));
        scene.proxy.until_whole().await;
    }
}

#[tokio::test]
async fn a_caller_that_hangs_up_in_the_middle_leaves_a_connection_that_works() {
    let Some(scene) = Scene::set().await else { return };
    let store = Arc::new(scene.store().await);
    let user = user(&unique_email());
    scene.proxy.set(Wire::Held);
    let (owned, change) = (Arc::clone(&store), audited(&user, mutation(registration(&user).0)));
    let caller = tokio::spawn(async move { owned.commit(change).await });
    // The server has done it, and its answer is under way when the caller goes.
    eventually(Duration::from_secs(20), || async { scene.database.count("users").await == 1 }).await;
    assert_eq!(store.pool().in_use, 1);
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    scene.proxy.set(Wire::Whole);
    // The only connection comes back, read to its end and with no transaction open.
    scene.is_whole(&user, &store).await;
    let (next, _) = registered(&*store).await;
    assert_eq!(store.user(next.id).await.unwrap(), Some(next));
    assert_eq!((store.pool().open, store.pool().in_use), (1, 0));
}

#[tokio::test]
async fn a_server_that_stops_to_answer_ends_calls_and_costs_only_the_connection() {
    let Some(scene) = Scene::set().await else { return };
    let store = scene.store().await;
    let (first, _) = registered(&store).await;
    scene.proxy.set(Wire::Held);
    // The limits pass in no time, as nothing else is to be done.
    tokio::time::pause();
    let change = mutation(registration(&user(&unique_email())).0);
    let lost = store.commit(change).await;
    assert!(matches!(lost, Err(StoreError::Interrupted { .. })), "{lost:?}");
    let silent = store.ping().await;
    assert!(matches!(silent, Err(StoreError::Unavailable { .. })), "{silent:?}");
    tokio::time::resume();
    scene.proxy.set(Wire::Whole);
    let back = || async { store.user(first.id).await };
    assert_eq!(eventually(Duration::from_secs(20), back).await, Some(first));
    registered(&store).await;
}

#[tokio::test]
async fn when_every_connection_is_busy_calls_are_refused_with_nothing_done() {
    let Some(scene) = Scene::set().await else { return };
    let mut config = scene.config.clone();
    (config.pool.max, config.pool.min) = (1, 1);
    config.pool.acquire_timeout = Duration::from_millis(300);
    let store = Arc::new(connected(&config).await);
    scene.proxy.set(Wire::Held);
    let owned = Arc::clone(&store);
    let busy = tokio::spawn(async move { owned.user(uuid::Uuid::nil()).await });
    eventually(Duration::from_secs(5), || async { store.pool().in_use == 1 }).await;
    let refused = store.commit(mutation(registration(&user(&unique_email())).0)).await;
    let Err(StoreError::Unavailable { reason, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(reason, "every connection is busy");
    scene.proxy.set(Wire::Whole);
    assert_eq!(busy.await.unwrap().unwrap(), None);
    assert_eq!(scene.database.count("users").await, 0);
}

#[tokio::test]
async fn a_closed_store_has_finished_its_work_and_takes_no_more() {
    let Some(scene) = Scene::set().await else { return };
    let store = Arc::new(scene.store().await);
    let user = user(&unique_email());
    scene.proxy.set(Wire::Held);
    let (owned, change) = (Arc::clone(&store), audited(&user, mutation(registration(&user).0)));
    let last = tokio::spawn(async move { owned.commit(change).await });
    eventually(Duration::from_secs(5), || async { store.pool().in_use == 1 }).await;
    let (owned, closing) = (Arc::clone(&store), scene.database.count("users"));
    let close = tokio::spawn(async move { owned.close().await });
    closing.await;
    assert!(!close.is_finished());
    scene.proxy.set(Wire::Whole);
    close.await.unwrap();
    assert_eq!(last.await.unwrap().unwrap(), Outcome::Committed);
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable { .. })));
    assert_eq!(scene.database.count("users").await, 1);
}
