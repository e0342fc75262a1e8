//! Instances whose hosts' clocks differ: what one stamps, another judges.

use reqwest::StatusCode;
use serde_json::json;
use testkit::Process;
use tokio::process::Command;

use super::harness::{Database, Person, Send as _, registration};
use super::processes::{LIMIT, address, program};

const FAKETIME: &str = "/usr/bin/faketime";

/// An instance whose clock is so many seconds off.
async fn instance(url: &str, seconds: i32) -> (Process, String) {
    let settings = [("DATABASE_URL", url), ("HASH_THREADS", "1"), ("ACCESS_TOKEN_TTL", "20s")];
    let plain = program("serve", &settings);
    let mut command = Command::new(FAKETIME);
    command.env_clear().args(["-f", &format!("{seconds:+}s")]);
    command.arg(plain.as_std().get_program()).args(plain.as_std().get_args());
    command.envs(plain.as_std().get_envs().filter_map(|(name, value)| Some((name, value?))));
    let process = Process::spawn(command).unwrap();
    let at = address(&process).await;
    (process, at)
}

#[tokio::test]
async fn nothing_breaks_while_they_differ_by_30_seconds() {
    if !std::path::Path::new(FAKETIME).exists() {
        println!("skipped: {FAKETIME} is not there, which sets a process's clock");
        return;
    }
    let database = Database::new();
    let url = database.url();
    // Sixty seconds between them, six times the grace and three times the life of an access token.
    let instances = [instance(&url, -30).await, instance(&url, 0).await, instance(&url, 30).await];
    let client = reqwest::Client::new();
    let post = |at: &str, path: &str| client.post(format!("http://{at}{path}")).timeout(LIMIT);
    for (_, stamps) in &instances {
        for (_, judges) in &instances {
            let shown = format!("stamped:{stamps},judged:{judges}");
            let body = registration();
            let register =
                |at: &str| post(at, "/api/auth/register").header("idempotency-key", &shown).json(&body);
            let registered = register(stamps).answer(StatusCode::CREATED).await;
            assert_eq!(register(judges).done().await.text, registered.text, "{shown}: another answer");
            let person = Person::from(registered);
            let me = client.get(format!("http://{judges}/api/auth/me")).bearer_auth(&person.access_token);
            assert_eq!(me.done().await.status, 200, "{shown}: the access token");
            let refresh = async |at: &str, token: &str| {
                post(at, "/api/auth/refresh").json(&json!({"refresh_token": token})).done().await
            };
            let first = refresh(stamps, &person.refresh_token).await;
            assert_eq!(first.status, 200, "{shown}: {first:?}");
            let again = refresh(judges, &person.refresh_token).await;
            assert_eq!(again.status, 200, "{shown}: the parent in its grace: {again:?}");
            assert_eq!(again.body["refresh_token"], first.body["refresh_token"], "{shown}: a branch");
            let newest = Person::from(again);
            let next = refresh(judges, &newest.refresh_token).await;
            assert_eq!(next.status, 200, "{shown}: {next:?}");
            // The parent's successor has been replaced: whoever comes with the parent now is a thief.
            assert_eq!(refresh(stamps, &person.refresh_token).await.status, 401, "{shown}");
        }
    }
}
