//! A restore drill: people register under load, a backup is taken, everything is lost and restored.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use reqwest::StatusCode;
use testkit::{Process, eventually};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::harness::{Database, PASSWORD, Person, Send as _, WAIT, registration};
use super::processes::{LIMIT, address, ended_with, program};

/// Those who are acknowledged, with when that was.
type Acknowledged = Arc<Mutex<Vec<(Instant, Person)>>>;

/// People who register one after the other until they are told to stop.
struct Load {
    acknowledged: Acknowledged,
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<()>>,
}

impl Load {
    fn start(addresses: &[String]) -> Self {
        let (acknowledged, stop) = (Acknowledged::default(), Arc::new(AtomicBool::new(false)));
        let client = |address: &String| {
            let (acknowledged, stop) = (Arc::clone(&acknowledged), Arc::clone(&stop));
            let url = format!("http://{address}/api/auth/register");
            tokio::spawn(async move {
                let client = reqwest::Client::new();
                while !stop.load(Ordering::Relaxed) {
                    let call = client.post(&url).timeout(LIMIT).json(&registration());
                    let person = Person::from(call.answer(StatusCode::CREATED).await);
                    acknowledged.lock().await.push((Instant::now(), person));
                }
            })
        };
        let clients = addresses.iter().cycle().take(4).map(client).collect();
        Self { acknowledged, stop, clients }
    }

    async fn has(&self, people: usize) {
        eventually(WAIT, || async { self.acknowledged.lock().await.len() >= people }).await;
    }

    async fn stop(self) -> Vec<(Instant, Person)> {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.await.unwrap();
        }
        std::mem::take(&mut *self.acknowledged.lock().await)
    }
}

fn serve(url: &str) -> Process {
    Process::spawn(program("serve", &[("DATABASE_URL", url), ("COOKIE_SECURE", "false")])).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_before_a_backup_outlives_the_loss_of_everything() {
    let (database, folder) = (Database::new(), tempfile::tempdir().unwrap());
    let (url, backups) = (database.url(), folder.path().display().to_string());
    let settings = [("DATABASE_URL", url.as_str())];
    let mut processes = [serve(&url), serve(&url)];
    let addresses = [address(&processes[0]).await, address(&processes[1]).await];

    let load = Load::start(&addresses);
    load.has(20).await;
    let begun = Instant::now();
    let (code, text) = ended_with(&["backup", "--to", &backups, "--keep", "3"], &settings).await;
    assert_eq!(code, 0, "{text}");
    load.has(40).await;
    let (code, text) = ended_with(&["restore", "--from", &backups], &settings).await;
    assert!(code == 1 && text.contains("is in use; stop all instances first"), "{code} {text}");
    let people = load.stop().await;
    for process in &mut processes {
        assert_eq!(process.terminate(LIMIT).await.unwrap().code(), Some(0));
    }

    for file in fs::read_dir(database.path().parent().unwrap()).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    let (code, text) = ended_with(&["restore", "--from", &backups], &settings).await;
    assert!(code == 0 && text.contains("restored"), "{code} {text}");
    let restored = usize::try_from(database.count("users")).unwrap();

    let process = serve(&url);
    let address = address(&process).await;
    let client = reqwest::Client::new();
    let before: Vec<&Person> =
        people.iter().filter(|(at, _)| *at < begun).map(|(_, person)| person).collect();
    assert!(
        before.len() >= 20 && restored >= before.len() && restored < people.len(),
        "{} {restored}",
        before.len()
    );
    for person in &before {
        let me = client.get(format!("http://{address}/api/auth/me")).bearer_auth(&person.access_token);
        assert_eq!(me.answer(StatusCode::OK).await.body["email"], person.email.as_str());
    }
    let body = serde_json::json!({"email": before[0].email, "password": PASSWORD});
    client.post(format!("http://{address}/api/auth/login")).json(&body).answer(StatusCode::OK).await;
}

#[tokio::test]
async fn backups_are_taken_in_turn_and_checked_from_the_command_line() {
    let (database, folder) = (Database::new(), tempfile::tempdir().unwrap());
    let (url, backups) = (database.url(), folder.path().display().to_string());
    let settings = [("DATABASE_URL", url.as_str())];
    let (code, text) = ended_with(&["backup", "--to", &backups], &settings).await;
    assert!(code == 1 && text.contains("there is no database"), "{code} {text}");
    assert_eq!(ended_with(&["migrate"], &settings).await.0, 0);

    let mut command = program("backup", &settings);
    command.args(["--to", &backups, "--every", "1s", "--keep", "2"]);
    let mut process = Process::spawn(command).unwrap();
    process.wait_for_line("removed", LIMIT).await;
    assert_eq!(process.terminate(LIMIT).await.unwrap().code(), Some(0));
    let (code, text) = ended_with(&["backup", "verify", "--from", &backups], &settings).await;
    assert_eq!((code, text.lines().count()), (0, 2), "{text}");

    for (arguments, expected) in [
        (&["backup"][..], "--to"),
        (&["backup", "--to", "x", "--every", "0s"], "between 1s and 31d"),
        (&["backup", "--to", "x", "--keep", "0"], "--keep"),
        (&["backup", "verify"], "--from"),
        (&["restore"], "--from"),
        (&["restore", "--from", "x", "--stop-at", "noon"], "RFC 3339"),
    ] {
        let (code, text) = ended_with(arguments, &settings).await;
        assert!(code == 2 && text.contains(expected), "{arguments:?}: {code} {text}");
    }
}
