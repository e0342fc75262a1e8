//! What the server says about itself, where it may be asked and where not.

use std::collections::BTreeSet;
use std::time::Duration;

use backend::store::observation::ViewReading;
use backend::store::{Store as _, StoreError};

use super::peer::{Answer, Peer, Script, failed, willing};
use super::{fresh, open, tokens, told};

/// The place of the view `locks` among all.
const LOCKS: usize = 7;

#[tokio::test]
async fn every_view_is_read_or_its_absence_is_said() {
    let Some((store, database)) = fresh().await else { return };
    let readings = store.observe().await.unwrap();
    let views: BTreeSet<&str> = readings.iter().map(|reading| reading.view).collect();
    assert_eq!((views.len(), readings.len()), (13, 13), "{views:?}");
    let version = database.rows("SELECT CAST(@@VERSION AS NVARCHAR(300))").await;
    let complete = version[0].get::<&str, _>(0).unwrap().starts_with("Microsoft SQL Server");
    for ViewReading { view, samples, .. } in &readings {
        match samples {
            Ok(samples) => assert!(!samples.is_empty() || *view == "replicas" || !complete, "{view}"),
            Err(error) => {
                assert!(!complete && matches!(error, StoreError::Refused { .. }), "{view}: {error:?}");
            }
        }
    }
    // The connection goes on after a view that it could not read.
    store.ping().await.unwrap();
}

#[tokio::test]
async fn a_view_that_may_not_be_read_takes_nothing_from_the_others() {
    let batch: fn(usize) -> Answer = |call| match call {
        LOCKS => failed(300, 14),
        1 => Answer::Tokens(
            [tokens::sample("db_server_sessions", Some("running"), 3.0), tokens::done()].concat(),
        ),
        2 => Answer::Tokens([tokens::sample("db_server_nonsense", None, 3.0), tokens::done()].concat()),
        _ => Answer::Tokens(tokens::done()),
    };
    let peer = Peer::start(Script { batch, ..willing() });
    let readings = open(&peer.config()).observe().await.unwrap();
    let failed: Vec<&str> =
        readings.iter().filter(|reading| reading.samples.is_err()).map(|reading| reading.view).collect();
    assert_eq!(failed, ["limits", "locks"]);
    let refused = readings[LOCKS].samples.as_ref().unwrap_err();
    assert!(told(refused).contains("as scripted"), "{}", told(refused));
    let unknown = readings[2].samples.as_ref().unwrap_err();
    assert!(told(unknown).contains("no metric db_server_nonsense"), "{}", told(unknown));
    let sessions = &readings[1].samples.as_ref().unwrap()[0];
    assert_eq!(
        (sessions.labels.as_slice(), sessions.value.to_bits()),
        (&["running".to_owned()][..], 3.0_f64.to_bits())
    );
    assert_eq!(peer.logins(), 1, "one connection serves all views");
}

/// All but the one view in the middle.
fn all_but_one(readings: &[ViewReading]) {
    let failed: Vec<&str> =
        readings.iter().filter(|reading| reading.samples.is_err()).map(|reading| reading.view).collect();
    assert_eq!((readings.len(), failed), (13, vec!["workers"]));
}

#[tokio::test]
async fn a_view_that_costs_its_connection_takes_nothing_from_the_others() {
    let batch: fn(usize) -> Answer =
        |call| if call == 3 { Answer::CutInside } else { Answer::Tokens(tokens::done()) };
    let peer = Peer::start(Script { batch, ..willing() });
    all_but_one(&open(&peer.config()).observe().await.unwrap());
    assert_eq!(peer.batches().len(), 14, "the server was asked for a sign of life");
}

#[tokio::test]
async fn a_slow_view_loses_only_itself_and_says_how_long_it_took() {
    let batch: fn(usize) -> Answer =
        |call| if call == 3 { Answer::Never } else { Answer::Tokens(tokens::done()) };
    let peer = Peer::start(Script { batch, ..willing() });
    let readings = open(&peer.config()).observe().await.unwrap();
    all_but_one(&readings);
    let slow = &readings[3];
    assert!(told(slow.samples.as_ref().unwrap_err()).contains("no answer within"), "{slow:?}");
    assert!(
        readings
            .iter()
            .all(|reading| (reading.took >= Duration::from_secs(1)) == (reading.view == "workers"))
    );
}

#[tokio::test]
async fn a_server_that_does_not_answer_ends_the_round() {
    let batch: fn(usize) -> Answer =
        |call| if call >= 3 { Answer::CutInside } else { Answer::Tokens(tokens::done()) };
    let peer = Peer::start(Script { batch, ..willing() });
    let lost = open(&peer.config()).observe().await;
    assert!(matches!(lost, Err(StoreError::Unavailable { .. })), "{lost:?}");
    assert_eq!(peer.batches().len(), 5);
}
