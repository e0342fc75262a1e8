//! Ceremonies with authenticators (WebAuthn Level 3): a passkey is made, or signs.
//!
//! A ceremony has two halves, which any two instances may do: the first gives a challenge, the second verifies its answer. What
//! the second has to know stands in an encrypted token that the client brings back, so that whoever opens the log-in page
//! leaves nothing in the database. That each challenge is answered once, the database sees to
//! ([`AnsweredChallenge`]).

mod error;
mod site;
mod token;

use aws_lc_rs::error::Unspecified;
use serde::Serialize;
use service_kit::jwt::Keyring;
use uuid::Uuid;
use webauthn_rs::prelude::{
    CreationChallengeResponse, DiscoverableAuthentication, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, RequestChallengeResponse, Webauthn,
};
use webauthn_rs_proto::ResidentKeyRequirement;

use self::site::{parsed, stored};
use self::token::Ceremonies;
use crate::config::PasskeyConfig;
use crate::domain::passkey::{
    AnsweredChallenge, CEREMONY_LIFETIME, CredentialHash, Passkey, PasskeyUse, StoredCredential,
};
use crate::domain::{Timestamp, User};

pub use error::PasskeyError;
pub use token::{CeremonyToken, NoCeremony};

/// What the options of a ceremony, and its answer, look like on the wire.
pub mod wire {
    pub use webauthn_rs::prelude::{PublicKeyCredential, RegisterPublicKeyCredential};
}

/// The relying party: this service, as authenticators know it.
#[derive(Debug)]
pub struct Passkeys {
    /// None where the page has no domain.
    site: Option<(Webauthn, PasskeyConfig)>,
    ceremonies: Ceremonies,
}

/// The first half of a ceremony.
#[derive(Debug)]
pub struct Begun<O> {
    /// For the browser: `navigator.credentials.create` or `get`.
    pub options: O,
    /// For the second half.
    pub token: CeremonyToken,
}

/// A registration whose answer has come.
#[derive(Debug)]
pub struct Registration {
    state: PasskeyRegistration,
    /// What it is remembered by.
    pub challenge: AnsweredChallenge,
}

/// A request for a signature whose answer has come.
#[derive(Debug)]
pub struct Assertion {
    state: DiscoverableAuthentication,
    /// What it is remembered by.
    pub challenge: AnsweredChallenge,
}

impl Passkeys {
    /// The relying party of `config`; none where the page has no domain, and then every ceremony is
    /// [`PasskeyError::Unavailable`]. Tokens are sealed with keys from every secret of `keyring`.
    pub fn new(config: Option<PasskeyConfig>, keyring: &Keyring) -> Result<Self, Unspecified> {
        // What could be wrong with it, the configuration has refused.
        let site = config.map(|config| Ok((site::site(&config)?, config)));
        let site = site.transpose().map_err(|_: PasskeyError| Unspecified)?;
        Ok(Self { site, ceremonies: Ceremonies::new(keyring)? })
    }

    /// What authenticators know the service by; none where the page has no domain.
    pub fn config(&self) -> Option<&PasskeyConfig> {
        self.site.as_ref().map(|(_, config)| config)
    }

    fn site(&self) -> Result<&Webauthn, PasskeyError> {
        self.site.as_ref().map(|(site, _)| site).ok_or(PasskeyError::Unavailable)
    }

    /// Asks an authenticator for a new passkey of `user`, in the session `session_id`. One that has one of `known` makes no other.
    pub fn begin_registration(
        &self,
        user: &User,
        session_id: Uuid,
        known: &[Passkey],
        now: Timestamp,
    ) -> Result<Begun<CreationChallengeResponse>, PasskeyError> {
        let ids = known.iter().map(|passkey| Ok(parsed(&passkey.credential)?.cred_id().clone()));
        let ids = ids.collect::<Result<Vec<_>, PasskeyError>>()?;
        let (email, name) = (user.email.as_str(), user.full_name.as_str());
        let (mut options, state) = self.site()?.start_passkey_registration(user.id, email, name, None)?;
        let public_key = &mut options.public_key;
        // Not in the state, which the client carries: that a credential is registered once, the database sees to.
        public_key.exclude_credentials = Some(ids.into_iter().map(site::descriptor).collect());
        // The library leaves it to the authenticator. Only such a key is found without the account's name.
        let selection = public_key.authenticator_selection.get_or_insert_default();
        selection.resident_key = Some(ResidentKeyRequirement::Required);
        selection.require_resident_key = true;
        let challenge = site::challenge(&public_key.challenge, now + CEREMONY_LIFETIME);
        let token = self.ceremonies.registration((user.id, session_id), &challenge, &state)?;
        Ok(Begun { options, token })
    }

    /// The registration that `token` is of, where it was begun in this session and has not expired.
    pub fn registration(
        &self,
        token: &CeremonyToken,
        (user_id, session_id): (Uuid, Uuid),
        now: Timestamp,
    ) -> Result<Registration, PasskeyError> {
        self.site()?;
        let (owner, challenge, state) = self.ceremonies.open_registration(token, now)?;
        if owner == (user_id, session_id) {
            Ok(Registration { state, challenge })
        } else {
            Err(PasskeyError::Foreign)
        }
    }

    /// What is to be stored of the passkey that an authenticator has made.
    pub fn finish_registration(
        &self,
        registration: &Registration,
        credential: &RegisterPublicKeyCredential,
    ) -> Result<(CredentialHash, StoredCredential), PasskeyError> {
        let properties = credential.extensions.cred_props.as_ref();
        if properties.is_some_and(|properties| properties.rk == Some(false)) {
            return Err(PasskeyError::NotDiscoverable);
        }
        let passkey = self.site()?.finish_passkey_registration(credential, &registration.state)?;
        Ok((CredentialHash::of(passkey.cred_id()), stored(&passkey)?))
    }

    /// Asks whoever has a passkey of this service to sign, without a name of an account.
    pub fn begin_assertion(&self, now: Timestamp) -> Result<Begun<RequestChallengeResponse>, PasskeyError> {
        let (options, state) = self.site()?.start_discoverable_authentication()?;
        let challenge = site::challenge(&options.public_key.challenge, now + CEREMONY_LIFETIME);
        let token = self.ceremonies.assertion(&challenge, &state)?;
        Ok(Begun { options, token })
    }

    /// The request that `token` is of, where it has not expired.
    pub fn assertion(&self, token: &CeremonyToken, now: Timestamp) -> Result<Assertion, PasskeyError> {
        self.site()?;
        let (challenge, state) = self.ceremonies.open_assertion(token, now)?;
        Ok(Assertion { state, challenge })
    }

    /// Verifies that `passkey` has signed, with its owner recognized by the authenticator.
    pub fn finish_assertion(
        &self,
        assertion: &Assertion,
        credential: &PublicKeyCredential,
        passkey: &Passkey,
    ) -> Result<PasskeyUse, PasskeyError> {
        let site = self.site()?;
        let (user_id, _) = site.identify_discoverable_authentication(credential)?;
        if user_id != passkey.user_id {
            return Err(PasskeyError::OtherUser);
        }
        let mut known = parsed(&passkey.credential)?;
        let state = assertion.state.clone();
        let result = site.finish_discoverable_authentication_v2(credential, state, &known)?;
        let is_changed = known.update_credential(&result).unwrap_or_default();
        Ok(PasskeyUse {
            passkey_id: passkey.id,
            seen_uses: passkey.uses,
            challenge: assertion.challenge,
            credential: if is_changed { Some(stored(&known)?) } else { None },
        })
    }

    /// The use that would have been, had the counter not gone backwards.
    pub fn counted_back(assertion: &Assertion, passkey: &Passkey) -> PasskeyUse {
        PasskeyUse {
            passkey_id: passkey.id,
            seen_uses: passkey.uses,
            challenge: assertion.challenge,
            credential: None,
        }
    }
}

/// Options as they are told to a browser: what stands below `publicKey`.
pub fn told(options: &impl Serialize) -> Result<serde_json::Value, serde_json::Error> {
    let mut options = serde_json::to_value(options)?;
    Ok(options.get_mut("publicKey").map(serde_json::Value::take).unwrap_or_default())
}
