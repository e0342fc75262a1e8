//! A provider that says what must not be believed.

use serde_json::json;

use super::super::api::harness::{Send as _, check_problem};
use super::{Lie, Stage, Visitor, audited};

#[tokio::test]
async fn a_provider_that_lies_is_refused_by_the_lies_name_and_nothing_is_done() {
    let stage = Stage::set().await;
    let visitor = Visitor::new();
    for (lie, name) in [
        (Lie::Issuer, "issuer"),
        (Lie::Audience, "audience"),
        (Lie::FurtherAudience, "audience"),
        (Lie::AuthorizedParty, "audience"),
        (Lie::Nonce, "nonce"),
        (Lie::NoNonce, "nonce"),
        (Lie::Key, "signature"),
        (Lie::Unsigned, "signature"),
        (Lie::SharedSecret, "signature"),
        (Lie::Expired, "time"),
        (Lie::LongAgo, "time"),
        (Lie::Future, "time"),
        (Lie::AccessToken, "access_token"),
        (Lie::NoSubject, "subject"),
        (Lie::LongSubject, "subject"),
        (Lie::NoToken, "malformed"),
        (Lie::Garbage, "malformed"),
    ] {
        let begun = stage.start("fake").await;
        let (state, code) = stage.provider.log_in(&begun.url, &visitor, lie);
        let refused = begun.finish(&stage.instance, "fake", &state, &code).done().await;
        check_problem(&refused, 401, "oidc_token_refused");
        let last = audited(&stage.database, "oidc.refused").pop();
        assert_eq!(last.as_deref(), Some(format!("fake: {name}").as_str()), "{lie:?}: {refused:?}");
        // With the truth it is too late.
        let (_, code) = stage.provider.log_in(&begun.url, &visitor, Lie::None);
        begun.finish(&stage.instance, "fake", &state, &code).problem(410, "oidc_flow_used").await;
    }
    assert_eq!(stage.database.count("users"), 0);
    assert_eq!(stage.come("fake", &visitor, Lie::None).await.status, 201);
}

#[tokio::test]
async fn another_issuer_on_the_way_back_is_refused() {
    let stage = Stage::set().await;
    let begun = stage.start("fake").await;
    let (state, code) = stage.provider.log_in(&begun.url, &Visitor::new(), Lie::None);
    let body = json!({"state": state, "code": code, "iss": "https://accounts.google.com"});
    let request = stage.instance.post("/api/auth/oidc/fake/callback", &body).header("cookie", &begun.cookie);
    request.problem(401, "oidc_token_refused").await;
    assert_eq!(audited(&stage.database, "oidc.refused"), ["fake: issuer"]);
}

#[tokio::test]
async fn a_code_that_the_provider_does_not_take_and_its_refusal_are_told_apart() {
    let stage = Stage::set().await;
    let begun = stage.start("fake").await;
    let (state, _) = stage.provider.log_in(&begun.url, &Visitor::new(), Lie::None);
    begun.finish(&stage.instance, "fake", &state, "never given").problem(401, "oidc_code_refused").await;

    // A code that was made for another flow: its PKCE challenge is another.
    let (mine, theirs) = (stage.start("fake").await, stage.start("fake").await);
    let (state, _) = stage.provider.log_in(&mine.url, &Visitor::new(), Lie::None);
    let (_, stolen) = stage.provider.log_in(&theirs.url, &Visitor::new(), Lie::None);
    mine.finish(&stage.instance, "fake", &state, &stolen).problem(401, "oidc_code_refused").await;

    let begun = stage.start("fake").await;
    let (state, _) = stage.provider.log_in(&begun.url, &Visitor::new(), Lie::None);
    let body = json!({"state": state, "error": "access_denied\u{7}"});
    let request = stage.instance.post("/api/auth/oidc/fake/callback", &body).header("cookie", &begun.cookie);
    let denied = request.problem(403, "oidc_denied").await;
    assert!(denied.body["detail"].as_str().unwrap().ends_with("access_denied?."), "{denied:?}");
    let refused = audited(&stage.database, "oidc.refused");
    assert_eq!(refused, ["fake: invalid_grant", "fake: invalid_grant", "fake: access_denied?"]);
}
