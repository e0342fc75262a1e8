//! A database file that is replaced or removed under the instances that have it open.

use std::fs;
use std::path::{Path, PathBuf};

use backend::app::Application;
use backend::config::Config;
use reqwest::StatusCode;
use service_kit::config::Sources;

use super::harness::{Answer, Database, Instance, SECRET, Send as _, count, registration};

/// What somebody does to the files, and the file that must be at the path afterwards, if any.
type Act = (&'static str, fn(&Path, &Path), bool);

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

const ACTS: [Act; 5] = [
    ("removed", |path, _| fs::remove_file(path).unwrap(), false),
    ("renamed away", |path, _| fs::rename(path, beside(path, ".old")).unwrap(), false),
    ("replaced by rename", |path, other| fs::rename(other, path).unwrap(), true),
    ("its log removed", |path, _| fs::remove_file(beside(path, "-wal")).unwrap(), true),
    ("its log's index removed", |path, _| fs::remove_file(beside(path, "-shm")).unwrap(), true),
];

/// How a database is lost while nobody has it open.
type Loss = fn(&Path);

async fn refused(instance: &Instance, what: &str) {
    let register = instance.post("/api/auth/register", &registration()).done().await;
    assert_eq!(
        (register.status.as_u16(), register.header("retry-after")),
        (503, "1"),
        "{what}: {register:?}"
    );
    let ready = instance.get("/ready").answer(StatusCode::SERVICE_UNAVAILABLE).await;
    let reason = ready.body["database"]["reason"].as_str().unwrap();
    assert!(reason.contains("was replaced or removed") && reason.contains("data.db"), "{what}: {reason}");
    let health = instance.get("/api/health").answer(StatusCode::OK).await;
    assert_eq!(
        (&health.body["status"], health.body["database"].get("reason")),
        (&"degraded".into(), None),
        "{what}"
    );
    instance.get("/health").answer(StatusCode::OK).await;
}

#[tokio::test]
async fn every_instance_refuses_at_once_and_makes_no_other_file() {
    for (what, act, there) in ACTS {
        let (database, other) = (Database::new(), Database::new());
        let instances = [Instance::start(&database).await, Instance::start(&database).await];
        // The other one is a sound database, too.
        let aside = Instance::start(&other).await;
        aside.shutdown.trigger();
        aside.ended.await.unwrap();
        instances[0].register().await;
        act(&database.path(), &other.path());
        for instance in &instances {
            refused(instance, what).await;
        }
        assert_eq!(database.path().exists(), there, "{what}");
    }
}

#[tokio::test]
async fn no_write_is_acknowledged_that_is_not_in_the_file_that_was_there() {
    let (instance, database) = super::harness::alone().await;
    let aside = beside(&database.path(), ".old");
    let register = async || instance.post("/api/auth/register", &registration()).done().await;
    let many = futures::future::join_all((0..12).map(|_| register()));
    let move_away = async {
        // In the middle of them.
        testkit::eventually(super::harness::WAIT, async || database.count("users") >= 1).await;
        fs::rename(database.path(), &aside).unwrap();
    };
    let (answers, ()) = tokio::join!(many, move_away);
    let done = |answer: &&Answer| answer.status == StatusCode::CREATED;
    let acknowledged = i64::try_from(answers.iter().filter(done).count()).unwrap();
    assert!(answers.iter().all(|answer| done(&answer) || answer.status == 503), "{answers:?}");
    // Its log has stayed under its name.
    fs::rename(&aside, database.path()).unwrap();
    assert!(acknowledged <= count(&database.path(), "users"));
    // What was lost and is back serves again, with no restart.
    instance.get("/ready").answer(StatusCode::OK).await;
    instance.register().await;
}

#[tokio::test]
async fn a_database_that_was_here_is_never_begun_anew() {
    let acts: [(&str, Loss); 2] = [
        ("removed", |path| fs::remove_file(path).unwrap()),
        ("emptied", |path| fs::write(path, "").unwrap()),
    ];
    for (what, act) in acts {
        let (instance, database) = super::harness::alone().await;
        instance.shutdown.trigger();
        instance.ended.await.unwrap();
        act(&database.path());
        let before = database.path().metadata().map(|file| file.len()).ok();
        let url = database.url();
        let settings = [
            ("DATABASE_URL", url.as_str()),
            ("JWT_SECRET", SECRET),
            ("BIND_ADDRESS", "127.0.0.1:0"),
            ("HASH_THREADS", "1"),
        ];
        let start = || async {
            let (config, _) = Config::read(Sources::from_map(settings)).unwrap();
            Application::build(config, backend::api::router).await
        };
        let error = service_kit::exit::chain(&start().await.err().unwrap());
        assert!(error.contains("was here before and is gone") && error.contains(".initialized"), "{error}");
        assert_eq!(database.path().metadata().map(|file| file.len()).ok(), before, "{what}");
        // Somebody who wants an empty one can have it.
        fs::remove_file(beside(&database.path(), ".initialized")).unwrap();
        start().await.map(drop).unwrap();
    }
}
