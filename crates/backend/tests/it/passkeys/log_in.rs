//! Registering a passkey and logging in by it, at any instance.

use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::json;

use super::super::api::authenticator::switch_on;
use super::super::api::harness::{Database, Person, SECRET, Send as _, check_problem};
use super::super::api::mailbox::Mailbox;
use super::*;

/// `acr` of an access token.
fn level(token: &str) -> String {
    use service_kit::config::Secret;
    use service_kit::jwt::Keyring;
    let keyring = Keyring::new(&Secret::new(SECRET), &[]).unwrap();
    keyring.open(token, time::OffsetDateTime::now_utc().unix_timestamp()).unwrap().acr.unwrap()
}

#[tokio::test]
async fn a_passkey_logs_in_without_a_name_and_without_a_second_factor() {
    let database = Database::new();
    let (instance, other) = (instance(&database).await, instance(&database).await);
    let (mailbox, person) = (Mailbox::of(&database), instance.register().await);
    let token = &person.access_token;
    let begin = instance.get("/api/auth/passkeys/registration").bearer_auth(token);
    let begun = begin.answer(StatusCode::OK).await;
    assert_eq!(begun.header("cache-control"), "no-store");
    let options = &begun.body["public_key"];
    assert_eq!(begun.body["expires_in"], 300);
    assert_eq!(
        (&options["rp"]["id"], &options["user"]["name"]),
        (&json!("app.example.com"), &json!(person.email))
    );
    let selection = &options["authenticatorSelection"];
    assert_eq!(
        (&selection["residentKey"], &selection["requireResidentKey"], &selection["userVerification"]),
        (&json!("required"), &json!(true), &json!("required"))
    );
    assert_eq!((&options["attestation"], &options["timeout"]), (&json!("none"), &json!(300_000)));
    // Begun by one instance, finished by another; a repetition gets the first answer.
    let mut device = Device::new();
    let credential = device.create(options).await;
    let body = json!({"challenge_token": begun.body["challenge_token"], "credential": credential, "name": " My laptop "});
    let add = || bearer(&other, token, PASSKEYS, &body).header("idempotency-key", "add");
    let added = add().answer(StatusCode::CREATED).await;
    assert_eq!(add().answer(StatusCode::CREATED).await.text, added.text);
    assert_eq!((&added.body["name"], &added.body["last_used_at"]), (&json!("My laptop"), &json!(null)));

    // A second factor is not asked for, since the passkey is two in one.
    switch_on(&instance, token).await;
    let guesses = database.count("guesses");
    let asked = ask(&instance).await;
    let options = &asked["public_key"];
    assert_eq!(
        (&options["rpId"], &options["userVerification"]),
        (&json!("app.example.com"), &json!("required"))
    );
    assert_eq!(options["allowCredentials"], json!([]), "no account is named");
    let signed = device.get(options).await;
    let log_in = || finish(&other, &asked, &signed).header("idempotency-key", "log-in");
    let session = log_in().answer(StatusCode::OK).await;
    assert_eq!(log_in().answer(StatusCode::OK).await.text, session.text, "a repetition is the same log-in");
    assert_eq!(session.body["user"]["email"], person.email);
    let session = Person::from(session);
    assert_eq!(level(&session.access_token), "aal2");
    finish(&instance, &asked, &signed).problem(410, "passkey_challenge_used").await;
    assert_eq!(super::log_in(&instance, &mut device).await.status, StatusCode::OK, "the key goes on");

    let sessions = instance.get("/api/auth/sessions").bearer_auth(&session.access_token);
    let sessions = sessions.answer(StatusCode::OK).await.body;
    let methods: Vec<_> = sessions["items"].as_array().unwrap().iter().map(|item| &item["method"]).collect();
    assert_eq!(methods, ["passkey", "passkey", "password"]);
    let shown = listed(&instance, token).await;
    assert!(shown["items"][0]["last_used_at"].is_string() && shown["items"][0]["disabled_at"].is_null());
    assert_eq!((&shown["rp_id"], &shown["origin"]), (&json!("app.example.com"), &json!(ORIGIN)));
    assert_eq!(mailbox.kinds(&person.email), ["verify_email", "way_in_added", "second_factor"]);
    assert_eq!((audited(&database, "passkey.added"), audited(&database, "passkey.refused")), (1, 0));
    assert_eq!(database.count("audit_log WHERE action = 'user.logged_in' AND subject LIKE '% passkey'"), 2);
    assert_eq!(database.count("guesses"), guesses, "what was right is not counted");
}

#[tokio::test]
async fn a_browser_gets_cookies_and_is_known_from_then_on() {
    let database = Database::new();
    let instance = instance(&database).await;
    let (_, mut device, _) = owner(&instance).await;
    let asked = ask(&instance).await;
    let signed = device.get(&asked["public_key"]).await;
    let body =
        json!({"challenge_token": asked["challenge_token"], "credential": signed, "session": "cookie"});
    let session = instance.post(LOGIN, &body).answer(StatusCode::OK).await;
    assert!(session.body["refresh_token"].is_null());
    let cookies: Vec<_> =
        session.headers.get_all("set-cookie").iter().map(|set| set.to_str().unwrap()).collect();
    for name in ["refresh_token=", "device="] {
        assert!(
            cookies.iter().any(|set| set.contains(name) && set.contains("HttpOnly")),
            "{name}: {cookies:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_challenge_answered_at_two_instances_at_once_is_one_log_in() {
    let database = Database::new();
    let instances = [instance(&database).await, instance(&database).await];
    for counts in [true, false] {
        let person = instances[0].register().await;
        let begun = begin(&instances[0], &person.access_token).await;
        let mut device = Device { counts, ..Device::new() };
        let credential = device.create(&begun["public_key"]).await;
        // The registration, too, is done once.
        let tries =
            instances.iter().map(|instance| add(instance, &person.access_token, &begun, &credential).done());
        let answers = join_all(tries).await;
        let (won, lost): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.status == StatusCode::CREATED);
        assert_eq!((won.len(), lost.len()), (1, 1), "{answers:?}");
        check_problem(lost[0], 410, "passkey_challenge_used");
        for _ in 0..5 {
            let asked = ask(&instances[0]).await;
            let signed = device.get(&asked["public_key"]).await;
            let tries = (0..6).map(|number| finish(&instances[number % 2], &asked, &signed).done());
            let answers = join_all(tries).await;
            let (won, lost): (Vec<_>, Vec<_>) =
                answers.iter().partition(|answer| answer.status == StatusCode::OK);
            assert_eq!(won.len(), 1, "{answers:?}");
            for answer in lost {
                check_problem(answer, 410, "passkey_challenge_used");
            }
        }
        let shown = listed(&instances[0], &person.access_token).await;
        assert!(shown["items"][0]["disabled_at"].is_null(), "a repetition is no copy");
    }
    assert_eq!((database.count("passkeys"), database.count("passkey_challenges")), (2, 12));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_passkey_on_many_devices_at_once_logs_all_of_them_in() {
    let database = Database::new();
    let instances = [instance(&database).await, instance(&database).await];
    let person = instances[0].register().await;
    let begun = begin(&instances[0], &person.access_token).await;
    // As keys do that are on several devices.
    let mut device = Device { counts: false, ..Device::new() };
    let credential = device.create(&begun["public_key"]).await;
    add(&instances[0], &person.access_token, &begun, &credential).answer(StatusCode::CREATED).await;
    let mut copies = [device.clone(), device];
    let [first, second] = &mut copies;
    let answers = join_all([log_in(&instances[0], first), log_in(&instances[1], second)]).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK), "{answers:?}");
}
