//! Accounts from one address, and digits over several mails.

use futures::future::join_all;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::json;

use super::harness::{Database, Instance, PASSWORD, Send as _, alone, registration};
use super::mailbox::Mailbox;

fn register(instance: &Instance, address: &str) -> RequestBuilder {
    instance.post("/api/auth/register", &registration()).header("x-forwarded-for", address)
}

#[tokio::test]
async fn an_address_of_the_internet_makes_some_accounts_at_once_and_then_waits() {
    let database = Database::new();
    let instances = join_all((0..3).map(|_| Instance::start(&database))).await;
    register(&instances[0], "198.51.100.7").answer(StatusCode::CREATED).await;
    assert_eq!(database.count("guesses"), 1);
    // 299 others, the last one in a minute.
    database.execute("UPDATE guesses SET owed_until = owed_until + 3648000, failed_at = failed_at + 60000");
    for instance in &instances {
        let refused = register(instance, "198.51.100.7").problem(429, "too_many_attempts").await;
        let wait: u64 = refused.header("retry-after").parse().unwrap();
        assert!((30..=61).contains(&wait), "{wait}");
    }
    for address in ["198.51.100.8", "127.0.0.1", "172.18.0.1"] {
        register(&instances[1], address).answer(StatusCode::CREATED).await;
    }
    assert_eq!(database.count("guesses"), 2, "near ones are not counted");
    database.execute("UPDATE guesses SET owed_until = owed_until - 72000, failed_at = failed_at - 72000");
    register(&instances[2], "198.51.100.7").answer(StatusCode::CREATED).await;
}

#[tokio::test]
async fn wrong_digits_are_counted_over_all_mails_and_instances() {
    let database = Database::new();
    let instances = join_all((0..3).map(|_| Instance::start(&database))).await;
    let mailbox = Mailbox::of(&database);
    let person = instances[0].register().await;
    let verify = |number: usize, digits: &str| {
        let call = instances[number % 3].post("/api/auth/email/verify", &json!({"code": digits}));
        call.bearer_auth(&person.access_token)
    };
    let wrong = |digits: &str| if digits == "000000" { "000001" } else { "000000" };
    let (digits, _) = mailbox.last_code(&person.email);
    for number in 0..5 {
        verify(number, wrong(&digits)).problem(422, "invalid_code").await;
    }
    verify(5, wrong(&digits)).problem(410, "token_expired").await;
    database.execute("UPDATE one_time_codes SET created_at = created_at - 61000");
    let resend = instances[1].call(reqwest::Method::POST, "/api/auth/email/resend");
    resend.bearer_auth(&person.access_token).answer(StatusCode::ACCEPTED).await;
    let (digits, token) = mailbox.last_code(&person.email);
    database.execute("UPDATE guesses SET owed_until = owed_until + 60000, failed_at = failed_at + 60000");
    // The right ones have to wait, too: whoever guesses learns nothing.
    for (number, digits) in [wrong(&digits), &digits].into_iter().enumerate() {
        verify(number, digits).problem(429, "too_many_attempts").await;
    }
    database.execute("UPDATE guesses SET owed_until = owed_until - 70000, failed_at = failed_at - 70000");
    verify(2, wrong(&digits)).problem(422, "invalid_code").await;
    // The link cannot be guessed.
    instances[0]
        .post("/api/auth/email/verify", &json!({"token": token}))
        .answer(StatusCode::NO_CONTENT)
        .await;
}

#[tokio::test]
async fn a_wrong_current_password_is_counted_and_audited() {
    let (instance, database) = alone().await;
    let person = instance.register().await;
    let wrong = "wrong horse battery";
    let calls = [
        (
            "/api/auth/password/change",
            json!({"current_password": wrong, "new_password": "another good phrase"}),
        ),
        ("/api/auth/email/change", json!({"current_password": wrong, "new_email": "other@example.com"})),
    ];
    for (path, body) in &calls {
        let call = instance.post(path, body).bearer_auth(&person.access_token);
        call.problem(401, "invalid_credentials").await;
    }
    let close =
        instance.call(reqwest::Method::DELETE, "/api/account").json(&json!({"current_password": wrong}));
    close.bearer_auth(&person.access_token).problem(401, "invalid_credentials").await;
    let audited = "audit_log a JOIN users u ON u.id = a.user_id JOIN sessions s ON s.id = a.subject
        WHERE a.action = 'password.check_failed' AND a.address = '127.0.0.1'";
    assert_eq!((database.count(audited), database.count("guesses")), (3, 1));
    database.execute("UPDATE guesses SET owed_until = owed_until + 36000000, failed_at = failed_at + 60000");
    let right = json!({"current_password": PASSWORD, "new_password": "another good phrase"});
    let change = || instance.post("/api/auth/password/change", &right).bearer_auth(&person.access_token);
    change().problem(429, "too_many_attempts").await;
    database.execute("DELETE FROM guesses");
    change().answer(StatusCode::NO_CONTENT).await;
}
