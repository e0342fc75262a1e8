//! The middleware of all calls that change something: finds who asks, and whether the same was asked before.

use axum::body::Body;
use axum::extract::State;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, Request};

use super::again::answer_again;
use super::attempt::Attempt;
use super::error::ApiError;
use super::keeping::Keyed;
use super::{body, cookie, freshness};
use crate::app::{App, AppState};
use crate::auth::CurrentUser;
use crate::idempotency::{self, IdempotencyKey};

/// Who asks, for the scope of a key. Two tries of one request must be of one asker, and two
/// people with the same key of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// Nobody in particular: the body tells people apart, and another body is refused.
    Anybody,
    /// Whoever holds the refresh token, which may come as a cookie and not in the body.
    TokenHolder,
    /// Whoever ends a session, by either token.
    Leaver,
    /// A user with an access token, or anybody without a good one: the body tells.
    MaybeUser,
    /// A user with an access token; without one, the request ends here.
    User,
}

/// Answers a change, and notes in the answer when it was made.
pub(super) async fn idempotent(
    State((app, asker)): State<(App, Asker)>,
    request: Request<Body>,
    next: Next,
) -> Result<Response, ApiError> {
    let mut response = answer(&app, asker, request, next).await?;
    freshness::note_write(&app, &mut response);
    Ok(response)
}

/// Reads the body, gives a kept answer again, or lets the handler work and keeps its refusal.
async fn answer(
    app: &App,
    asker: Asker,
    mut request: Request<Body>,
    next: Next,
) -> Result<Response, ApiError> {
    // The body comes first, so that a refusal finds the connection ready for the next request.
    let body = body::read(&mut request).await?;
    let who = identify(asker, app, &mut request)?;
    let key = IdempotencyKey::read(request.headers())?;
    let user = request.extensions().get::<CurrentUser>().copied();
    let (person, session) = (user.map(|user| user.id), user.map(|user| user.session_id));
    let mut attempt = Attempt::new(None, session);
    if let Some(key) = key {
        let (method, path) = (request.method().as_str(), request.uri().path());
        let keyed = idempotency::Request::new(&who, method, path, &key, body.clone());
        let (keyed, kept) = Keyed::look_up(app, keyed, person).await?;
        if let Some(kept) = kept {
            return Ok(answer_again(app, app.vault.open(&keyed.request, &kept)?).await?.into_response());
        }
        attempt = Attempt::new(Some(keyed), session);
    }
    *request.body_mut() = Body::from(body);
    request.extensions_mut().insert(attempt.clone());
    let response = next.run(request).await;
    attempt.keep_refusal(app, response).await
}

fn identify(asker: Asker, app: &AppState, request: &mut Request<Body>) -> Result<Vec<u8>, ApiError> {
    let headers = request.headers();
    Ok(match asker {
        Asker::Anybody => b"anybody".to_vec(),
        Asker::TokenHolder => [b"token ".as_slice(), &cookie_hashes(headers)].concat(),
        Asker::Leaver => {
            let user = app.issuer.authenticate(headers, app.now()).ok();
            let session = user.map(|user| user.session_id.into_bytes()).unwrap_or_default();
            [b"leaver ".as_slice(), &session, &cookie_hashes(headers)].concat()
        }
        Asker::MaybeUser => {
            let user = app.issuer.authenticate(headers, app.now()).ok();
            if let Some(user) = user {
                request.extensions_mut().insert(user);
            }
            let id = user.map(|user| user.id.into_bytes()).unwrap_or_default();
            [b"maybe user ", id.as_slice()].concat()
        }
        Asker::User => {
            let user = app.issuer.authenticate(headers, app.now())?;
            request.extensions_mut().insert(user);
            [b"user ", user.id.as_bytes().as_slice()].concat()
        }
    })
}

/// Zeros where there is no cookie.
fn cookie_hashes(headers: &HeaderMap) -> Vec<u8> {
    let hashes: Vec<[u8; 32]> = cookie::read(headers).iter().map(|(token, _)| token.hash().0).collect();
    if hashes.is_empty() { vec![0; 32] } else { hashes.concat() }
}
