//! The order of an end, with signals that this process sends to itself.

use std::time::Duration;

use nix::sys::signal::{Signal, raise};
use service_kit::shutdown::{Drain, Drained, Phase, Shutdown, Signals};
use tokio::sync::{Mutex, MutexGuard};

const LONG: Duration = Duration::from_mins(10);

/// A signal reaches every listener in the process, so these tests take turns.
async fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

#[tokio::test]
async fn a_signal_drains_and_the_last_request_is_finished() {
    let _turn = turn().await;
    let shutdown = Shutdown::new();
    let mut signals = Signals::new().unwrap();
    let server = async {
        raise(Signal::SIGTERM).unwrap();
        shutdown.draining().await;
        let while_draining = shutdown.phase();
        shutdown.closing().await;
        while_draining
    };
    let drain = Drain { grace: Duration::from_millis(1), timeout: LONG };
    let ended = drain.run(&shutdown, &mut signals, server).await;
    assert_eq!(ended, (Drained::Finished, Some(Phase::Draining)));
}

#[tokio::test]
async fn a_second_signal_ends_at_once() {
    let _turn = turn().await;
    let shutdown = Shutdown::new();
    let mut signals = Signals::new().unwrap();
    let server = async {
        raise(Signal::SIGTERM).unwrap();
        shutdown.draining().await;
        raise(Signal::SIGINT).unwrap();
        std::future::pending::<()>().await;
    };
    let ended = Drain { grace: LONG, timeout: LONG }.run(&shutdown, &mut signals, server).await;
    assert_eq!(ended, (Drained::Forced, None));
    assert_eq!(shutdown.phase(), Phase::Draining, "it was still in its grace");
}

#[tokio::test]
async fn work_that_does_not_end_meets_the_deadline() {
    let _turn = turn().await;
    let shutdown = Shutdown::new();
    let mut signals = Signals::new().unwrap();
    shutdown.trigger();
    let drain = Drain { grace: Duration::ZERO, timeout: Duration::from_millis(1) };
    let ended = drain.run(&shutdown, &mut signals, std::future::pending::<()>()).await;
    assert_eq!(ended, (Drained::DeadlinePassed, None));
    assert_eq!(shutdown.phase(), Phase::Closing);
}
