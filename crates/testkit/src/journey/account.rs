//! The changes of a person's account: proving the address, and another password.

use std::time::Duration;

use serde_json::json;

use super::person::spelled;
use super::{Api, Call, Failure, Operation, Person, Reason, Tokens};

/// The longest wait for a mail within a journey. The mail of an instance that has died comes at the end of its lease,
/// and the address is verified afterwards.
const PATIENCE: Duration = Duration::from_secs(3);
/// The longest wait for a mail after the journeys, which is longer than a lease.
const LAST_PATIENCE: Duration = Duration::from_secs(150);

impl Person {
    /// Proves the address by the code that was mailed, where it has come by now.
    pub(super) async fn verify_email(&mut self, api: &Api, own: &Tokens) -> Result<(), Failure> {
        let Some(mailbox) = api.mailbox() else { return Ok(()) };
        let codes = mailbox.codes(&self.email, PATIENCE).await;
        match codes.as_slice() {
            [] => Ok(()),
            [code] => self.give_code(api, own, code).await,
            _ => Err(api.fail(Operation::Verify, None, self.doubled(&codes))),
        }
    }

    async fn give_code(&mut self, api: &Api, own: &Tokens, code: &str) -> Result<(), Failure> {
        let call = Call::post(Operation::Verify, "/api/auth/email/verify", Some(json!({"code": code})));
        api.call(&call.bearer(&own.access).expect(204)).await?;
        self.verified = true;
        Ok(())
    }

    fn doubled(&self, codes: &[String]) -> Reason {
        Reason::Content(format!("{}: {} mails with a code instead of one", self.email, codes.len()))
    }

    /// Takes another password, once.
    pub(super) async fn change_password(&mut self, api: &Api, own: &Tokens) -> Result<(), Failure> {
        let new = format!("another passphrase of {}", spelled(self.number));
        let body = json!({"current_password": self.password, "new_password": new});
        let call = Call::post(Operation::ChangePassword, "/api/auth/password/change", Some(body));
        // Until it is acknowledged, either may be the password.
        self.new_password = Some(new.clone());
        api.call(&call.bearer(&own.access).expect(204)).await?;
        self.password = new;
        self.new_password = None;
        Ok(())
    }

    /// Logs in afterwards, when a change of the password that failed may have happened or not.
    pub(super) async fn login_afterwards(&mut self, api: &Api) -> Result<Tokens, Failure> {
        if let Some(new) = self.new_password.take() {
            let changed = Self { password: new, ..self.clone() };
            if let Ok(tokens) = changed.login(api).await {
                return Ok(tokens);
            }
        }
        self.login(api).await
    }

    /// Afterwards: the mail has come, once, and proves the address.
    pub(super) async fn check_account(&mut self, api: &Api, own: &Tokens) -> Result<(), Failure> {
        if let Some(mailbox) = api.mailbox() {
            let codes = mailbox.codes(&self.email, LAST_PATIENCE).await;
            if codes.len() != 1 {
                return Err(api.fail(Operation::Verify, None, self.doubled(&codes)));
            }
            if !self.verified && !self.is_verified(api, own).await? {
                self.give_code(api, own, &codes[0]).await?;
            }
            if !self.is_verified(api, own).await? {
                let wrong = Reason::Content(format!("{}: the address is not verified", self.email));
                return Err(api.fail(Operation::Me, None, wrong));
            }
        }
        Ok(())
    }

    async fn is_verified(&self, api: &Api, own: &Tokens) -> Result<bool, Failure> {
        let call = Call::get(Operation::Me, "/api/auth/me").bearer(&own.access);
        Ok(api.call(&call).await?.json()["email_verified"] == true)
    }
}
