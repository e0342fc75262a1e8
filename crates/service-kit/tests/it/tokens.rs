//! Tokens: both directions against josekit, and a row for each kind that must be refused.

use josekit::{
    jwe::{Dir, JweHeader},
    jws::{HS256, JwsHeader},
};
use serde_json::{Value, json};
use service_kit::{
    config::Secret,
    jwt::{Claims, Keyring, MAX_TOKEN_BYTES, TokenError},
};
use uuid::Uuid;

use crate::forge::{Forge, b64};

const SECRET: &str = "a secret that has more than thirty-two bytes";
const OTHER: &str = "another secret of more than thirty-two bytes";
const NOW: i64 = 1_800_000_000;

fn keyring(current: &str, others: &[&str]) -> Keyring {
    let others: Vec<_> = others.iter().copied().map(Secret::new).collect();
    Keyring::new(&Secret::new(current), &others).unwrap()
}

fn claims() -> Claims {
    Claims {
        sub: Uuid::from_u128(1),
        sid: Uuid::from_u128(2),
        role: "user".into(),
        iat: NOW,
        nbf: NOW,
        exp: NOW + 600,
        jti: Uuid::from_u128(3),
        acr: Some("aal1".into()),
        auth_time: Some(NOW),
    }
}

fn wire_claims() -> Value {
    json!({
        "iss": "user-onboarding", "aud": "user-onboarding",
        "sub": Uuid::from_u128(1), "sid": Uuid::from_u128(2), "role": "user",
        "iat": NOW, "nbf": NOW, "exp": NOW + 600, "jti": Uuid::from_u128(3),
        "acr": "aal1", "auth_time": NOW,
    })
}

/// The object with one field set.
fn with(mut object: Value, field: &str, value: impl Into<Value>) -> Value {
    object[field] = value.into();
    object
}

/// The object with one field less.
fn without(mut object: Value, field: &str) -> Value {
    object.as_object_mut().unwrap().remove(field).unwrap();
    object
}

#[test]
fn what_we_seal_josekit_opens() {
    let forge = Forge::new(SECRET);
    let token = keyring(SECRET, &[]).seal(&claims());
    let decrypter = Dir.decrypter_from_bytes(&forge.encryption).unwrap();
    let (signed, outer) = josekit::jwe::deserialize_compact(&token, &decrypter).unwrap();
    assert_eq!(Value::Object(outer.claims_set().clone()), forge.jwe_header());
    let verifier = HS256.verifier_from_bytes(&forge.signature).unwrap();
    let (payload, inner) =
        josekit::jws::deserialize_compact(std::str::from_utf8(&signed).unwrap(), &verifier).unwrap();
    assert_eq!(Value::Object(inner.claims_set().clone()), forge.jws_header());
    assert_eq!(serde_json::from_slice::<Value>(&payload).unwrap(), wire_claims());
}

#[test]
fn what_josekit_seals_we_open() {
    let forge = Forge::new(SECRET);
    let mut inner = JwsHeader::new();
    inner.set_token_type("at+jwt");
    inner.set_key_id(&forge.kid);
    let signer = HS256.signer_from_bytes(&forge.signature).unwrap();
    let nested =
        josekit::jws::serialize_compact(wire_claims().to_string().as_bytes(), &inner, &signer).unwrap();
    let mut outer = JweHeader::new();
    outer.set_content_encryption("A256GCM");
    outer.set_content_type("JWT");
    outer.set_key_id(&forge.kid);
    let encrypter = Dir.encrypter_from_bytes(&forge.encryption).unwrap();
    let token = josekit::jwe::serialize_compact(nested.as_bytes(), &outer, &encrypter).unwrap();
    assert_eq!(keyring(SECRET, &[]).open(&token, NOW).unwrap(), claims());
}

#[test]
fn a_secret_is_changed_with_no_log_outs() {
    let (old, both) = (keyring(SECRET, &[]), keyring(SECRET, &[OTHER]));
    let (promoted, new) = (keyring(OTHER, &[SECRET]), keyring(OTHER, &[]));
    for (maker, openers) in [(&old, [&old, &both, &promoted]), (&promoted, [&both, &promoted, &new])] {
        let token = maker.seal(&claims());
        for opener in openers {
            assert_eq!(opener.open(&token, NOW).unwrap(), claims());
        }
    }
    assert!(matches!(new.open(&old.seal(&claims()), NOW), Err(TokenError::UnknownKey)));
}

#[test]
fn two_tokens_of_the_same_claims_differ_and_tell_nothing() {
    let ring = keyring(SECRET, &[]);
    let (one, two) = (ring.seal(&claims()), ring.seal(&claims()));
    assert_ne!(one, two);
    assert!(!one.contains(&b64("{\"iss\"")[..8]));
    assert!(one.len() < 1024, "{} bytes", one.len());
}

#[test]
fn times_are_checked() {
    let (ring, token) = (keyring(SECRET, &[]), keyring(SECRET, &[]).seal(&claims()));
    ring.open(&token, NOW - 30).unwrap();
    ring.open(&token, NOW + 599).unwrap();
    assert!(matches!(ring.open(&token, NOW - 31), Err(TokenError::NotYetValid)));
    assert!(matches!(ring.open(&token, NOW + 600), Err(TokenError::Expired)));
}

#[test]
fn the_forge_makes_tokens_that_are_accepted() {
    // Otherwise the rows below would prove nothing.
    let forge = Forge::new(SECRET);
    assert_eq!(keyring(SECRET, &[]).open(&forge.token(&wire_claims()), NOW).unwrap(), claims());
    let older = without(without(wire_claims(), "acr"), "auth_time");
    let opened = keyring(SECRET, &[]).open(&forge.token(&older), NOW).unwrap();
    assert_eq!(opened, Claims { acr: None, auth_time: None, ..claims() });
    let newer = with(wire_claims(), "tenant", "a claim of a later version");
    assert_eq!(keyring(SECRET, &[]).open(&forge.token(&newer), NOW).unwrap(), claims());
}

/// What [`refused`] finds, without the details.
fn kind(error: &TokenError) -> &'static str {
    match error {
        TokenError::TooLong => "too long",
        TokenError::NotEncrypted => "not encrypted",
        TokenError::Encoding(_) => "encoding",
        TokenError::Header { layer, .. } => layer,
        TokenError::UnknownKey => "unknown key",
        TokenError::Decryption => "decryption",
        TokenError::Signed(_) => "signed",
        TokenError::NotYetValid => "not yet",
        TokenError::Expired => "expired",
    }
}

fn refused(rows: impl IntoIterator<Item = (&'static str, String, &'static str)>) {
    let ring = keyring(SECRET, &[]);
    for (what, token, expected) in rows {
        let error = ring.open(&token, NOW).expect_err(what);
        assert_eq!(kind(&error), expected, "{what}: {error:?}");
    }
}

#[test]
fn tokens_that_are_not_encrypted_or_no_tokens_are_refused() {
    let forge = Forge::new(SECRET);
    let signed = forge.sign(&forge.jws_header().to_string(), &wire_claims().to_string());
    let unsecured = format!("{}.{}.", b64(r#"{"alg":"none"}"#), b64(wire_claims().to_string()));
    let good = forge.token(&wire_claims());
    refused([
        ("a bare JWS", signed.clone(), "not encrypted"),
        ("alg none", unsecured.clone(), "not encrypted"),
        ("no token", String::new(), "not encrypted"),
        ("dots", "....".into(), "JWE"),
        ("six parts", format!("{good}.AAAA"), "not encrypted"),
        ("padding", good.clone() + "==", "encoding"),
        ("white space", format!(" {good}"), "encoding"),
        ("no header", good[good.find('.').unwrap()..].into(), "JWE"),
        ("plain base64", good.replace('.', "+."), "encoding"),
        ("too long", "A".repeat(MAX_TOKEN_BYTES + 1), "too long"),
        ("long claims", forge.token(&with(wire_claims(), "x", "x".repeat(8000))), "too long"),
        ("an encrypted alg none", forge.encrypt(&forge.jwe_header().to_string(), &unsecured), "JWS"),
        (
            "encrypted, not signed",
            forge.encrypt(&forge.jwe_header().to_string(), &wire_claims().to_string()),
            "encoding",
        ),
        (
            "a signature cut off",
            forge.encrypt(&forge.jwe_header().to_string(), &signed[..signed.rfind('.').unwrap()]),
            "signed",
        ),
    ]);
}

#[test]
fn outer_headers_other_than_ours_are_refused() {
    let forge = Forge::new(SECRET);
    let outer = forge.jwe_header();
    let rows = [
        ("zip", with(outer.clone(), "zip", "DEF")),
        ("crit", with(outer.clone(), "crit", json!(["exp"]))),
        ("an unknown field", with(outer.clone(), "jku", "https://example.com")),
        ("another alg", with(outer.clone(), "alg", "A256KW")),
        ("alg none", with(outer.clone(), "alg", "none")),
        ("another enc", with(outer.clone(), "enc", "A128GCM")),
        ("enc in small letters", with(outer.clone(), "enc", "a256gcm")),
        ("no enc", without(outer.clone(), "enc")),
        ("no alg", without(outer.clone(), "alg")),
        ("no cty", without(outer.clone(), "cty")),
        ("another cty", with(outer.clone(), "cty", "text")),
        ("no kid", without(outer.clone(), "kid")),
        ("kid is no text", with(outer.clone(), "kid", 7)),
        ("no object", json!(["dir"])),
    ];
    let sealed =
        |header: &str| forge.token_with(header, &forge.jws_header().to_string(), &wire_claims().to_string());
    refused(rows.map(|(what, header)| (what, sealed(&header.to_string()), "JWE")));
    let text = outer.to_string();
    let twice = text.replacen('{', r#"{"alg":"dir","#, 1);
    let kid_twice = text.replacen('{', r#"{"kid":"mine","#, 1);
    refused([
        ("alg twice", sealed(&twice), "JWE"),
        ("kid twice", sealed(&kid_twice), "JWE"),
        ("more after the header", sealed(&format!("{text}{{}}")), "JWE"),
        ("a foreign kid", sealed(&with(outer, "kid", "AAAAAAAAAAAAAAAA").to_string()), "unknown key"),
    ]);
}

#[test]
fn inner_headers_other_than_ours_are_refused() {
    let forge = Forge::new(SECRET);
    let inner = forge.jws_header();
    let sealed =
        |header: &str| forge.token_with(&forge.jwe_header().to_string(), header, &wire_claims().to_string());
    let rows = [
        ("another typ", with(inner.clone(), "typ", "JWT"), "JWS"),
        ("no typ", without(inner.clone(), "typ"), "JWS"),
        ("alg none", with(inner.clone(), "alg", "none"), "JWS"),
        ("another HMAC", with(inner.clone(), "alg", "HS512"), "JWS"),
        ("an RSA alg", with(inner.clone(), "alg", "RS256"), "JWS"),
        ("crit", with(inner.clone(), "crit", json!(["b64"])), "JWS"),
        ("b64", with(inner.clone(), "b64", false), "JWS"),
        ("zip", with(inner.clone(), "zip", "DEF"), "JWS"),
        ("a key of its own", with(inner.clone(), "jwk", json!({"kty": "oct", "k": "AAAA"})), "JWS"),
        ("no kid", without(inner.clone(), "kid"), "JWS"),
        ("a foreign kid", with(inner.clone(), "kid", "AAAAAAAAAAAAAAAA"), "unknown key"),
    ];
    refused(rows.map(|(what, header, expected)| (what, sealed(&header.to_string()), expected)));
    let twice = inner.to_string().replacen('{', r#"{"typ":"at+jwt","#, 1);
    refused([("typ twice", sealed(&twice), "JWS")]);
}

#[test]
fn claims_that_are_missing_or_wrong_are_refused() {
    let forge = Forge::new(SECRET);
    for claim in ["iss", "aud", "sub", "sid", "role", "iat", "nbf", "exp", "jti"] {
        refused([(claim, forge.token(&without(wire_claims(), claim)), "signed")]);
    }
    let rows = [
        ("another issuer", with(wire_claims(), "iss", "someone"), "signed"),
        ("another audience", with(wire_claims(), "aud", "someone"), "signed"),
        ("an audience of many", with(wire_claims(), "aud", json!(["user-onboarding", "x"])), "signed"),
        ("a user that is none", with(wire_claims(), "sub", "root"), "signed"),
        ("exp as text", with(wire_claims(), "exp", "never"), "signed"),
        ("exp as a huge number", with(wire_claims(), "exp", 1e300), "signed"),
        ("expired", with(wire_claims(), "exp", NOW), "expired"),
        ("from the future", with(wire_claims(), "nbf", NOW + 31), "not yet"),
        ("no object", json!([1, 2]), "signed"),
    ];
    refused(rows.map(|(what, claims, expected)| (what, forge.token(&claims), expected)));
    let twice = wire_claims().to_string().replacen('{', r#"{"role":"admin","#, 1);
    let (outer, inner) = (forge.jwe_header().to_string(), forge.jws_header().to_string());
    refused([("a claim twice", forge.token_with(&outer, &inner, &twice), "signed")]);
}

#[test]
fn tokens_made_with_other_keys_are_refused() {
    let (ours, theirs) = (Forge::new(SECRET), Forge::new(OTHER));
    let posing = Forge { kid: ours.kid.clone(), ..Forge::new(OTHER) };
    let half =
        Forge { encryption: ours.encryption.clone(), ..Forge { kid: ours.kid.clone(), ..Forge::new(OTHER) } };
    refused([
        ("another secret", theirs.token(&wire_claims()), "unknown key"),
        ("another secret under our kid", posing.token(&wire_claims()), "decryption"),
        ("encrypted with ours, signed with theirs", half.token(&wire_claims()), "signed"),
    ]);
}

#[test]
fn a_token_that_is_cut_or_changed_anywhere_is_refused() {
    let (ring, token) = (keyring(SECRET, &[]), keyring(SECRET, &[]).seal(&claims()));
    for length in 0..token.len() {
        assert!(ring.open(&token[..length], NOW).is_err(), "cut to {length}");
    }
    for (at, old) in token.char_indices() {
        let mut changed = token.clone();
        changed.replace_range(at..=at, if old == 'A' { "B" } else { "A" });
        assert!(ring.open(&changed, NOW).is_err(), "changed at {at}");
    }
}
