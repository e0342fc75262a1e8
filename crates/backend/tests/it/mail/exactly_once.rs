//! Three instances drain one outbox while two of them are killed again and again.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use backend::store::Store as _;
use nix::sys::signal::Signal;
use testkit::Process;
use testkit::smtp::MailServer;

use super::{message, store, write};
use crate::api::harness::Database;
use crate::api::processes::program;

const KILL_EVERY: Duration = Duration::from_secs(2);

fn start(database: &str, server: &MailServer) -> Process {
    let url = format!("smtp://{}?tls=none", server.address());
    let settings = [
        ("DATABASE_URL", database),
        ("SMTP_URL", &url),
        ("MAIL_FROM", "no-reply@onboarding.example"),
        ("PUBLIC_URL", "https://onboarding.example"),
    ];
    Process::spawn(program("serve", &settings)).unwrap()
}

/// What the time would do: the leases of the instances that were killed run out.
fn end_leases(path: &Path) {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.busy_timeout(Duration::from_secs(10)).unwrap();
    connection
        .execute("UPDATE outbox SET next_attempt_at = created_at WHERE lease_id IS NOT NULL", [])
        .unwrap();
}

/// Sends `mails` mails, and gives how many kills there were and how many mails came twice. With `wait` the leases of
/// dead instances run out by themselves, while the killing goes on.
async fn drain(mails: usize, delay: Duration, wait: bool) -> (usize, usize) {
    let (database, server) = (Database::new(), MailServer::start().await.unwrap());
    server.delay(delay);
    let (path, url) = (database.path(), database.url());
    let store = store(&path);
    let messages: Vec<_> =
        (0..mails).map(|n| message(&format!("p{n}@example.com"), &n.to_string(), None)).collect();
    let ids: BTreeSet<String> = messages.iter().map(|m| format!("<{}@onboarding.example>", m.id)).collect();
    for portion in messages.chunks(100) {
        write(&store, portion.to_vec()).await;
    }
    let mut instances: Vec<Process> = (0..3).map(|_| start(&url, &server)).collect();
    let (began, mut kills) = (Instant::now(), 0);
    let leases = if wait { Duration::from_mins(6) } else { Duration::ZERO };
    let limit = Duration::from_mins(1) + delay * u32::try_from(mails).unwrap() + leases;
    loop {
        tokio::time::sleep(KILL_EVERY).await;
        let status = store.outbox_status("mail").await.unwrap();
        if status.waiting + status.leased == 0 {
            break;
        }
        assert!(began.elapsed() < limit, "{status:?} after {:?}", began.elapsed());
        if !wait && status.waiting == 0 {
            // All are dead or have nothing to do but what the dead had taken.
            for instance in &mut instances {
                assert_eq!(instance.terminate(Duration::from_secs(30)).await.unwrap().code(), Some(0));
            }
            end_leases(&path);
            instances = vec![start(&url, &server)];
            continue;
        }
        if instances.len() == 3 {
            let spared = kills / 2 % 3;
            for (_, instance) in instances.iter_mut().enumerate().filter(|(number, _)| *number != spared) {
                instance.signal(Signal::SIGKILL).unwrap();
                *instance = start(&url, &server);
                kills += 1;
            }
        }
    }
    let by_id = server.by_message_id();
    assert_eq!(by_id.keys().cloned().collect::<BTreeSet<_>>(), ids, "none lost, none made up");
    assert!(by_id.values().all(|(_, same)| *same), "a repetition is the same byte for byte");
    let doubled: usize = by_id.values().map(|(times, _)| times - 1).sum();
    assert!(
        doubled <= kills,
        "{doubled} came twice by {kills} kills: only a kill may do that, and to one mail"
    );
    assert_eq!(usize::try_from(database.count("outbox WHERE sent_at IS NOT NULL")).unwrap(), mails);
    let _ = writeln!(
        std::io::stderr(),
        "{mails} mails, {kills} kills, {:.0?}: each once by its Message-ID, {doubled} handed over twice",
        began.elapsed()
    );
    (kills, doubled)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_mail_is_lost_and_a_kill_doubles_one_at_most() {
    let (kills, _) = drain(150, Duration::from_millis(100), false).await;
    assert!(kills >= 2, "the drain was over before anybody was killed");
}

/// The figure that is promised. It takes some minutes, since leases of dead instances run out: `just test-outbox`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: just test-outbox"]
async fn each_of_2000_mails_comes_once_while_two_of_three_instances_are_killed_every_2_s() {
    let (kills, _) = drain(2000, Duration::from_millis(50), true).await;
    assert!(kills >= 20, "{kills}");
}
