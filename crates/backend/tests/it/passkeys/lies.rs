//! What must not be believed, and how that is told.

use reqwest::StatusCode;
use serde_json::json;

use super::super::api::harness::{Database, PASSWORD, Send as _};
use super::super::api::mailbox::Mailbox;
use super::*;

/// What an authenticator says for `options` after they were changed by `change`.
async fn said(device: &mut Device, options: &Value, change: impl Fn(&mut Value)) -> Value {
    let mut options = options.clone();
    change(&mut options);
    if options["rp"].is_object() { device.create(&options).await } else { device.get(&options).await }
}

#[tokio::test]
async fn a_registration_that_is_not_as_it_was_asked_for_is_refused() {
    let database = Database::new();
    let instance = instance(&database).await;
    let (person, other) = (instance.register().await, instance.register().await);
    let token = &person.access_token;
    let begun = begin(&instance, token).await;
    let options = &begun["public_key"];
    let wrong = async |device: Device, change: fn(&mut Value), status, code| {
        let credential = said(&mut device.clone(), options, change).await;
        add(&instance, token, &begun, &credential).problem(status, code).await;
    };
    let keep = |_: &mut Value| {};
    let elsewhere = Device { origin: "https://app.example.com:8443", ..Device::new() };
    wrong(elsewhere, keep, 403, "passkey_wrong_origin").await;
    wrong(Device::new(), |options| options["rp"]["id"] = json!("example.com"), 403, "passkey_wrong_rp").await;
    let unknown = Device { is_recognized: false, ..Device::new() };
    let careless =
        |options: &mut Value| options["authenticatorSelection"]["userVerification"] = json!("discouraged");
    wrong(unknown, careless, 403, "passkey_user_not_verified").await;
    let random = |options: &mut Value| options["challenge"] = json!("A".repeat(43));
    wrong(Device::new(), random, 401, "passkey_challenge_mismatch").await;

    let mut device = Device::new();
    let good = device.create(options).await;
    let mut shallow = good.clone();
    shallow["clientExtensionResults"] = json!({"credProps": {"rk": false}});
    add(&instance, token, &begun, &shallow).problem(409, "passkey_not_discoverable").await;
    let mut cut = good.clone();
    cut["response"]["attestationObject"] = json!("AAAA");
    add(&instance, token, &begun, &cut).problem(401, "passkey_refused").await;
    let refused = add(&instance, token, &begun, &json!({"id": 7})).problem(422, "validation_failed").await;
    assert!(refused.body["errors"]["credential"].is_array());
    let refused = bearer(&instance, token, PASSKEYS, &json!({})).problem(422, "validation_failed").await;
    for field in ["challenge_token", "credential"] {
        assert_eq!(refused.body["errors"][field], json!(["is required"]));
    }
    let forged = json!({"challenge_token": "x.y"});
    add(&instance, token, &forged, &good).problem(410, "passkey_challenge_expired").await;
    // A token for a log-in is none for a registration, and that of one session is none of another.
    let asked = ask(&instance).await;
    add(&instance, token, &asked, &good).problem(410, "passkey_challenge_expired").await;
    add(&instance, &other.access_token, &begun, &good).problem(403, "passkey_challenge_foreign").await;
    assert_eq!(database.count("passkeys"), 0);
    add(&instance, token, &begun, &good).answer(StatusCode::CREATED).await;
    // The same credential, for a new challenge: somebody has copied it, or the browser did not mind what was excluded.
    let again = begin(&instance, &other.access_token).await;
    let mut twin = Device::new();
    let mut credential = twin.create(&again["public_key"]).await;
    add(&instance, &other.access_token, &again, &credential).answer(StatusCode::CREATED).await;
    let once_more = begin(&instance, &other.access_token).await;
    let excluded = once_more["public_key"]["excludeCredentials"].as_array().unwrap();
    assert_eq!(excluded.len(), 1);
    assert_eq!(excluded[0]["id"], credential["id"]);
    // The answer to the new challenge, for the key that is there.
    credential["response"]["clientDataJSON"] =
        Device::new().create(&once_more["public_key"]).await["response"]["clientDataJSON"].clone();
    let taken = add(&instance, &other.access_token, &once_more, &credential);
    taken.problem(409, "passkey_registered").await;
    assert_eq!(audited(&database, "passkey.added"), 2);
}

#[tokio::test]
async fn a_log_in_that_is_not_as_it_was_asked_for_is_refused() {
    let database = Database::new();
    let instance = instance(&database).await;
    let (_, device, _) = owner(&instance).await;
    let (_, stranger, _) = owner(&instance).await;
    let asked = ask(&instance).await;
    let options = &asked["public_key"];
    let wrong = async |device: Device, change: fn(&mut Value), status, code| {
        let credential = said(&mut device.clone(), options, change).await;
        finish(&instance, &asked, &credential).problem(status, code).await;
    };
    let keep = |_: &mut Value| {};
    let elsewhere = Device { origin: "https://app.example.com:8443", ..device.clone() };
    wrong(elsewhere, keep, 403, "passkey_wrong_origin").await;
    wrong(device.clone(), |options| options["rpId"] = json!("example.com"), 403, "passkey_wrong_rp").await;
    let unknown = Device { is_recognized: false, ..device.clone() };
    let careless = |options: &mut Value| options["userVerification"] = json!("discouraged");
    wrong(unknown, careless, 403, "passkey_user_not_verified").await;
    let random = |options: &mut Value| options["challenge"] = json!("A".repeat(43));
    wrong(device.clone(), random, 401, "passkey_challenge_mismatch").await;

    let good = device.clone().get(options).await;
    let change = |pointer: &str, value: Value| {
        let mut credential = good.clone();
        *credential.pointer_mut(pointer).unwrap() = value;
        credential
    };
    let theirs = stranger.clone().get(options).await;
    for (credential, code) in [
        (change("/rawId", json!("AAAAAAAAAAAAAAAAAAAAAA")), "unknown_passkey"),
        (change("/response/signature", theirs["response"]["signature"].clone()), "passkey_refused"),
        (change("/response/userHandle", theirs["response"]["userHandle"].clone()), "passkey_refused"),
        (change("/response/userHandle", json!(null)), "passkey_refused"),
    ] {
        let refused = finish(&instance, &asked, &credential).problem(401, code).await;
        assert_eq!(refused.header("www-authenticate"), "Bearer");
    }
    assert_eq!(audited(&database, "passkey.refused"), 8);
    finish(&instance, &json!({"challenge_token": "x.y"}), &good)
        .problem(410, "passkey_challenge_expired")
        .await;
    // None of it has used the challenge up.
    finish(&instance, &asked, &good).answer(StatusCode::OK).await;
}

#[tokio::test]
async fn wrong_answers_are_counted() {
    let database = Database::new();
    let instance = instance(&database).await;
    let (_, device, _) = owner(&instance).await;
    let asked = ask(&instance).await;
    let mut unknown = device.clone().get(&asked["public_key"]).await;
    unknown["rawId"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    for _ in 0..30 {
        finish(&instance, &asked, &unknown).problem(401, "unknown_passkey").await;
    }
    let refused = finish(&instance, &asked, &unknown).done().await;
    let refused = if refused.status == StatusCode::UNAUTHORIZED {
        finish(&instance, &asked, &unknown).done().await
    } else {
        refused
    };
    super::super::api::harness::check_problem(&refused, 429, "too_many_attempts");
    assert!(!refused.header("retry-after").is_empty());
}

#[tokio::test]
async fn a_copy_switches_the_passkey_off_and_its_owner_is_told() {
    let database = Database::new();
    let (instance, mailbox) = (instance(&database).await, Mailbox::of(&database));
    let (person, mut device, passkey) = owner(&instance).await;
    let mut copy = device.clone();
    for _ in 0..3 {
        assert_eq!(log_in(&instance, &mut device).await.status, StatusCode::OK);
    }
    let asked = ask(&instance).await;
    let behind = copy.get(&asked["public_key"]).await;
    finish(&instance, &asked, &behind).problem(401, "passkey_counter_regressed").await;
    finish(&instance, &asked, &behind).problem(410, "passkey_challenge_used").await;
    let asked = ask(&instance).await;
    let right = device.get(&asked["public_key"]).await;
    finish(&instance, &asked, &right).problem(401, "passkey_disabled").await;
    let shown = listed(&instance, &person.access_token).await;
    assert!(shown["items"][0]["disabled_at"].is_string());
    assert_eq!(mailbox.kinds(&person.email), ["verify_email", "way_in_added", "passkey_disabled"]);
    assert_eq!(audited(&database, "passkey.disabled"), 1);
    let login = json!({"email": person.email, "password": PASSWORD});
    instance.post("/api/auth/login", &login).answer(StatusCode::OK).await;
    let remove = on(&instance, Method::DELETE, &person.access_token, &passkey);
    remove.answer(StatusCode::NO_CONTENT).await;
}

#[tokio::test]
async fn a_challenge_is_good_for_five_minutes() {
    use backend::auth::passkeys::{PasskeyError, Passkeys};
    use backend::config::PasskeyConfig;
    use service_kit::config::Secret;
    use service_kit::jwt::Keyring;
    use time::Duration;

    let secret = |letter: &str| Secret::new(letter.repeat(32));
    let passkeys = |current: &str, others: &[&str]| {
        let others: Vec<_> = others.iter().map(|other| secret(other)).collect();
        let config =
            PasskeyConfig { rp_id: "app.example.com".into(), origins: vec![ORIGIN.parse().unwrap()] };
        Passkeys::new(Some(config), &Keyring::new(&secret(current), &others).unwrap()).unwrap()
    };
    let now = backend::domain::now();
    let begun = passkeys("a", &[]).begin_assertion(now).unwrap();
    let just = now + Duration::minutes(5) - Duration::SECOND;
    // Also where the secret was changed meanwhile, by an instance that has the new one first.
    for other in [passkeys("a", &[]), passkeys("b", &["a"])] {
        assert!(other.assertion(&begun.token, just).is_ok());
        let late = other.assertion(&begun.token, now + Duration::minutes(5));
        assert!(matches!(late, Err(PasskeyError::Expired)), "{late:?}");
    }
    let stranger = passkeys("b", &[]).assertion(&begun.token, now);
    assert!(matches!(stranger, Err(PasskeyError::Expired)), "{stranger:?}");
}
