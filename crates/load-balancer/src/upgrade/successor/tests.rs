//! Both sides of a handing-on, in one process.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::*;
use crate::upgrade::{Predecessor, Role, TakeOverError};

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(50);

/// A process that hands on, under a number that no process of this machine has.
struct Old {
    pid: u32,
    orders: Orders,
    failures: Arc<Mutex<Vec<UpgradeError>>>,
    socket: Arc<TcpListener>,
    task: JoinHandle<Leaving>,
}

impl Old {
    fn start(within: Duration, starter: Option<Starter>) -> Self {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let pid =
            u32::MAX - NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed) - std::process::id() * 16;
        let (mut upgrades, orders) = Upgrades::new(Some(Door::of(pid).unwrap()), starter, within);
        let socket = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
        let mut listeners = Listeners::default();
        listeners.add(Role::Http, [Arc::clone(&socket)]);
        let failures = Arc::<Mutex<Vec<UpgradeError>>>::default();
        let told = Arc::clone(&failures);
        let task = tokio::spawn(async move {
            let estate = || Estate { listeners: &listeners, state: json!({ "drained": ["a"] }) };
            upgrades.run(estate, |error| told.lock().unwrap().push(error.clone())).await
        });
        Self { pid, orders, failures, socket, task }
    }

    async fn ask(&self) -> Predecessor {
        Predecessor::ask(self.pid).await.unwrap()
    }

    async fn failure(&self) -> UpgradeError {
        testkit::eventually(LONG, || async { self.failures.lock().unwrap().pop() }).await
    }
}

#[tokio::test]
async fn a_successor_that_serves_gets_the_sockets_the_state_and_what_leaves() {
    let old = Old::start(LONG, None);
    let mut new = old.ask().await;
    assert_eq!((&new.state, new.within), (&json!({ "drained": ["a"] }), LONG));
    let address = old.socket.local_addr().unwrap();
    let socket = new.listeners.take(Role::Http, address).pop().unwrap();
    new.still_waits().await.unwrap();
    let arrivals = new.serving().await.unwrap().unwrap();
    let leaving = old.task.await.unwrap();
    assert_eq!(leaving.new.pid, i32::try_from(std::process::id()).unwrap());
    drop(old.socket);

    // The socket is the same: it accepts although its first descriptor is closed.
    let mut client = TcpStream::connect(address).unwrap();
    let (accepted, _) = socket.accept().unwrap();
    leaving.departures().send(accepted, true);
    leaving.departures().send(client.try_clone().unwrap(), false);
    leaving.finish().await;
    let (mut came, used) = arrivals.next().await.unwrap();
    assert!(used);
    client.write_all(b"!").unwrap();
    let mut byte = [0];
    came.read_exact(&mut byte).unwrap();
    assert_eq!(&byte, b"!");
    assert!(!arrivals.next().await.unwrap().1);
    assert!(arrivals.next().await.is_none(), "the process before has ended");
}

#[tokio::test]
async fn a_process_whose_successors_fail_goes_on_and_says_why() {
    let old = Old::start(LONG, None);
    old.ask().await.fail("no pools".to_owned()).await;
    assert_eq!(old.failure().await, UpgradeError::Failed("no pools".to_owned()));
    drop(old.ask().await);
    assert!(matches!(old.failure().await, UpgradeError::Ended(_)));
    old.ask().await.serving().await.unwrap().unwrap();
    old.task.await.unwrap();
}

#[tokio::test]
async fn a_successor_that_is_too_slow_learns_that_nobody_waits() {
    let old = Old::start(SHORT, None);
    let mut slow = old.ask().await;
    assert_eq!(old.failure().await, UpgradeError::TooSlow(SHORT));
    let refused = slow.still_waits().await.unwrap_err();
    assert!(refused.to_string().ends_with("the new process did not serve within 50ms"), "{refused}");
    let mut slow = old.ask().await;
    assert_eq!(old.failure().await, UpgradeError::TooSlow(SHORT));
    slow.listeners = Listeners::default();
    assert!(matches!(slow.serving().await, Err(TakeOverError::Refused(_))));
}

#[tokio::test]
async fn who_takes_over_from_a_process_that_has_ended_serves() {
    let old = Old::start(LONG, None);
    let mut new = old.ask().await;
    old.task.abort();
    assert!(old.task.await.is_err());
    new.still_waits().await.unwrap();
    assert!(new.serving().await.unwrap().is_none());
}

#[tokio::test]
async fn orders_are_answered_with_the_reason() {
    let old = Old::start(LONG, None);
    assert_eq!(old.orders.upgrade().await, Err(UpgradeError::NoDoor));
    let pid = old.pid;
    old.task.abort();
    assert!(old.task.await.is_err());
    assert_eq!(old.orders.upgrade().await, Err(UpgradeError::Ending));
    let gone = Predecessor::ask(pid).await.unwrap_err();
    assert_eq!(gone.to_string(), format!("process {pid} does not hand its sockets on"));
}
