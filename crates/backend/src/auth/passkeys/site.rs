//! The relying party, and what is stored of credentials, in the library's terms.

use url::Url;
use webauthn_rs::prelude::{CredentialID, Passkey, Webauthn, WebauthnBuilder, WebauthnError};
use webauthn_rs_proto::PublicKeyCredentialDescriptor;

use super::PasskeyError;
use crate::config::PasskeyConfig;
use crate::domain::Timestamp;
use crate::domain::passkey::{AnsweredChallenge, CEREMONY_LIFETIME, StoredCredential};
use crate::mail::PRODUCT;

/// The relying party of `config`. All its ceremonies require user verification.
pub(super) fn site(config: &PasskeyConfig) -> Result<Webauthn, PasskeyError> {
    let (first, others) =
        config.origins.split_first().ok_or(PasskeyError::Broken(WebauthnError::Configuration))?;
    let builder = WebauthnBuilder::new(&config.rp_id, first).map_err(PasskeyError::Broken)?;
    let builder = others.iter().fold(builder, |builder, origin: &Url| builder.append_allowed_origin(origin));
    let builder = builder.rp_name(PRODUCT).timeout(CEREMONY_LIFETIME.unsigned_abs());
    builder.build().map_err(PasskeyError::Broken)
}

pub(super) fn descriptor(id: CredentialID) -> PublicKeyCredentialDescriptor {
    PublicKeyCredentialDescriptor { type_: "public-key".to_owned(), id, transports: None }
}

pub(super) fn challenge(bytes: &[u8], expires_at: Timestamp) -> AnsweredChallenge {
    AnsweredChallenge::of(bytes, expires_at)
}

pub(super) fn parsed(StoredCredential(text): &StoredCredential) -> Result<Passkey, PasskeyError> {
    Ok(serde_json::from_str(text)?)
}

pub(super) fn stored(passkey: &Passkey) -> Result<StoredCredential, PasskeyError> {
    Ok(StoredCredential(serde_json::to_string(passkey)?))
}
