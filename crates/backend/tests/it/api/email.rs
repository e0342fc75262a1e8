//! Proving that mail reaches a person, and changing where it goes.

use backend::domain::Language;
use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::harness::{Database, Instance, PASSWORD, Person, Send as _, alone, registration};
use super::mailbox::Mailbox;

fn another(digits: &str) -> String {
    if digits == "000000" { "000001".into() } else { "000000".into() }
}

async fn is_verified(instance: &Instance, person: &Person) -> Value {
    let me = instance.get("/api/auth/me").bearer_auth(&person.access_token);
    me.answer(StatusCode::OK).await.body["email_verified"].clone()
}

#[tokio::test]
async fn a_registration_sends_a_code_that_verifies_the_address_once() {
    let (instance, database) = alone().await;
    let mailbox = Mailbox::of(&database);
    let person = instance.register().await;
    let (digits, _) = mailbox.last_code(&person.email);
    assert_eq!(mailbox.kinds(&person.email), ["verify_email"]);
    assert_eq!(is_verified(&instance, &person).await, false);
    let verify = |body: Value| instance.post("/api/auth/email/verify", &body);
    let by_digits = |digits: &str| verify(json!({"code": digits})).bearer_auth(&person.access_token);
    verify(json!({"code": digits})).problem(401, "token_missing").await;
    let wrong = by_digits(&another(&digits)).problem(422, "invalid_code").await;
    assert!(wrong.body["detail"].as_str().unwrap().contains("4 more tries"), "{wrong:?}");
    let spaced = format!("{} {}", &digits[..3], &digits[3..]);
    by_digits(&spaced).answer(StatusCode::NO_CONTENT).await;
    assert_eq!(is_verified(&instance, &person).await, true);
    by_digits(&digits).problem(410, "token_used").await;

    let other = instance.register().await;
    let (_, token) = mailbox.last_code(&other.email);
    verify(json!({"token": token})).answer(StatusCode::NO_CONTENT).await;
    assert_eq!(is_verified(&instance, &other).await, true);
    verify(json!({"token": token})).problem(410, "token_used").await;
    verify(json!({"token": "never given"})).problem(410, "token_expired").await;
    for body in [json!({}), json!({"code": "12345"}), json!({"code": digits, "token": token})] {
        verify(body).problem(422, "validation_failed").await;
    }
}

#[tokio::test]
async fn the_first_mail_is_in_the_language_that_was_chosen_or_else_in_one_that_the_client_accepts() {
    let (instance, database) = alone().await;
    let mailbox = Mailbox::of(&database);
    for (chosen, accepted, expected) in [
        (Some("de"), None, Some("de")),
        (Some("en-GB"), Some("de"), Some("en-GB")),
        (None, Some("fr, en;q=0.1, de-AT;q=0.7"), Some("de-AT")),
        (None, Some("fr, *"), None),
        (None, None, None),
    ] {
        let mut body = registration();
        body["language"] = json!(chosen);
        let register = instance.post("/api/auth/register", &body);
        let register =
            accepted.into_iter().fold(register, |call, value| call.header("accept-language", value));
        let user = register.answer(StatusCode::CREATED).await.body["user"].clone();
        let mail = mailbox.to(user["email"].as_str().unwrap()).pop().unwrap();
        assert_eq!(mail.content.kind(), "verify_email");
        let told = (user["language"].as_str(), mail.language.as_ref().map(Language::as_str));
        assert_eq!(told, (expected, expected.or(Some("en"))), "{chosen:?} {accepted:?}");
    }
    for (language, reason) in [
        (json!("fr"), "must be one of en, de"),
        (json!("de_AT"), "must be a language tag like en or pt-BR, at most 35 characters long"),
        (json!(7), "must be a string"),
    ] {
        let mut body = registration();
        body["language"] = language;
        let refused = instance.post("/api/auth/register", &body).problem(422, "validation_failed").await;
        assert_eq!(refused.body["errors"], json!({"language": [reason]}));
    }
}

#[tokio::test]
async fn one_code_used_many_times_at_once_over_three_instances_succeeds_once() {
    let database = Database::new();
    let instances = join_all((0..3).map(|_| Instance::start(&database))).await;
    let mailbox = Mailbox::of(&database);
    for by_digits in [true, false] {
        let person = instances[0].register().await;
        let (digits, token) = mailbox.last_code(&person.email);
        let body = if by_digits { json!({"code": digits}) } else { json!({"token": token}) };
        let uses = (0..20).map(|number| {
            let verify = instances[number % 3].post("/api/auth/email/verify", &body);
            verify.bearer_auth(&person.access_token).done()
        });
        let answers = join_all(uses).await;
        let count = |status: u16| answers.iter().filter(|answer| answer.status.as_u16() == status).count();
        assert_eq!((count(204), count(410)), (1, 19), "{answers:?}");
    }
    let audited = "audit_log WHERE action = 'email.verified'";
    assert_eq!(database.count(audited), 2);
}

#[tokio::test]
async fn guessing_kills_the_digits_but_not_the_link() {
    let (instance, database) = alone().await;
    let mailbox = Mailbox::of(&database);
    let person = instance.register().await;
    let (digits, token) = mailbox.last_code(&person.email);
    let verify =
        |body: Value| instance.post("/api/auth/email/verify", &body).bearer_auth(&person.access_token);
    let wrong = json!({"code": another(&digits)});
    let guesses = join_all((0..30).map(|_| verify(wrong.clone()).done())).await;
    // 422 while the digits live, 410 once they are dead, 429 where the account has guessed too often.
    assert!(guesses.iter().all(|answer| [410, 422, 429].contains(&answer.status.as_u16())), "{guesses:?}");
    let right = verify(json!({"code": digits})).done().await;
    assert!([410, 429].contains(&right.status.as_u16()), "{right:?}");
    // A repeated request counts once.
    let other = instance.register().await;
    let (digits, _) = mailbox.last_code(&other.email);
    let keyed = || {
        let guess = instance.post("/api/auth/email/verify", &json!({"code": another(&digits)}));
        guess.bearer_auth(&other.access_token).header("idempotency-key", "one-guess")
    };
    for _ in 0..10 {
        keyed().problem(422, "invalid_code").await;
    }
    let right = instance.post("/api/auth/email/verify", &json!({"code": digits}));
    right.bearer_auth(&other.access_token).answer(StatusCode::NO_CONTENT).await;
    verify(json!({"token": token})).answer(StatusCode::NO_CONTENT).await;
}

#[tokio::test]
async fn a_mail_is_sent_again_but_not_at_once() {
    let (instance, database) = alone().await;
    let mailbox = Mailbox::of(&database);
    let person = instance.register().await;
    let (first, _) = mailbox.last_code(&person.email);
    let resend =
        || instance.call(reqwest::Method::POST, "/api/auth/email/resend").bearer_auth(&person.access_token);
    let throttled = resend().problem(429, "too_many_requests").await;
    let seconds: u64 = throttled.header("retry-after").parse().unwrap();
    assert!((50..=61).contains(&seconds), "{seconds}");
    database.execute("UPDATE one_time_codes SET created_at = created_at - 61000");
    let answers = join_all((0..10).map(|_| resend().done())).await;
    let sent = answers.iter().filter(|answer| answer.status == StatusCode::ACCEPTED).count();
    assert_eq!(sent, 1, "{answers:?}");
    assert_eq!(mailbox.kinds(&person.email), ["verify_email", "verify_email"]);

    let (second, token) = mailbox.last_code(&person.email);
    let by_digits = |digits: &str| {
        let verify = instance.post("/api/auth/email/verify", &json!({"code": digits}));
        verify.bearer_auth(&person.access_token)
    };
    if first != second {
        by_digits(&first).problem(410, "token_expired").await;
    }
    database.execute("UPDATE one_time_codes SET expires_at = created_at");
    by_digits(&second).problem(410, "token_expired").await;
    let late = instance.post("/api/auth/email/verify", &json!({"token": token}));
    late.problem(410, "token_expired").await;
    database.execute("UPDATE users SET email_verified_at = created_at");
    resend().answer(StatusCode::ACCEPTED).await;
    assert_eq!(mailbox.to(&person.email).len(), 2, "nothing is sent to a verified address");
}

#[tokio::test]
async fn an_account_moves_to_an_address_that_proves_to_be_read() {
    let (instance, database) = alone().await;
    let mailbox = Mailbox::of(&database);
    let (person, other) = (instance.register().await, instance.register().await);
    let change = |email: &str, password: &str| {
        let body = json!({"new_email": email, "current_password": password});
        instance.post("/api/auth/email/change", &body).bearer_auth(&person.access_token)
    };
    let new_email = registration()["email"].as_str().unwrap().to_owned();
    change(&new_email, "wrong horse battery").problem(401, "invalid_credentials").await;
    let same = change(&person.email.to_uppercase(), PASSWORD).problem(422, "validation_failed").await;
    assert!(same.body["errors"]["new_email"].is_array(), "{same:?}");

    // Whether an address is taken is not told to the asker.
    change(&other.email, PASSWORD).answer(StatusCode::ACCEPTED).await;
    let (_, token) = mailbox.last_code(&other.email);
    let verify =
        |body: Value| instance.post("/api/auth/email/verify", &body).bearer_auth(&person.access_token);
    verify(json!({"token": token})).problem(409, "email_taken").await;

    database.execute("UPDATE one_time_codes SET created_at = created_at - 61000");
    change(&new_email, PASSWORD).answer(StatusCode::ACCEPTED).await;
    let (digits, token) = mailbox.last_code(&new_email);
    assert_eq!(mailbox.kinds(&new_email), ["email_change_confirm"]);
    verify(json!({"code": digits})).answer(StatusCode::NO_CONTENT).await;
    verify(json!({"token": token})).problem(410, "token_used").await;
    assert_eq!(mailbox.kinds(&person.email), ["verify_email", "email_changed_notice"]);
    let login =
        |email: &str| instance.post("/api/auth/login", &json!({"email": email, "password": PASSWORD}));
    login(&person.email).problem(401, "invalid_credentials").await;
    let session = login(&new_email).answer(StatusCode::OK).await;
    assert_eq!(session.body["user"]["email"], new_email);
    assert_eq!(session.body["user"]["email_verified"], true);
}
