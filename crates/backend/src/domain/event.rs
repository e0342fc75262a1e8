//! Events of a person that the webhook tells other systems.

use serde::Serialize;
use uuid::Uuid;

use super::{Email, FullName, Language, Timestamp, User};

/// Something that has happened to one person. The serialized event is the `data` of a webhook's message; the names of
/// the fields are part of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Event {
    /// Somebody has made an account.
    UserRegistered {
        /// The id of the new account.
        user_id: Uuid,
        /// The e-mail address of the account.
        email: String,
        /// The person's name.
        full_name: String,
        /// The language that the person has chosen, as a BCP 47 tag.
        language: Option<String>,
    },
    /// Somebody has proved that mail to an address reaches them.
    EmailVerified {
        /// The id of the account.
        user_id: Uuid,
        /// The address that was proved.
        email: String,
    },
    /// A person has completed a step that was not completed before.
    StepCompleted {
        /// The id of the account.
        user_id: Uuid,
        /// The key of the step.
        step: String,
        /// The version of the onboarding after this change.
        version: i64,
    },
    /// A person has completed the onboarding.
    OnboardingCompleted {
        /// The id of the account.
        user_id: Uuid,
        /// The version of the onboarding after this change.
        version: i64,
    },
    /// An onboarding is not completed and has not changed for long.
    OnboardingStuck {
        /// The id of the account.
        user_id: Uuid,
        /// The time of the last change.
        #[serde(with = "time::serde::rfc3339")]
        since: Timestamp,
    },
}

impl Event {
    /// The names of all events.
    pub const KINDS: [&'static str; 5] = [
        "user.registered",
        "user.email_verified",
        "onboarding.step_completed",
        "onboarding.completed",
        "onboarding.stuck",
    ];

    /// The event of the registration of `user`.
    pub fn registered(user: &User) -> Self {
        Self::UserRegistered {
            user_id: user.id,
            email: user.email.as_str().to_owned(),
            full_name: FullName::as_str(&user.full_name).to_owned(),
            language: user.language.as_ref().map(|language| Language::as_str(language).to_owned()),
        }
    }

    /// The event of the proof that `email` reaches the owner of the account `user_id`.
    pub fn email_verified(user_id: Uuid, email: &Email) -> Self {
        Self::EmailVerified { user_id, email: email.as_str().to_owned() }
    }

    /// The event's name, which is the `type` of a webhook's message.
    pub fn kind(&self) -> &'static str {
        let [registered, verified, step, completed, stuck] = Self::KINDS;
        match self {
            Self::UserRegistered { .. } => registered,
            Self::EmailVerified { .. } => verified,
            Self::StepCompleted { .. } => step,
            Self::OnboardingCompleted { .. } => completed,
            Self::OnboardingStuck { .. } => stuck,
        }
    }

    /// The id of the account that the event is about.
    pub fn user_id(&self) -> Uuid {
        match self {
            Self::UserRegistered { user_id, .. }
            | Self::EmailVerified { user_id, .. }
            | Self::StepCompleted { user_id, .. }
            | Self::OnboardingCompleted { user_id, .. }
            | Self::OnboardingStuck { user_id, .. } => *user_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    #[test]
    fn data_are_the_fields_by_their_names() {
        let user_id = Uuid::nil();
        let stuck = Event::OnboardingStuck { user_id, since: datetime!(2026-03-01 12:00 UTC) };
        assert_eq!(stuck.kind(), "onboarding.stuck");
        assert_eq!(
            serde_json::to_value(&stuck).unwrap(),
            json!({"user_id": user_id, "since": "2026-03-01T12:00:00Z"})
        );
        let step = Event::StepCompleted { user_id, step: "profile".into(), version: 3 };
        assert_eq!((step.kind(), step.user_id()), ("onboarding.step_completed", user_id));
        let expected = json!({"user_id": user_id, "step": "profile", "version": 3});
        assert_eq!(serde_json::to_value(&step).unwrap(), expected);
    }
}
