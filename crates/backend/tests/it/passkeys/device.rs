//! A device that keeps a passkey, and the browser that it is in.

use async_trait::async_trait;
use passkey::authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey::client::{Client, DefaultClientData};
use passkey::crypto::AvailableBackend;
use passkey::crypto::aws_lc_rs::AwsLcRsBackend;
use passkey_types::Passkey;
use passkey_types::ctap2::{Aaguid, Ctap2Error};
use passkey_types::webauthn::{CredentialCreationOptions, CredentialRequestOptions};
use serde_json::{Value, json};
use url::Url;

/// What the tests' page is called.
pub(super) const ORIGIN: &str = "https://app.example.com";

/// Whoever holds the device.
struct Owner {
    is_recognized: bool,
}

#[async_trait]
impl UserValidationMethod for Owner {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _: UiHint<'a, Passkey>,
        _: bool,
        _: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck { presence: true, verification: self.is_recognized })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

/// A device with room for one passkey.
#[derive(Clone)]
pub(super) struct Device {
    pub(super) key: Option<Passkey>,
    /// Whether it counts its signatures.
    pub(super) counts: bool,
    pub(super) is_recognized: bool,
    /// Where its browser is.
    pub(super) origin: &'static str,
}

impl Device {
    pub(super) fn new() -> Self {
        Self { key: None, counts: true, is_recognized: true, origin: ORIGIN }
    }

    fn authenticator(&self) -> Authenticator<Option<Passkey>, Owner, AwsLcRsBackend> {
        let owner = Owner { is_recognized: self.is_recognized };
        let backend: AvailableBackend = AwsLcRsBackend;
        let mut authenticator = Authenticator::new(Aaguid::new_empty(), self.key.clone(), owner, backend);
        authenticator.set_make_credentials_with_signature_counter(self.counts);
        authenticator
    }

    fn origin(&self) -> Url {
        self.origin.parse().unwrap()
    }

    /// `navigator.credentials.create()`.
    pub(super) async fn create(&mut self, options: &Value) -> Value {
        let request: CredentialCreationOptions =
            serde_json::from_value(json!({"publicKey": options})).unwrap();
        let mut client = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let made = client.register(self.origin(), request, DefaultClientData).await.unwrap();
        self.key.clone_from(client.authenticator().store());
        serde_json::to_value(made).unwrap()
    }

    /// `navigator.credentials.get()`.
    pub(super) async fn get(&mut self, options: &Value) -> Value {
        let request: CredentialRequestOptions =
            serde_json::from_value(json!({"publicKey": options})).unwrap();
        let mut client = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let signed = client.authenticate(self.origin(), request, DefaultClientData).await.unwrap();
        self.key.clone_from(client.authenticator().store());
        serde_json::to_value(signed).unwrap()
    }
}
