//! Verifies the signature of a passkey.

use http::StatusCode;
use uuid::Uuid;

use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::dto::PasskeyProof;
use crate::api::error::ApiError;
use crate::api::guard::Guard;
use crate::api::handlers::mails;
use crate::api::passkey_refusal::PasskeyRefusal;
use crate::app::AppState;
use crate::auth::passkeys::{Assertion, PasskeyError, Passkeys};
use crate::domain::User;
use crate::domain::passkey::{CredentialHash, Passkey, PasskeyUse};
use crate::idempotency::Answer;
use crate::store::{AuditAction, AuditEntry, Effect, PasskeyChange};

/// A signature whose challenge is valid.
pub(in crate::api::handlers) struct Signed<'a> {
    app: &'a AppState,
    proof: &'a PasskeyProof,
    assertion: Assertion,
    /// Whether the signature was judged before, and something has changed since.
    is_again: bool,
}

/// A person who has authenticated by a passkey.
pub(in crate::api::handlers) struct Proven {
    pub(in crate::api::handlers) user: User,
    pub(in crate::api::handlers) used: PasskeyUse,
}

impl<'a> Signed<'a> {
    pub(in crate::api::handlers) fn new(
        app: &'a AppState,
        proof: &'a PasskeyProof,
    ) -> Result<Self, ApiError> {
        let assertion =
            app.passkeys.assertion(&proof.challenge_token, app.now()).map_err(PasskeyRefusal::from)?;
        Ok(Self { app, proof, assertion, is_again: false })
    }

    /// The passkey that is said to have signed, with the account that it opens.
    pub(in crate::api::handlers) async fn passkey(&self) -> Result<Option<(Passkey, User)>, ApiError> {
        let id = self.proof.credential.get_credential_id();
        Ok(self.app.store.passkey(CredentialHash::of(id)).await?)
    }

    /// Refuses unless `found` has signed. A wrong signature is audited, and `guard` counts it. No `found` stands for
    /// an unknown passkey.
    pub(in crate::api::handlers) async fn prove(
        &mut self,
        guard: &Guard,
        found: Option<(Passkey, User)>,
    ) -> Result<Proven, ApiError> {
        guard.admit(self.app).await?;
        // First of all: its counter is that of an answer that was taken, which is no copy's.
        self.refuse_answered().await?;
        let is_again = std::mem::replace(&mut self.is_again, true);
        let Some((passkey, user)) = found else {
            return Err(self.refused(guard, AuditEntry::NOBODY, PasskeyRefusal::Unknown).await?);
        };
        if passkey.disabled_at.is_some() {
            return Err(self.refused(guard, user.id, PasskeyRefusal::Disabled).await?);
        }
        match self.app.passkeys.finish_assertion(&self.assertion, &self.proof.credential, &passkey) {
            Ok(usage) => Ok(Proven { user, used: usage }),
            // It was right a moment ago, and is behind another answer of the same passkey that came at the same time.
            Err(PasskeyError::CountedBack) if !is_again => Err(self.disable(guard, &passkey, &user).await?),
            Err(error) => Err(self.refused(guard, user.id, error.into()).await?),
        }
    }

    async fn refuse_answered(&self) -> Result<(), ApiError> {
        let is_answered = self.app.store.is_answered(self.assertion.challenge.hash).await?;
        if is_answered { Err(PasskeyRefusal::Answered.into()) } else { Ok(()) }
    }

    async fn refused(
        &self,
        guard: &Guard,
        user_id: Uuid,
        refusal: PasskeyRefusal,
    ) -> Result<ApiError, ApiError> {
        let subject = Some(refusal.outline().1.to_owned());
        let audit = Audit { action: AuditAction::PasskeyRefused, user_id, subject };
        guard.count(self.app, Some(audit)).await?;
        Ok(refusal.into())
    }

    /// Disables a passkey of which there may be a copy, and tells the owner by mail (WebAuthn Level 3, section
    /// 6.1.1). Nobody knows which copy is the owner's.
    async fn disable(&self, guard: &Guard, passkey: &Passkey, user: &User) -> Result<ApiError, ApiError> {
        let (app, at) = (self.app, self.app.now());
        let change = PasskeyChange::Disable {
            user_id: user.id,
            used: Passkeys::counted_back(&self.assertion, passkey),
        };
        let effect = Effect::Passkey(Box::new(change));
        let subject = Some(passkey.id.to_string());
        let audit = Some(Audit { action: AuditAction::PasskeyDisabled, user_id: user.id, subject });
        let mail = mails::passkey_disabled(user, &passkey.name, at);
        let nothing = Answer::empty(StatusCode::NO_CONTENT);
        // Apart from the answer, as a wrong password is.
        match Attempt::new(None, None).commit_and_mail(app, at, effect, audit, &[mail], nothing).await? {
            Commit::Done(_) => {
                guard.count(app, None).await?;
                Ok(PasskeyRefusal::from(PasskeyError::CountedBack).into())
            }
            Commit::Stale => {
                self.refuse_answered().await?;
                self.refused(guard, user.id, PasskeyError::CountedBack.into()).await
            }
        }
    }
}
