//! Three instances tell events while they are killed again and again, to a receiver that fails, hangs and dies.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use backend::domain::event::Event;
use backend::outbox::Envelopes;
use backend::store::outbox::NewMessage;
use backend::store::sqlite::SqliteStore;
use backend::store::{Effect, Mutation, Outcome, Store as _};
use nix::sys::signal::Signal;
use service_kit::config::Secret;
use service_kit::jwt::Keyring;
use testkit::Process;
use testkit::webhook::{Mood, Receiver};
use uuid::Uuid;

use super::{check, settings};
use crate::api::harness::{Database, SECRET};
use crate::api::processes::program;
use crate::mail::store;

const KILL_EVERY: Duration = Duration::from_secs(2);
/// For so long the receiver is gone now and then.
const AWAY: Duration = Duration::from_millis(700);

fn start(database: &str, receiver: &Receiver) -> Process {
    let told = settings(receiver);
    let mut all: Vec<(&str, &str)> = told.iter().map(|(name, value)| (*name, value.as_str())).collect();
    all.push(("DATABASE_URL", database));
    Process::spawn(program("serve", &all)).unwrap()
}

/// The events of a person, in the order in which they are written.
fn events(envelopes: &Envelopes, count: usize) -> Vec<NewMessage> {
    let user_id = Uuid::now_v7();
    let step = |version: i64| Event::StepCompleted { user_id, step: format!("step-{version}"), version };
    (0..).take(count).map(|version| envelopes.seal_event(&step(version)).unwrap()).collect()
}

async fn write(store: &SqliteStore, messages: Vec<NewMessage>) {
    let (at, effect) = (store.now(), Effect::None);
    let mutation = Mutation { at, idempotency: None, session: None, effect, messages, audit: None };
    assert_eq!(store.commit(mutation).await.unwrap(), Outcome::Committed);
}

/// What the time would do: the leases of the instances that were killed run out.
fn end_leases(path: &Path) {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.busy_timeout(Duration::from_secs(10)).unwrap();
    connection
        .execute("UPDATE outbox SET next_attempt_at = created_at WHERE lease_id IS NOT NULL", [])
        .unwrap();
}

/// Of 40 requests 5 go wrong, each in a way of its own, and one of 400 hangs.
fn moody(number: usize) -> Mood {
    match number % 40 {
        _ if number % 400 == 17 => Mood::Hangs,
        3 => Mood::Answers(500),
        11 => Mood::TakesAndDies,
        19 => Mood::Dies,
        27 => Mood::AsksToWait(400, 1),
        35 => Mood::Answers(422),
        _ => Mood::Well,
    }
}

/// Tells `each` events of each of `people`. With `wait` the leases of dead instances run out by themselves; else all
/// three are killed together now and then, after which their leases are ended.
#[expect(clippy::too_many_lines, reason = "one run, whose parts share all that they know")]
async fn tell(people: usize, each: usize, wait: bool) -> usize {
    let (database, receiver) = (Database::new(), Receiver::start().await);
    receiver.behave(moody);
    let (path, url) = (database.path(), database.url());
    let store = store(&path);
    let envelopes = Envelopes::new(&Keyring::new(&Secret::new(SECRET), &[]).unwrap()).unwrap();
    let mut late = Vec::new();
    for _ in 0..people {
        // A part is there from the beginning, the rest comes while it is told.
        let mut all = events(&envelopes, each);
        late.push(all.split_off(each / 2));
        write(&store, all).await;
    }
    let mut instances: Vec<Process> = (0..3).map(|_| start(&url, &receiver)).collect();
    let (began, mut kills, mut round) = (Instant::now(), 0, 0);
    let limit = Duration::from_mins(if wait { 15 } else { 4 });
    loop {
        tokio::time::sleep(KILL_EVERY).await;
        for messages in late.split_off(late.len().saturating_sub(people / 5 + 1)) {
            write(&store, messages).await;
        }
        let status = store.outbox_status("webhook").await.unwrap();
        if status.waiting + status.leased == 0 && late.is_empty() {
            break;
        }
        assert!(began.elapsed() < limit, "{status:?} after {:?}", began.elapsed());
        let all = !wait && round % 3 == 2;
        for (number, instance) in instances.iter_mut().enumerate() {
            if all || number != round % 3 {
                instance.signal(Signal::SIGKILL).unwrap();
                kills += 1;
            }
        }
        if all {
            for instance in &mut instances {
                instance.wait(Duration::from_secs(10)).await.unwrap();
            }
            end_leases(&path);
        }
        if round % 4 == 1 {
            receiver.down().await;
            tokio::time::sleep(AWAY).await;
            receiver.up().await;
        }
        for (number, instance) in instances.iter_mut().enumerate() {
            if all || number != round % 3 {
                *instance = start(&url, &receiver);
            }
        }
        round += 1;
    }
    let requests = receiver.received();
    let counts = check(&requests);
    assert_eq!(counts.len(), people * each, "none lost, none made up");
    let met = |mood| requests.iter().any(|request| request.mood == mood);
    assert!(met(Mood::Hangs) && met(Mood::TakesAndDies) && met(Mood::Answers(500)), "every fault was met");
    assert_eq!(database.count("outbox WHERE dead_at IS NOT NULL"), 0);
    let repeated: usize = counts.values().map(|times| times - 1).sum();
    let _ = writeln!(
        std::io::stderr(),
        "{} events of {people} people, {kills} kills, {:.0?}: each told, by one id, in order; {repeated} repetitions",
        people * each,
        began.elapsed()
    );
    kills
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_event_is_told_in_order_whoever_dies() {
    let kills = tell(40, 4, false).await;
    assert!(kills >= 4, "all was told before anybody was killed");
}

/// The figure that is promised. It takes some minutes, since leases of dead instances run out: `just test-outbox`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: just test-outbox"]
async fn each_of_2000_events_is_told_in_order_while_two_of_three_instances_are_killed_every_2_s() {
    let kills = tell(400, 5, true).await;
    assert!(kills >= 20, "{kills}");
}
