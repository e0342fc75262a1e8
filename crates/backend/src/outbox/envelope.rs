//! Envelopes: encrypted messages in the outbox. The codes and links of a message open accounts.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use service_kit::jwt::Keyring;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::domain::EmailError;
use crate::domain::Language;
use crate::domain::mail::{Mail, MailContent};
use crate::store::outbox::{NewMessage, SealedParameters};

/// The channel of mails.
pub const MAIL: &str = "mail";

/// Encrypts and decrypts messages, with the keys of all secrets.
pub struct Envelopes {
    /// The keys by `kid`, that of the current secret first.
    keys: Vec<(String, RandomizedNonceKey)>,
}

/// The reason why a message cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// The secret of the message is not known any more.
    #[error("the secret {kid} of a message is not known any more")]
    UnknownSecret {
        /// The `kid` of the secret.
        kid: String,
    },
    /// The message was damaged, tampered with or moved.
    #[error("a message cannot be decrypted")]
    Damaged(#[from] Unspecified),
    /// The message was written by a version that this version does not understand.
    #[error("a message cannot be read")]
    Unreadable(#[from] serde_json::Error),
    /// The recipient is no e-mail address.
    #[error("the recipient of a message is no address")]
    Recipient(#[from] EmailError),
}

impl Envelopes {
    /// Envelopes with keys from every secret of `keyring`.
    ///
    /// # Errors
    ///
    /// [`Unspecified`] where a key cannot be made.
    pub fn new(keyring: &Keyring) -> Result<Self, Unspecified> {
        let keys = keyring.derive_all("outbox parameters A256GCM v1").into_iter();
        let keys = keys.map(|(kid, key)| Ok((kid, RandomizedNonceKey::new(&AES_256_GCM, &key)?)));
        Ok(Self { keys: keys.collect::<Result<_, Unspecified>>()? })
    }

    /// A new message with `mail`.
    ///
    /// # Errors
    ///
    /// An [`EnvelopeError`] by cause.
    pub fn seal(&self, mail: &Mail) -> Result<NewMessage, EnvelopeError> {
        let id = Uuid::now_v7();
        Ok(NewMessage {
            id,
            channel: MAIL.to_owned(),
            topic: mail.content.kind().to_owned(),
            user_id: mail.user_id,
            recipient: mail.to.as_str().to_owned(),
            language: mail.language.as_ref().map_or("en", Language::as_str).to_owned(),
            parameters: self.encrypt(id, serde_json::to_vec(&mail.content)?)?,
            expires_at: mail.expires_at,
            in_order: false,
        })
    }

    /// The mail in `message`.
    ///
    /// # Errors
    ///
    /// An [`EnvelopeError`] by cause.
    pub fn open(&self, message: &NewMessage) -> Result<Mail, EnvelopeError> {
        let content: MailContent = serde_json::from_slice(&self.decrypt(message)?)?;
        Ok(Mail {
            user_id: message.user_id,
            to: message.recipient.parse()?,
            language: message.language.parse().ok(),
            content,
            expires_at: message.expires_at,
        })
    }

    /// The content of the message `id`, encrypted and bound to that id.
    pub(super) fn encrypt(&self, id: Uuid, mut text: Vec<u8>) -> Result<SealedParameters, EnvelopeError> {
        // `Keyring` has a current secret by its making.
        let (kid, key) = self.keys.first().ok_or(Unspecified)?;
        let nonce = key.seal_in_place_append_tag(Aad::from(id.as_bytes()), &mut text)?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.append(&mut text);
        Ok(SealedParameters { kid: kid.clone(), sealed })
    }

    /// The decrypted content of `message`.
    pub(super) fn decrypt(&self, message: &NewMessage) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
        let SealedParameters { kid, sealed } = &message.parameters;
        let key = self.keys.iter().find(|(known, _)| known == kid);
        let (_, key) = key.ok_or_else(|| EnvelopeError::UnknownSecret { kid: kid.clone() })?;
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or(Unspecified)?;
        let mut text = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::try_assume_unique_for_key(nonce)?;
        let length = key.open_in_place(nonce, Aad::from(message.id.as_bytes()), &mut text)?.len();
        text.truncate(length);
        Ok(text)
    }
}

impl fmt::Debug for Envelopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|(kid, _)| kid)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mail::MailSecret;
    use service_kit::config::Secret;

    const OLD: &str = "the old secret, of sufficient length";
    const NEW: &str = "the new secret, of sufficient length";

    fn envelopes(current: &str, others: &[&str]) -> Envelopes {
        let others: Vec<Secret> = others.iter().map(|text| Secret::new(*text)).collect();
        Envelopes::new(&Keyring::new(&Secret::new(current), &others).unwrap()).unwrap()
    }

    fn mail() -> Mail {
        let secret = |text: &str| MailSecret(text.to_owned());
        let content = MailContent::VerifyEmail {
            full_name: "Zoë".into(),
            code: secret("314159"),
            token: secret("tell-tale"),
            minutes: 10,
        };
        let (to, language) = ("zoe@example.com".parse().unwrap(), "de-AT".parse().ok());
        Mail { user_id: Some(Uuid::now_v7()), to, language, content, expires_at: None }
    }

    #[test]
    fn a_mail_comes_back_as_it_was_and_the_message_tells_nothing() {
        let envelopes = envelopes(NEW, &[]);
        let message = envelopes.seal(&mail()).unwrap();
        assert_eq!((message.topic.as_str(), message.language.as_str()), ("verify_email", "de-AT"));
        let opened = envelopes.open(&message).unwrap();
        assert_eq!((&opened.content, &opened.language), (&mail().content, &mail().language));
        let stored = format!("{message:?} {}", String::from_utf8_lossy(&message.parameters.sealed));
        assert!(!stored.contains("314159") && !stored.contains("tell-tale"), "{stored}");
        assert!(!format!("{opened:?}").contains("314159"));
    }

    #[test]
    fn moved_parameters_and_a_lost_secret_are_told() {
        let old = envelopes(OLD, &[]);
        let message = old.seal(&mail()).unwrap();
        let moved = NewMessage { id: Uuid::now_v7(), ..message.clone() };
        assert!(matches!(old.open(&moved), Err(EnvelopeError::Damaged(_))));
        let lost = envelopes(NEW, &[]).open(&message);
        assert!(matches!(lost, Err(EnvelopeError::UnknownSecret { .. })));
        assert_eq!(envelopes(NEW, &[OLD]).open(&message).unwrap().content, mail().content);
    }
}
