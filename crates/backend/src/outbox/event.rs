//! Events as messages of the outbox.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::envelope::{EnvelopeError, Envelopes};
use crate::domain::event::Event;
use crate::store::outbox::NewMessage;

/// The channel of events, which go to the webhook.
pub const WEBHOOK: &str = "webhook";

impl Envelopes {
    /// A new message with `event`, after the earlier ones of the same person.
    ///
    /// # Errors
    ///
    /// An [`EnvelopeError`] by cause.
    pub fn seal_event(&self, event: &Event) -> Result<NewMessage, EnvelopeError> {
        let id = Uuid::now_v7();
        Ok(NewMessage {
            id,
            channel: WEBHOOK.to_owned(),
            topic: event.kind().to_owned(),
            user_id: Some(event.user_id()),
            // All go to one place, which is not the message's to know.
            recipient: String::new(),
            language: String::new(),
            parameters: self.encrypt(id, serde_json::to_vec(event)?)?,
            expires_at: None,
            in_order: true,
        })
    }

    /// The data of the event in `message`. An earlier or later version may have written the message.
    ///
    /// # Errors
    ///
    /// An [`EnvelopeError`] by cause.
    pub fn open_event(&self, message: &NewMessage) -> Result<Map<String, Value>, EnvelopeError> {
        Ok(serde_json::from_slice(&self.decrypt(message)?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use service_kit::config::Secret;
    use service_kit::jwt::Keyring;

    #[test]
    fn an_event_comes_back_and_the_message_tells_nothing_of_it() {
        let keyring = Keyring::new(&Secret::new("a secret of the tests, long enough"), &[]).unwrap();
        let envelopes = Envelopes::new(&keyring).unwrap();
        let event = Event::email_verified(Uuid::nil(), &"zoe@example.com".parse().unwrap());
        let message = envelopes.seal_event(&event).unwrap();
        assert_eq!((message.topic.as_str(), message.user_id), ("user.email_verified", Some(Uuid::nil())));
        assert!(message.in_order && !String::from_utf8_lossy(&message.parameters.sealed).contains("zoe"));
        let opened = Value::Object(envelopes.open_event(&message).unwrap());
        assert_eq!(opened, serde_json::to_value(&event).unwrap());
    }
}
