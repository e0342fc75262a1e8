//! The common parts of a flow's calls: begin the flow, find it again, get the provider's tokens, end the flow.

use std::time::Duration;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use uuid::Uuid;

use super::dto::{Brought, LinkCallbackRequest, StartBody};
use crate::api::attempt::{Attempt, Audit};
use crate::api::client::ClientInfo;
use crate::api::error::ApiError;
use crate::api::guard::Guard;
use crate::api::oidc_cookie::FlowCookie;
use crate::api::oidc_refusal::OidcRefusal;
use crate::app::AppState;
use crate::auth::oidc::{Lie, OidcError, Provider};
use crate::domain::Timestamp;
use crate::domain::guessing::{Limit, Policy};
use crate::domain::oidc::{Assertion, BrowserToken, FLOW_LIFETIME, Flow, FlowVerdict, NewFlow, State};
use crate::idempotency::Answer;
use crate::store::{AuditAction, AuditEntry, Effect, OidcChange};

/// The limit on begun flows, each of which is a row for a day: 200 in a row from one address, and then one in 3 s.
const STARTS: Policy = Policy { free: 200, forgiven_after: Duration::from_secs(3) };

/// The longest error code of a provider, in characters. No standard has a longer one.
const MAX_ERROR: usize = 60;

pub(super) fn provider(
    app: &AppState,
    name: Result<Path<String>, PathRejection>,
) -> Result<&Provider, ApiError> {
    let name = name.map_err(|_| OidcRefusal::UnknownProvider)?.0;
    Ok(app.oidc.find(&name).ok_or(OidcRefusal::UnknownProvider)?)
}

/// Stores a new flow. Gives the answer for the browser.
pub(super) async fn begin(
    app: &AppState,
    provider: &Provider,
    client: &ClientInfo,
    user_id: Option<Uuid>,
    at: Timestamp,
) -> Result<(NewFlow, Answer), ApiError> {
    let limit = Limit { policy: STARTS, ..Limit::by_address("begin oidc flow", client.client.address) };
    let guard = Guard::of([limit]);
    guard.admit(app).await?;
    let (state, browser) = (State::generate(), BrowserToken::generate());
    let (kid, secrets) =
        app.oidc_flows.of(&state, None).ok_or(ApiError::Bug("there is no secret for a flow"))?;
    let url = provider.authorization_url(&state, &secrets).await.map_err(OidcRefusal::from)?;
    guard.count(app, None).await?;
    let flow = NewFlow {
        state_hash: state.hash(),
        kid,
        browser_hash: browser.hash(),
        provider: provider.name.clone(),
        user_id,
        created_at: at,
        expires_at: at + FLOW_LIFETIME,
    };
    let cookie = FlowCookie::new(app, client, &flow.state_hash);
    let body = StartBody { authorization_url: url.into(), expires_in: FLOW_LIFETIME.whole_seconds() };
    let answer = Answer::json(StatusCode::OK, &body)?.with(SET_COOKIE, cookie.set(&browser));
    Ok((flow, answer))
}

/// A flow whose person has come back.
pub(super) struct Returned {
    pub(super) flow: Flow,
    pub(super) state: State,
    pub(super) cookie: FlowCookie,
    tokens: Vec<BrowserToken>,
    user_id: Option<Uuid>,
}

impl Returned {
    /// Finds the flow. Refuses a flow that cannot be finished here and now.
    pub(super) async fn find(
        app: &AppState,
        provider: &Provider,
        request: &LinkCallbackRequest,
        (client, headers): (&ClientInfo, &HeaderMap),
        user_id: Option<Uuid>,
    ) -> Result<Self, ApiError> {
        let state = State::presented(&request.state.0);
        let hash = state.hash();
        let cookie = FlowCookie::new(app, client, &hash);
        let tokens = cookie.read(headers);
        let flow = app.store.oidc_flow(hash).await?.ok_or(OidcRefusal::Expired)?;
        let returned = Self { flow, state, cookie, tokens, user_id };
        returned.judge(provider, app.now())?;
        Ok(returned)
    }

    fn judge(&self, provider: &Provider, now: Timestamp) -> Result<(), OidcRefusal> {
        match self.flow.verdict(&provider.name, &self.tokens, self.user_id, now) {
            FlowVerdict::Good => Ok(()),
            FlowVerdict::Foreign => Err(OidcRefusal::Foreign),
            FlowVerdict::Used => Err(OidcRefusal::Used),
            FlowVerdict::Expired => Err(OidcRefusal::Expired),
        }
    }

    /// Judges the flow again, after something has changed.
    pub(super) async fn judge_again(&mut self, app: &AppState, provider: &Provider) -> Result<(), ApiError> {
        let flow = app.store.oidc_flow(self.hash()).await?;
        self.flow = flow.ok_or(OidcRefusal::Expired)?;
        Ok(self.judge(provider, app.now())?)
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        self.flow.begun.state_hash
    }

    /// The provider's assertion of the person. A refusal, and an answer that must not be believed, is audited and
    /// ends the flow.
    pub(super) async fn assertion(
        &self,
        app: &AppState,
        provider: &Provider,
        request: &LinkCallbackRequest,
    ) -> Result<Assertion, ApiError> {
        match self.ask(app, provider, request).await {
            Ok(assertion) => Ok(assertion),
            Err(refusal) => {
                if let Some(reason) = lasting(&refusal) {
                    self.refuse(app, provider, &reason).await?;
                }
                Err(refusal.into())
            }
        }
    }

    async fn ask(
        &self,
        app: &AppState,
        provider: &Provider,
        request: &LinkCallbackRequest,
    ) -> Result<Assertion, OidcRefusal> {
        if let Some(Brought(error)) = &request.error {
            return Err(OidcRefusal::Denied(printable(error)));
        }
        if request.iss.as_ref().is_some_and(|Brought(issuer)| issuer != provider.issuer().as_str()) {
            return Err(OidcError::Lie(Lie::Issuer).into());
        }
        let code = request.code.as_ref().map(|Brought(code)| code.as_str()).unwrap_or_default();
        // The secret may have been taken away meanwhile.
        let secrets = app.oidc_flows.of(&self.state, Some(&self.flow.begun.kid));
        let (_, secrets) = secrets.ok_or(OidcRefusal::Expired)?;
        Ok(provider.assertion(code, &secrets, app.now()).await?)
    }

    /// Ends the flow, with an audit row. A flow that has ended already is no error.
    pub(super) async fn refuse(
        &self,
        app: &AppState,
        provider: &Provider,
        reason: &str,
    ) -> Result<(), ApiError> {
        let (user_id, subject) =
            (self.user_id.unwrap_or(AuditEntry::NOBODY), format!("{}: {reason}", provider.name));
        let audit = Audit { action: AuditAction::OidcRefused, user_id, subject: Some(subject) };
        let effect = Effect::Oidc(Box::new(OidcChange::End { state_hash: self.hash() }));
        let nothing = Answer::empty(StatusCode::NO_CONTENT);
        Attempt::new(None, None).commit(app, app.now(), effect, Some(audit), nothing).await?;
        Ok(())
    }
}

/// The reason for the audit log of a refusal that ends the flow; none for a provider that does not answer and may do
/// so soon.
fn lasting(refusal: &OidcRefusal) -> Option<String> {
    match refusal {
        OidcRefusal::Denied(error) => Some(error.clone()),
        OidcRefusal::Provider(OidcError::CodeRefused(error)) => Some(printable(error)),
        OidcRefusal::Provider(OidcError::Lie(lie)) => Some(lie.as_str().to_owned()),
        _ => None,
    }
}

/// The provider's error code in printable characters.
fn printable(error: &str) -> String {
    let plain = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    error.chars().take(MAX_ERROR).map(plain).collect()
}
