//! The middleware of all calls that change something. It finds the asker, and whether the same request was made
//! before.

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

/// The asker in the scope of a key. Two tries of one request must have one asker, and two people with the same key
/// must have two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// Anybody. The body tells people apart, and another body is refused.
    Anybody,
    /// The holder of the refresh token, which may be in a cookie and not in the body.
    TokenHolder,
    /// A person who ends a session, by either token.
    Leaver,
    /// The user of the access token, or anybody without a valid one, told apart by the body.
    MaybeUser,
    /// The user of the access token. The request ends here without a valid one.
    User,
}

/// Answers a change. The answer has the cookie with the time of the change.
pub(super) async fn idempotent(
    State((app, asker)): State<(App, Asker)>,
    request: Request<Body>,
    next: Next,
) -> Result<Response, ApiError> {
    let mut response = answer(&app, asker, request, next).await?;
    freshness::note_write(&app, &mut response);
    Ok(response)
}

/// Reads the body. Gives a stored answer again, or calls the handler and stores its refusal.
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

/// The hash of the cookies, or zeros without a cookie.
fn cookie_hashes(headers: &HeaderMap) -> Vec<u8> {
    let hashes: Vec<[u8; 32]> = cookie::read(headers).iter().map(|(token, _)| token.hash().0).collect();
    if hashes.is_empty() { vec![0; 32] } else { hashes.concat() }
}
