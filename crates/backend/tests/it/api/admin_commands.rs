//! `onboarding-backend admin …`.

use std::process::Stdio;

use reqwest::StatusCode;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::harness::{Database, Instance, PASSWORD, Send as _, alone};
use super::processes::LIMIT;

/// Runs `admin` with `arguments` on `database`, `input` at its standard input: exit code, standard output and error.
async fn admin(database: &Database, arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_onboarding-backend"));
    command.arg("admin").args(arguments).env_clear().env("DATABASE_URL", database.url());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A command that wants no input may have ended by then.
    drop(stdin.write_all(input.as_bytes()).await);
    drop(stdin);
    let output = tokio::time::timeout(LIMIT, child.wait_with_output()).await.unwrap().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

async fn log_in(instance: &Instance, email: &str, password: &str) -> StatusCode {
    let body = json!({"email": email, "password": password});
    instance.post("/api/auth/login", &body).done().await.status
}

#[tokio::test]
async fn an_account_is_made_and_changed_at_the_command_line() {
    let (instance, database) = alone().await;
    let create = ["create-user", "Root@Example.com", "--name", "The First", "--role", "admin"];
    let (code, out, err) = admin(&database, &create, &format!("{PASSWORD}\r\n")).await;
    assert!(code == 0 && out.contains("made the account Root@Example.com (admin, "), "{out}{err}");
    let session = json!({"email": "root@example.com", "password": PASSWORD});
    let session = instance.post("/api/auth/login", &session).answer(StatusCode::OK).await;
    assert_eq!(session.body["user"]["role"], "admin");
    let token = session.body["access_token"].as_str().unwrap();
    let audit = instance.get("/api/admin/audit?action=user.created").bearer_auth(token);
    let audit = audit.answer(StatusCode::OK).await;
    let row = &audit.body["items"][0];
    assert_eq!(row["actor"], json!({"kind": "command_line", "id": null, "email": null}));
    assert_eq!((&row["user_id"], &row["subject"]), (&session.body["user"]["id"], &json!("admin")));

    let (code, _, err) = admin(&database, &["set-role", "ROOT@example.com", "user"], "").await;
    assert!(code == 1 && err.contains("is the last account that can act as an admin"), "{err}");
    let person = instance.register().await;
    let (code, out, err) = admin(&database, &["set-role", &person.email, "admin"], "").await;
    assert!(code == 0 && out.contains("has the role admin"), "{out}{err}");
    let call = instance.get("/api/admin/funnel").bearer_auth(&person.access_token);
    call.answer(StatusCode::OK).await;

    let (code, out, err) = admin(&database, &["reset-password", &person.email], "another good phrase").await;
    assert!(code == 0 && out.contains("has a new password"), "{out}{err}");
    assert_eq!(log_in(&instance, &person.email, PASSWORD).await, StatusCode::UNAUTHORIZED);
    assert_eq!(log_in(&instance, &person.email, "another good phrase").await, StatusCode::OK);
    let refresh = instance.post("/api/auth/refresh", &json!({"refresh_token": person.refresh_token}));
    refresh.problem(401, "refresh_token_invalid").await;

    let (code, out, _) = admin(&database, &["list"], "").await;
    let lines: Vec<_> = out.lines().map(|line| line.split('\t').collect::<Vec<_>>()).collect();
    assert_eq!((code, lines.len()), (0, 3), "{out}");
    assert_eq!(lines[0], ["ADDRESS", "ROLE", "STATUS", "VERIFIED", "REGISTERED", "NAME"]);
    assert_eq!((lines[1][0], lines[2][0]), (person.email.as_str(), "Root@Example.com"));
    let (_, out, _) = admin(&database, &["list", "root", "--role", "admin"], "").await;
    assert_eq!(out.lines().count(), 2, "{out}");
}

#[tokio::test]
async fn an_account_that_was_guessed_at_is_unlocked() {
    let (instance, database) = alone().await;
    let person = instance.register().await;
    log_in(&instance, &person.email, "a wrong password").await;
    // As if it had been many. What is counted by the client's address is forgiven sooner, and stays as it is.
    let many = "UPDATE guesses SET owed_until = owed_until + 36000000
                WHERE owed_until = (SELECT MAX(owed_until) FROM guesses)";
    rusqlite::Connection::open(database.path()).unwrap().execute_batch(many).unwrap();
    assert_eq!(log_in(&instance, &person.email, PASSWORD).await, StatusCode::TOO_MANY_REQUESTS);
    let (code, out, err) = admin(&database, &["unlock", &person.email.to_uppercase()], "").await;
    assert!(code == 0 && out.contains("need not wait"), "{out}{err}");
    assert_eq!(log_in(&instance, &person.email, PASSWORD).await, StatusCode::OK);
    assert_eq!(database.count("audit_log WHERE action = 'user.unlocked'"), 1);
    let (code, _, err) = admin(&database, &["unlock", "nobody@example.com"], "").await;
    assert!(code == 1 && err.contains("there is no account"), "{err}");
}

#[tokio::test]
async fn what_cannot_be_done_is_told() {
    let (_instance, database) = alone().await;
    let create = |email| ["create-user", email, "--name", "Somebody"];
    let (code, ..) = admin(&database, &create("ada@example.com"), PASSWORD).await;
    assert_eq!(code, 0);
    for (arguments, input, expected) in [
        (&create("ADA@example.com")[..], PASSWORD, "there is already an account with the address"),
        (&create("eve@example.com"), "", "there is no password on standard input"),
        (&create("eve@example.com"), "short", "the password must"),
        (&create("eve@example.com"), "eve@example.com", "the password must"),
        (
            &["set-role", "eve@example.com", "admin"],
            "",
            "there is no account with the address eve@example.com",
        ),
        (&["reset-password", "eve@example.com"], PASSWORD, "there is no account with the address"),
    ] {
        let (code, out, err) = admin(&database, arguments, input).await;
        assert!(code == 1 && out.is_empty() && err.contains(expected), "{arguments:?}: {out}{err}");
        assert!(input.is_empty() || input.contains('@') || !err.contains(input), "{err}");
    }
    assert_eq!(database.count("users"), 1);
    for arguments in [
        &["create-user", "no-address", "--name", "x"][..],
        &["create-user", "eve@example.com"],
        &["create-user", "eve@example.com", "--name", "x", "--password", "secret-in-argument"],
        &["set-role", "ada@example.com", "root"],
        &["nonsense"],
        &[],
    ] {
        let (code, _, err) = admin(&database, arguments, "").await;
        assert!(code == 2 && (err.contains("Usage") || err.contains("--help")), "{arguments:?}: {err}");
    }
    let (code, out, _) = admin(&database, &["create-user", "--help"], "").await;
    assert!(code == 0 && out.contains("standard input"), "{out}");
}

#[tokio::test]
async fn a_database_that_is_not_there_is_told() {
    let database = Database::new();
    let (code, _, err) = admin(&database, &["list"], "").await;
    assert!(code == 1 && err.contains("cannot open the database"), "{err}");
    rusqlite::Connection::open(database.path()).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    let (code, _, err) = admin(&database, &["list"], "").await;
    assert!(code == 1 && err.contains("database"), "{err}");
}

#[tokio::test]
async fn a_lost_second_factor_is_removed_at_the_command_line() {
    let (instance, database) = alone().await;
    let protected = super::authenticator::protected(&instance).await;
    let email = protected.person.email;
    assert_eq!(log_in(&instance, &email, PASSWORD).await, StatusCode::UNAUTHORIZED);
    let (code, out, err) = admin(&database, &["remove-second-factor", &email], "").await;
    assert!(code == 0 && out.contains("logs in by the password alone"), "{out}{err}");
    assert_eq!(log_in(&instance, &email, PASSWORD).await, StatusCode::OK);
    let (code, out, _) = admin(&database, &["remove-second-factor", &email], "").await;
    assert!(code == 0 && out.contains("has no second factor"), "{out}");
    let removed = "audit_log WHERE action = 'second_factor.removed' AND actor_id LIKE '00000000-%'";
    assert_eq!(database.count(removed), 1);
    assert_eq!(database.count("recovery_codes"), 0);
}
