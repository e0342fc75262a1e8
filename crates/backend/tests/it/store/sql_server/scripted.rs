//! What a real server does seldom or never, by a scripted one. Needs no SQL Server.

use std::error::Error as _;
use std::net::TcpListener;
use std::time::Duration;

use backend::domain::now;
use backend::store::sql_server;
use backend::store::{Effect, Mutation, Outcome, Store, StoreError};

use super::super::samples::{keyed, mutation, record, registration, scope, unique_email, user};
use super::peer::{Answer, PASSWORD, Peer, Script, committed, failed, logged_in, willing};
use super::{open, tokens, told};

fn change() -> Mutation {
    mutation(registration(&user(&unique_email())).0)
}

fn keyed_change() -> Mutation {
    keyed(registration(&user(&unique_email())).0, record(scope(), b"answer", now()))
}

/// A script is a plain function, so that there is one for each number.
fn fails_twice<const NUMBER: u32>(call: usize) -> Answer {
    if call < 2 { failed(NUMBER, 16) } else { committed() }
}

/// `(number, script)` for each.
macro_rules! failing_twice {
    ($($number:literal)*) => { [$(($number, fails_twice::<$number> as fn(usize) -> Answer)),*] };
}

#[tokio::test]
async fn a_transient_error_repeats_the_whole_transaction() {
    let numbers = failing_twice![
        1205 3960 1222 1204 921 922 952 976 978 10_928 10_929 40_197 40_501 40_613 49_918 49_919 49_920
    ];
    for (number, batch) in numbers {
        let peer = Peer::start(Script { batch, ..willing() });
        let store = open(&peer.config());
        assert_eq!(store.commit(change()).await.unwrap(), Outcome::Committed, "{number}");
        let batches = peer.batches();
        assert_eq!(batches.len(), 3);
        assert!(batches.iter().all(|batch| *batch == batches[0] && batch.contains("BEGIN TRANSACTION")));
        assert!(batches[0].contains("COMMIT TRANSACTION"));
        assert_eq!(peer.logins(), 1, "the connection goes on");
    }
}

#[tokio::test]
async fn an_error_that_lasts_is_no_effect() {
    let busy = Script { batch: |_| failed(1205, 13), ..willing() };
    let full = Script { batch: |_| failed(9002, 17), ..willing() };
    for (script, expected) in [(busy, "the database is too busy"), (full, "the database is out of order")] {
        let peer = Peer::start(script);
        let refused = open(&peer.config()).commit(change()).await;
        let Err(StoreError::Unavailable { reason, source: Some(_) }) = refused else { panic!("{refused:?}") };
        assert_eq!(reason, expected);
        assert!(peer.batches().len() <= 8);
    }
}

#[tokio::test]
async fn a_refused_statement_is_an_error_of_ours() {
    let peer = Peer::start(Script { batch: |_| failed(207, 16), ..willing() });
    let refused = open(&peer.config()).commit(change()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Refused { action: "register", .. }), "{refused:?}");
    assert!(told(&refused).contains("as scripted"), "{}", told(&refused));
    assert_eq!(peer.batches().len(), 1);
}

#[tokio::test]
async fn half_an_answer_is_no_answer() {
    let half_first: fn(usize) -> Answer = |call| if call == 0 { Answer::CutInside } else { committed() };
    let peer = Peer::start(Script { batch: half_first, ..willing() });
    let lost = open(&peer.config()).commit(change()).await;
    assert!(matches!(lost, Err(StoreError::Interrupted { .. })), "{lost:?}");
    assert_eq!(peer.batches().len(), 1, "without a key it is not repeated");

    let peer = Peer::start(Script { batch: half_first, ..willing() });
    assert_eq!(open(&peer.config()).commit(keyed_change()).await.unwrap(), Outcome::Committed);
    assert_eq!((peer.batches().len(), peer.logins()), (2, 2), "again, on another connection");
}

#[tokio::test]
async fn a_fatal_error_costs_the_connection() {
    let fatal_first: fn(usize) -> Answer = |call| if call == 0 { failed(596, 21) } else { committed() };
    let peer = Peer::start(Script { batch: fatal_first, ..willing() });
    let store = open(&peer.config());
    let lost = store.commit(change()).await;
    assert!(matches!(lost, Err(StoreError::Interrupted { .. })), "{lost:?}");
    assert_eq!(store.commit(mutation(Effect::None)).await.unwrap(), Outcome::Committed);
    assert_eq!(peer.logins(), 2);
}

#[tokio::test]
async fn a_server_that_never_answers_makes_the_store_unavailable() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = Peer::start(willing()).config();
    config.port = silent.local_addr().unwrap().port();
    config.pool.acquire_timeout = Duration::from_millis(100);
    let store = open(&config);
    for refused in [store.commit(change()).await.map(drop), store.ping().await] {
        assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    }
    // Paused, the time to wait for a login is over at once.
    tokio::time::pause();
    let error = told(&sql_server::migrate(&config).await.unwrap_err());
    assert!(error.contains("the server did not answer: no answer within 5s"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut config = Peer::start(willing()).config();
    config.port = port;
    config.pool.acquire_timeout = Duration::from_millis(200);
    let error = told(&sql_server::migrate(&config).await.unwrap_err());
    assert!(error.contains("cannot open the database onboarding on 127.0.0.1"), "{error}");
    assert!(error.contains("the server cannot be reached: Connection refused"), "{error}");
    let refused = open(&config).ping().await.unwrap_err();
    assert!(matches!(
        refused,
        StoreError::Unavailable { reason: "there is no connection to the server", .. }
    ));
    assert!(refused.source().is_some());
}

#[tokio::test]
async fn a_refused_login_is_said() {
    let login = |_: &str| tokens::error(18_456, 14, "Login failed for user 'app'.");
    let peer = Peer::start(Script { login, ..willing() });
    let error = told(&sql_server::migrate(&peer.config()).await.unwrap_err());
    assert!(error.contains("the server refused the connection") && error.contains("Login failed"), "{error}");
    assert!(!error.contains(PASSWORD), "{error}");
    let refused = open(&peer.config()).ping().await.unwrap_err();
    assert!(told(&refused).contains("Login failed"), "{}", told(&refused));
}

#[tokio::test]
async fn a_missing_database_that_may_not_be_made_is_said() {
    let login = |text: &str| {
        if text.contains("master") { logged_in() } else { tokens::error(4060, 11, "no database") }
    };
    let peer = Peer::start(Script { login, batch: |_| failed(262, 14), ..willing() });
    let error = told(&sql_server::migrate(&peer.config()).await.unwrap_err());
    assert!(error.contains("the database is missing and cannot be made by this login"), "{error}");
    assert!(error.contains("as scripted"), "{error}");
    let batches = peer.batches();
    assert!(batches[0].contains("sys.databases WHERE name = N'onboarding'"), "{batches:?}");
    assert!(batches[1].contains("CREATE DATABASE [onboarding]"), "{batches:?}");
    assert_eq!(batches.len(), 2);
}

#[tokio::test]
async fn too_many_calls_are_refused_at_once() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = Peer::start(willing()).config();
    config.port = silent.local_addr().unwrap().port();
    let store = open(&config);
    let mut waiting = Vec::new();
    let refused = loop {
        let mut call = store.commit(mutation(Effect::None));
        match futures::poll!(&mut call) {
            std::task::Poll::Ready(end) => break end,
            std::task::Poll::Pending => waiting.push(call),
        }
        assert!(waiting.len() < 5000, "the queue has no bound");
    };
    let Err(StoreError::Unavailable { reason, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(reason, "too many calls are waiting");
    assert_eq!(usize::try_from(store.pool().waiting).unwrap(), waiting.len());
    drop(waiting);
    assert_eq!(store.pool().waiting, 0);
}
