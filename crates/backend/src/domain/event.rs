//! Events of a person that the webhook tells other systems.

use serde::Serialize;
use uuid::Uuid;

use super::{Email, FullName, Language, Timestamp, User};

/// Something that has happened to one person. Serialized, it is the `data` of the event, by the names of its fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Event {
    /// Somebody has made an account.
    UserRegistered {
        /// Whose account.
        user_id: Uuid,
        /// Its address.
        email: String,
        /// The person's name.
        full_name: String,
        /// The language that the person has chosen, as a BCP 47 tag.
        language: Option<String>,
    },
    /// Somebody has proved that an address reaches them.
    EmailVerified {
        /// Whose account.
        user_id: Uuid,
        /// The address.
        email: String,
    },
    /// A step is completed that was not.
    StepCompleted {
        /// Whose onboarding.
        user_id: Uuid,
        /// The key of the step.
        step: String,
        /// The version of the onboarding by that.
        version: i64,
    },
    /// The onboarding is completed.
    OnboardingCompleted {
        /// Whose.
        user_id: Uuid,
        /// The version of the onboarding by that.
        version: i64,
    },
    /// The onboarding is not completed and has not changed for long.
    OnboardingStuck {
        /// Whose.
        user_id: Uuid,
        /// When it was last changed.
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

    /// The registration of `user`.
    pub fn registered(user: &User) -> Self {
        Self::UserRegistered {
            user_id: user.id,
            email: user.email.as_str().to_owned(),
            full_name: FullName::as_str(&user.full_name).to_owned(),
            language: user.language.as_ref().map(|language| Language::as_str(language).to_owned()),
        }
    }

    /// The proof that `email` reaches the owner of the account `user_id`.
    pub fn email_verified(user_id: Uuid, email: &Email) -> Self {
        Self::EmailVerified { user_id, email: email.as_str().to_owned() }
    }

    /// Its name: the `type` of the event.
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

    /// Whom it concerns.
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
