//! Access tokens that must not be believed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::StatusCode;
use service_kit::config::Secret;
use service_kit::jwt::{Claims, Keyring};
use uuid::Uuid;

use super::harness::{Instance, SECRET, Send as _, alone};

fn unix_now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

fn claims(lifetime: i64) -> Claims {
    let now = unix_now() - 60;
    Claims {
        sub: Uuid::now_v7(),
        sid: Uuid::now_v7(),
        role: "user".into(),
        iat: now,
        nbf: now,
        exp: now + 60 + lifetime,
        jti: Uuid::new_v4(),
        acr: None,
        auth_time: None,
    }
}

fn seal(secret: &str, claims: &Claims) -> String {
    Keyring::new(&Secret::new(secret), &[]).unwrap().seal(claims)
}

async fn refused(instance: &Instance, header: &str, code: &str) {
    for path in ["/api/auth/me", "/api/onboarding"] {
        let answer = instance.get(path).header("authorization", header).problem(401, code).await;
        assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
    }
}

#[tokio::test]
async fn without_a_token_one_is_asked_for() {
    let (instance, _database) = alone().await;
    let answer = instance.get("/api/auth/me").problem(401, "token_missing").await;
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    for path in ["/api/onboarding/steps/profile", "/api/onboarding/steps/nonsense"] {
        instance.put(path, &serde_json::json!({"status": "completed"})).problem(401, "token_missing").await;
    }
}

#[tokio::test]
async fn expired_forged_unencrypted_and_unsigned_tokens_are_refused() {
    let (instance, _database) = alone().await;
    let bearer = |token: &str| format!("Bearer {token}");
    refused(&instance, &bearer(&seal(SECRET, &claims(-1))), "token_expired").await;
    refused(&instance, &bearer(&seal("somebody else's secret, also long", &claims(600))), "token_invalid")
        .await;

    let mut not_yet = claims(600);
    not_yet.nbf = unix_now() + 300;
    refused(&instance, &bearer(&seal(SECRET, &not_yet)), "token_invalid").await;

    let json = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let body =
        json(&format!("{{\"sub\":\"{}\",\"role\":\"admin\",\"exp\":{}}}", Uuid::now_v7(), unix_now() + 600));
    let none = format!("{}.{body}.", json("{\"alg\":\"none\",\"typ\":\"at+jwt\"}"));
    let signed_only =
        format!("{}.{body}.{}", json("{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}"), json("signature"));
    let good = seal(SECRET, &claims(600));
    let tampered = format!("{}x", &good[..good.len() - 1]);
    let zipped = {
        let parts: Vec<&str> = good.split('.').collect();
        let header = String::from_utf8(URL_SAFE_NO_PAD.decode(parts[0]).unwrap()).unwrap();
        let header = json(&header.replacen('{', "{\"zip\":\"DEF\",", 1));
        format!("{header}..{}.{}.{}", parts[2], parts[3], parts[4])
    };
    let oversized = format!("{good}{}", "A".repeat(9000));
    for token in [&none, &signed_only, &tampered, &zipped, &oversized, "", "nonsense", "a.b.c.d.e"] {
        refused(&instance, &bearer(token), "token_invalid").await;
    }
    for header in ["Basic dXNlcjpwYXNz", "Bearer", &good] {
        refused(&instance, header, "token_invalid").await;
    }
}

#[tokio::test]
async fn a_token_of_nobody_names_nobody() {
    let (instance, _database) = alone().await;
    // Well made, but the account does not exist.
    refused(&instance, &format!("Bearer {}", seal(SECRET, &claims(600))), "token_invalid").await;
    let mut strange = claims(600);
    strange.role = "emperor".into();
    refused(&instance, &format!("Bearer {}", seal(SECRET, &strange)), "token_invalid").await;
}

#[tokio::test]
async fn a_token_expires() {
    let database = super::harness::Database::new();
    let instance = Instance::start_with(&database, &[("ACCESS_TOKEN_TTL", "1s")]).await;
    let person = instance.register().await;
    let ask = || instance.get("/api/auth/me").bearer_auth(&person.access_token);
    let expired = testkit::eventually(Duration::from_secs(10), || async {
        let answer = ask().done().await;
        (answer.status == StatusCode::UNAUTHORIZED).then_some(answer)
    });
    super::harness::check_problem(&expired.await, 401, "token_expired");
}
