//! Ceremonies with authenticators (WebAuthn Level 3): a passkey is made, or signs.
//!
//! A ceremony has two halves, and two instances may do one half each. The first half gives a challenge, and the
//! second half verifies the answer. An encrypted token, which the client brings back, has the state that the second
//! half needs. So a visitor of the log-in page leaves nothing in the database. The database makes sure that each
//! challenge is answered once ([`AnsweredChallenge`]).

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

/// The types of a ceremony's options and answers in JSON.
pub mod wire {
    pub use webauthn_rs::prelude::{PublicKeyCredential, RegisterPublicKeyCredential};
}

/// The relying party: this service, as authenticators know it.
#[derive(Debug)]
pub struct Passkeys {
    /// The relying party's settings; none where the page has no domain.
    site: Option<(Webauthn, PasskeyConfig)>,
    ceremonies: Ceremonies,
}

/// The result of a ceremony's first half.
#[derive(Debug)]
pub struct Begun<O> {
    /// The options for the browser's `navigator.credentials.create` or `get`.
    pub options: O,
    /// The token for the second half.
    pub token: CeremonyToken,
}

/// A registration whose answer has come.
#[derive(Debug)]
pub struct Registration {
    state: PasskeyRegistration,
    /// The record of the challenge.
    pub challenge: AnsweredChallenge,
}

/// A request for a signature whose answer has come.
#[derive(Debug)]
pub struct Assertion {
    state: DiscoverableAuthentication,
    /// The record of the challenge.
    pub challenge: AnsweredChallenge,
}

impl Passkeys {
    /// The relying party of `config`. Without a configuration the page has no domain, and every ceremony is
    /// [`PasskeyError::Unavailable`]. Tokens are encrypted with keys from every secret of `keyring`.
    ///
    /// # Errors
    ///
    /// [`Unspecified`] where a key cannot be made.
    pub fn new(config: Option<PasskeyConfig>, keyring: &Keyring) -> Result<Self, Unspecified> {
        // What could be wrong with it, the configuration has refused.
        let site = config.map(|config| Ok((site::site(&config)?, config)));
        let site = site.transpose().map_err(|_: PasskeyError| Unspecified)?;
        Ok(Self { site, ceremonies: Ceremonies::new(keyring)? })
    }

    /// The settings of the relying party; none where the page has no domain.
    pub fn config(&self) -> Option<&PasskeyConfig> {
        self.site.as_ref().map(|(_, config)| config)
    }

    fn site(&self) -> Result<&Webauthn, PasskeyError> {
        self.site.as_ref().map(|(site, _)| site).ok_or(PasskeyError::Unavailable)
    }

    /// Begins the registration of a new passkey of `user` in the session `session_id`. An authenticator that has one
    /// of the passkeys `known` makes no other one.
    ///
    /// # Errors
    ///
    /// A [`PasskeyError`] by cause.
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

    /// The registration of `token`, which must be of this session and must not have expired.
    ///
    /// # Errors
    ///
    /// A [`PasskeyError`] by cause.
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

    /// Verifies the authenticator's answer. Gives the credential to store.
    ///
    /// # Errors
    ///
    /// A [`PasskeyError`] by cause.
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

    /// Begins a log-in: asks for the signature of any passkey of this service, without the name of an account.
    ///
    /// # Errors
    ///
    /// A [`PasskeyError`] by cause.
    pub fn begin_assertion(&self, now: Timestamp) -> Result<Begun<RequestChallengeResponse>, PasskeyError> {
        let (options, state) = self.site()?.start_discoverable_authentication()?;
        let challenge = site::challenge(&options.public_key.challenge, now + CEREMONY_LIFETIME);
        let token = self.ceremonies.assertion(&challenge, &state)?;
        Ok(Begun { options, token })
    }

    /// The log-in of `token`, which must not have expired.
    ///
    /// # Errors
    ///
    /// A [`PasskeyError`] by cause.
    pub fn assertion(&self, token: &CeremonyToken, now: Timestamp) -> Result<Assertion, PasskeyError> {
        self.site()?;
        let (challenge, state) = self.ceremonies.open_assertion(token, now)?;
        Ok(Assertion { state, challenge })
    }

    /// Verifies the signature of `passkey`, and that the authenticator has recognized its owner.
    ///
    /// # Errors
    ///
    /// A [`PasskeyError`] by cause.
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

    /// The use whose counter went backwards, as it is recorded.
    pub fn counted_back(assertion: &Assertion, passkey: &Passkey) -> PasskeyUse {
        PasskeyUse {
            passkey_id: passkey.id,
            seen_uses: passkey.uses,
            challenge: assertion.challenge,
            credential: None,
        }
    }
}

/// The options as JSON for a browser: the content of `publicKey`.
pub fn told(options: &impl Serialize) -> Result<serde_json::Value, serde_json::Error> {
    let mut options = serde_json::to_value(options)?;
    Ok(options.get_mut("publicKey").map(serde_json::Value::take).unwrap_or_default())
}
