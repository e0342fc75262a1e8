//! The callback of a log-in at a provider, which begins a session.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use uuid::Uuid;

use super::dto::{CallbackRequest, LinkCallbackRequest};
use super::flow::{self, Returned};
use crate::api::accept_language::AcceptedLanguage;
use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::client::ClientInfo;
use crate::api::device::Devices;
use crate::api::dto::{SessionBody, SessionMode};
use crate::api::error::ApiError;
use crate::api::fields::Checked;
use crate::api::guard::Guard;
use crate::api::handlers::mails;
use crate::api::handlers::opening::{Opened, Visitor, never_still, refuse_suspended};
use crate::api::handlers::second_factor::challenge::{self, Asked, Owed, Proven};
use crate::api::oidc_refusal::OidcRefusal;
use crate::api::same_site;
use crate::app::{App, AppState};
use crate::auth::AccessError;
use crate::auth::oidc::Provider;
use crate::domain::guessing::Limit;
use crate::domain::mail::Mail;
use crate::domain::oidc::{Assertion, Decision, Identity, Known, Refusal, decide};
use crate::domain::one_time_code::CodePurpose;
use crate::domain::{Email, FullName, LogInMethod, NewUser, PasswordHash, Timestamp, User};
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, LogIn, OidcChange};

/// The number of times that a log-in is decided anew, where its facts have changed.
const MAX_TRIES: u32 = 4;

/// Come back from a provider
///
/// Takes the parameters that the provider has sent the person back with, in the browser that began. A known identity
/// logs in to its account. Any other identity makes an account, unless an account has the address. Such an account is
/// opened only if both sides have verified the address and the operator trusts the provider's word on addresses
/// (`OIDC_<NAME>_TRUST_EMAIL`). Otherwise the account's owner logs in and links the provider.
#[utoipa::path(
    post, path = "/api/auth/oidc/{provider}/callback", tag = "auth", operation_id = "finish_oidc",
    params(("provider" = String, Path, description = "Which provider")),
    request_body = CallbackRequest,
    responses(
        (status = 200, description = "A new session", body = SessionBody),
        (status = 201, description = "A new account and its first session", body = SessionBody),
        (status = 401, description = "`oidc_code_refused`: the provider does not take the code; `oidc_token_refused`: what the provider says must not be believed; `second_factor_required`: the log-in goes on at `/api/auth/login/second-factor`, as one by the password"),
        (status = 403, description = "`oidc_flow_foreign`: begun by another browser, at another provider or for another purpose; `oidc_denied`: the provider let nobody in; `oidc_email_missing`, `account_suspended`, `cross_site_request`"),
        (status = 404, description = "`unknown_provider`"),
        (status = 409, description = "`account_exists`: log in to it, and link the provider"),
        (status = 410, description = "`oidc_flow_used`, `oidc_flow_expired`"),
        (status = 429, description = "`too_many_attempts`", headers(("Retry-After" = u64, description = "Seconds until the next attempt is possible"))),
        (status = 503, description = "`provider_unavailable`, `database_unavailable`"),
    )
)]
pub(in crate::api) async fn callback(
    State(app): State<App>,
    name: Result<Path<String>, PathRejection>,
    attempt: Attempt,
    client: ClientInfo,
    devices: Devices,
    headers: HeaderMap,
    Checked(request): Checked<CallbackRequest>,
) -> Result<Answer, ApiError> {
    let provider = flow::provider(&app, name)?;
    if !same_site::is_own(&headers, &client) {
        return Err(ApiError::CrossSite);
    }
    let CallbackRequest { state, code, error, iss, session: mode } = request;
    let request = LinkCallbackRequest { state, code, error, iss };
    let mut returned = Returned::find(&app, provider, &request, (&client, &headers), None).await?;
    let assertion = returned.assertion(&app, provider, &request).await?;
    for _ in 0..MAX_TRIES {
        let arrival =
            Arrival { app: &app, provider, client: &client, devices: &devices, mode, headers: &headers };
        let plan = match arrival.decide(&assertion).await? {
            Ok(decision) => {
                arrival.admit(&decision).await?;
                match arrival.ask_second_factor(&attempt, &returned, &assertion, &decision).await? {
                    SecondFactor::NotAsked { remembered } => {
                        arrival.plan(&returned, &assertion, (decision, remembered), app.now())?
                    }
                    SecondFactor::Asked(Commit::Done(answer)) => return Ok(answer),
                    SecondFactor::Asked(Commit::Stale) => {
                        returned.judge_again(&app, provider).await?;
                        continue;
                    }
                }
            }
            Err(refusal) => return Err(arrival.refused(&returned, refusal).await?),
        };
        let Plan { at, change, audit, mails, answer } = plan;
        let effect = Effect::Oidc(Box::new(change));
        match attempt.commit_and_mail(&app, at, effect, Some(audit), &mails, answer).await {
            Ok(Commit::Done(answer)) => return Ok(answer),
            // What was read has changed: the flow was used, the identity linked, or the address taken.
            Ok(Commit::Stale) | Err(ApiError::EmailTaken) => returned.judge_again(&app, provider).await?,
            Err(error) => return Err(error),
        }
    }
    Err(never_still())
}

/// The person who has come back, and the client.
struct Arrival<'a> {
    app: &'a AppState,
    provider: &'a Provider,
    client: &'a ClientInfo,
    devices: &'a Devices,
    mode: SessionMode,
    headers: &'a HeaderMap,
}

/// The effect and the answer to commit.
struct Plan {
    at: Timestamp,
    change: OidcChange,
    audit: Audit,
    mails: Vec<Mail>,
    answer: Answer,
}

/// What has become of the second factor.
enum SecondFactor {
    /// The answer is the question for it.
    Asked(Commit),
    /// The person has none, or comes from a remembered device.
    NotAsked { remembered: Option<Uuid> },
}

impl Arrival<'_> {
    async fn decide(&self, assertion: &Assertion) -> Result<Result<Decision, Refusal>, ApiError> {
        let store = &self.app.store;
        let linked = store.oidc_identity(&assertion.issuer, &assertion.subject).await?;
        let with_address = match (&linked, &assertion.email) {
            (None, Some(email)) => store.credentials(email).await?.map(|found| found.user),
            _ => None,
        };
        Ok(decide(assertion, Known { linked, with_address }, self.provider.trusts_email))
    }

    /// Counts a new account by the client's address, as any registration.
    async fn admit(&self, decision: &Decision) -> Result<(), ApiError> {
        if matches!(decision, Decision::Register { .. }) {
            Guard::of(self.counted()).admit(self.app).await?;
        }
        Ok(())
    }

    /// Ends the flow and asks for a second factor, as a log-in by password does. A provider stands for the password
    /// only.
    async fn ask_second_factor(
        &self,
        attempt: &Attempt,
        returned: &Returned,
        assertion: &Assertion,
        decision: &Decision,
    ) -> Result<SecondFactor, ApiError> {
        let (app, state_hash, at) = (self.app, returned.hash(), self.app.now());
        let (Decision::LogIn { user, .. } | Decision::Adopt { user }) = decision else {
            return Ok(SecondFactor::NotAsked { remembered: None });
        };
        refuse_suspended(user)?;
        let device = self.devices.known_to(user.id);
        let factors = match challenge::owed(app, user.id, device).await? {
            Owed::Nothing => return Ok(SecondFactor::NotAsked { remembered: None }),
            Owed::Remembered(device) => return Ok(SecondFactor::NotAsked { remembered: Some(device) }),
            Owed::Factor(factors) => factors,
        };
        let found = app.store.credentials_of(user.id).await?.ok_or(AccessError::UnknownUser)?;
        let is_new = matches!(decision, Decision::Adopt { .. });
        let change = if is_new {
            let identity = Box::new(Identity::linked(assertion, user.id, at));
            OidcChange::Link { state_hash, identity, verified: Some(user.email.clone()), log_in: None }
        } else {
            OidcChange::End { state_hash }
        };
        let audit = is_new.then(|| self.audit(AuditAction::OidcLinked, user));
        let mails: Vec<Mail> =
            is_new.then(|| mails::way_in_added(user, &self.provider.label, at)).into_iter().collect();
        let (effect, nothing) = (Effect::Oidc(Box::new(change)), Answer::empty(StatusCode::NO_CONTENT));
        // Apart from the answer, which is committed with the question.
        let ended = Attempt::new(None, None).commit_and_mail(app, at, effect, audit, &mails, nothing).await?;
        if matches!(ended, Commit::Stale) {
            return Ok(SecondFactor::Asked(Commit::Stale));
        }
        let proven = Proven { user: found.user, seen: found.password_hash, rehash: None };
        let asked = Asked { factors, mode: self.mode, forgiven: None };
        challenge::ask(app, attempt, proven, asked).await.map(SecondFactor::Asked)
    }

    fn counted(&self) -> Option<Limit> {
        Limit::registrations(self.client.client.address)
    }

    /// Ends the flow of a refused person. Taken addresses are counted as at registration, because a client could
    /// learn them.
    async fn refused(&self, returned: &Returned, refusal: Refusal) -> Result<ApiError, ApiError> {
        let (reason, refusal) = match refusal {
            Refusal::NoAddress => ("no address", OidcRefusal::NoAddress),
            Refusal::AddressTaken => ("address taken", OidcRefusal::AddressTaken),
        };
        if matches!(refusal, OidcRefusal::AddressTaken) {
            let guard = Guard::registration(&self.client.client);
            guard.admit(self.app).await?;
            guard.count(self.app, None).await?;
        }
        returned.refuse(self.app, self.provider, reason).await?;
        Ok(refusal.into())
    }

    fn plan(
        &self,
        returned: &Returned,
        assertion: &Assertion,
        (decision, remembered): (Decision, Option<Uuid>),
        at: Timestamp,
    ) -> Result<Plan, ApiError> {
        let hash = returned.hash();
        let plan = match decision {
            Decision::LogIn { identity, user } => self.log_in(hash, identity, (&user, remembered), at)?,
            Decision::Adopt { user } => self.adopt(hash, assertion, (&user, remembered), at)?,
            Decision::Register { email, email_verified } => {
                self.register(hash, assertion, (email, email_verified), at)?
            }
        };
        Ok(Plan { answer: plan.answer.with(SET_COOKIE, returned.cookie.clear()), ..plan })
    }

    fn log_in(
        &self,
        hash: [u8; 32],
        identity_id: Uuid,
        (user, remembered): (&User, Option<Uuid>),
        at: Timestamp,
    ) -> Result<Plan, ApiError> {
        refuse_suspended(user)?;
        let opened = self.open(StatusCode::OK, user, at)?;
        let audit = opened.audit();
        // No password was checked.
        let (log_in, answer) = opened.log_in(user, None, None);
        let log_in = Box::new(LogIn { remembered, ..log_in });
        let change = OidcChange::LogIn { state_hash: hash, identity_id, log_in };
        Ok(Plan { at, change, audit, mails: Vec::new(), answer })
    }

    fn adopt(
        &self,
        hash: [u8; 32],
        assertion: &Assertion,
        (user, remembered): (&User, Option<Uuid>),
        at: Timestamp,
    ) -> Result<Plan, ApiError> {
        refuse_suspended(user)?;
        let (log_in, answer) = self.open(StatusCode::OK, user, at)?.log_in(user, None, None);
        let change = OidcChange::Link {
            state_hash: hash,
            identity: Box::new(Identity::linked(assertion, user.id, at)),
            verified: Some(user.email.clone()),
            log_in: Some(Box::new(LogIn { remembered, ..log_in })),
        };
        let mails = vec![mails::way_in_added(user, &self.provider.label, at)];
        Ok(Plan { at, change, audit: self.audit(AuditAction::OidcLinked, user), mails, answer })
    }

    fn register(
        &self,
        hash: [u8; 32],
        assertion: &Assertion,
        (email, email_verified): (Email, bool),
        at: Timestamp,
    ) -> Result<Plan, ApiError> {
        let full_name = assertion.full_name.clone().map_or_else(|| name_from(&email), Ok)?;
        let user = User::registered(Uuid::now_v7(), email, full_name, at);
        let AcceptedLanguage(language) = AcceptedLanguage::of(self.headers);
        let user = User { email_verified_at: email_verified.then_some(at), language, ..user };
        let Opened { session, answer, .. } = self.open(StatusCode::CREATED, &user, at)?;
        let code = (!email_verified)
            .then(|| self.app.codes.issue(user.id, CodePurpose::VerifyEmail, user.email.clone(), at));
        let mails = code.iter().map(|code| mails::with_code(&user, code)).collect();
        let audit = self.audit(AuditAction::UserRegistered, &user);
        let template = self.app.templates.current().id.clone();
        let change = OidcChange::Register {
            state_hash: hash,
            identity: Box::new(Identity::linked(assertion, user.id, at)),
            user: Box::new(NewUser { user, password_hash: PasswordHash::of_nobody(), template }),
            session: Box::new(session),
            code: code.map(|code| Box::new(code.stored)),
            counted: self.counted(),
        };
        Ok(Plan { at, change, audit, mails, answer })
    }

    fn audit(&self, action: AuditAction, user: &User) -> Audit {
        Audit { action, user_id: user.id, subject: Some(self.provider.name.to_string()) }
    }

    fn open(&self, status: StatusCode, user: &User, at: Timestamp) -> Result<Opened, ApiError> {
        let Self { app, client, devices, mode, .. } = *self;
        Visitor { client, devices, mode }.open(app, user, LogInMethod::Oidc, (status, at))
    }
}

/// A name for a person whose provider tells none: the local part of the address.
fn name_from(email: &Email) -> Result<FullName, ApiError> {
    let before = email.as_str().split('@').next().unwrap_or_default();
    before.parse().map_err(|_| OidcRefusal::NoAddress.into())
}
