//! What becomes of a worker that panics.

use super::*;
use crate::config;
use crate::record::{Recorder, Shard};
use crate::route::RouteTable;
use crate::runtime::{TICK, Timer};
use crate::snapshot::{Published, Snapshot};
use crate::supervise::ends;
use crate::trust::TrustedProxies;
use crate::worker::Common;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::time::Duration;
use testkit::{RawClient, eventually};
use tokio::runtime::Builder;

const PATIENCE: Duration = Duration::from_secs(10);
/// Set where a test runs as a process of its own.
const ALONE: &str = "TEST_OF_A_WORKER_ALONE";

/// A task that panics as soon as it is woken, in whatever wakes it.
struct Faulty;

impl Wake for Faulty {
    fn wake(self: Arc<Self>) {
        panic!("on purpose");
    }
}

/// What one worker shares, and its part of it.
struct Parts {
    listen: config::Listen,
    common: Arc<Common>,
    listener: TcpListener,
    handed: Handed,
}

impl Parts {
    fn new() -> Self {
        let text = "[[pools]]\nname = \"a\"\nservers = []\n[[routes]]\npath = \"/\"\npool = \"a\"\n";
        let listen = config::parse(Path::new("a.toml"), text, false).expect("it is valid").listen;
        let snapshot = Snapshot { version: 1, pools: Box::default(), routes: RouteTable::new(Vec::new()) };
        let (sender, handed) = mpsc::unbounded_channel();
        let published = Arc::new(Published::new(snapshot));
        let common = Common::new(&listen, published, None, TrustedProxies::new(&[]), vec![sender]);
        super::super::keep_time(&common).unwrap();
        let listener = listener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        Self { listen, common, listener, handed }
    }

    /// Lives on this thread; one of the worker's timers is to wake what panics.
    fn live(self, runtime: &Runtime) {
        let recorder = Recorder::new(0, Arc::new(Shard::default()), None);
        let worker = Rc::new(Worker::new(0, self.listen, recorder, self.common));
        let _timer = faulty(&worker);
        run(runtime, worker, vec![(Arc::new(self.listener), false)], self.handed);
    }
}

fn faulty(worker: &Worker) -> Timer {
    let timer = worker.timers.timer();
    let waker = Waker::from(Arc::new(Faulty));
    assert!(timer.poll_until(&mut Context::from_waker(&waker), timer.now() + TICK).is_pending());
    timer
}

fn worker_ends() -> u64 {
    ends().find(|(task, _)| *task == "worker").unwrap().1
}

#[tokio::test]
async fn a_worker_whose_work_panics_is_counted_and_begins_anew_with_its_connections() {
    let (before, parts) = (worker_ends(), Parts::new());
    let (common, address) = (Arc::clone(&parts.common), parts.listener.local_addr().unwrap());
    let mut client = RawClient::connect(address).await.unwrap();
    super::super::begin(0, || parts.live(&Builder::new_current_thread().enable_all().build().unwrap()))
        .unwrap();
    eventually(PATIENCE, || async { worker_ends() == before + 1 }).await;

    // What comes with a tick and from the end of the balancer is heard by the new beginning.
    client.send("GET /lb-health HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
    assert_eq!(client.read_response().await.unwrap().text(), "Load balancer is healthy");
    client.send("GET /lb-health HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
    assert_eq!(client.read_response().await.unwrap().status, 200);
    common.enter(Phase::Closing);
    assert!(client.read_to_end().await.unwrap().is_empty());
    eventually(PATIENCE, || async { RawClient::connect(address).await.is_err() }).await;
    assert_eq!(worker_ends(), before + 1);
}

#[test]
fn a_worker_whose_thread_panics_outside_of_its_tasks_ends_the_process() {
    if std::env::var_os(ALONE).is_some() {
        return panic_outside_of_tasks();
    }
    let mut alone = Command::new(std::env::current_exe().unwrap());
    let name = "workers::life::tests::a_worker_whose_thread_panics_outside_of_its_tasks_ends_the_process";
    let ended = alone.args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.signal(), Some(nix::libc::SIGABRT), "{said}");
    assert!(said.contains("thread 'worker-0'") && said.contains("on purpose"), "{said}");
}

/// Does not return before the process should long have ended.
fn panic_outside_of_tasks() {
    let parts = Parts::new();
    let faulty_park = || panic!("on purpose");
    let life = move || {
        parts.live(&Builder::new_current_thread().enable_all().on_thread_park(faulty_park).build().unwrap());
    };
    super::super::begin(0, life).unwrap();
    std::thread::sleep(PATIENCE);
}
