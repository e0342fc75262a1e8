//! Finds the webhook's events that follow from a change.

use super::state::AppState;
use crate::domain::event::Event;
use crate::domain::onboarding::StepStatus;
use crate::domain::{Timestamp, User};
use crate::outbox::{EnvelopeError, MAIL, WEBHOOK};
use crate::store::outbox::NewMessage;
use crate::store::{Effect, IdentityChange, OidcChange};

impl AppState {
    /// The message of `event`, to be committed with the change; none where no webhook is configured.
    pub fn event(&self, event: &Event) -> Result<Option<NewMessage>, EnvelopeError> {
        self.webhook_bell.as_ref().map(|_| self.envelopes.seal_event(event)).transpose()
    }

    /// The messages of the events that follow from `effect` at `at`; none where no webhook is configured.
    pub fn events_of(&self, effect: &Effect, at: Timestamp) -> Result<Vec<NewMessage>, EnvelopeError> {
        told_by(effect, at).iter().filter_map(|event| self.event(event).transpose()).collect()
    }

    /// Wakes the tasks that send the messages that were just committed.
    pub fn ring(&self, messages: Written) {
        if messages.mails {
            self.outbox_bell.notify_one();
        }
        if let Some(bell) = self.webhook_bell.as_ref().filter(|_| messages.events) {
            bell.notify_one();
        }
    }
}

/// The kinds of messages that were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Mails were written.
    pub mails: bool,
    /// Events were written.
    pub events: bool,
}

impl Written {
    /// The kinds of the messages `messages`.
    pub fn of(messages: &[NewMessage]) -> Self {
        let has = |channel| messages.iter().any(|message| message.channel == channel);
        Self { mails: has(MAIL), events: has(WEBHOOK) }
    }
}

fn registered(user: &User) -> Vec<Event> {
    let verified = user.email_verified_at.map(|_| Event::email_verified(user.id, &user.email));
    [Event::registered(user)].into_iter().chain(verified).collect()
}

fn told_by(effect: &Effect, at: Timestamp) -> Vec<Event> {
    match effect {
        Effect::Register { user, .. } => registered(&user.user),
        Effect::Oidc(change) => match &**change {
            OidcChange::Register { user, .. } => registered(&user.user),
            _ => Vec::new(),
        },
        Effect::Identity(change) => match &**change {
            IdentityChange::VerifyEmail { user_id, email, .. }
            | IdentityChange::ChangeEmail { user_id, email, .. } => {
                vec![Event::email_verified(*user_id, email)]
            }
            _ => Vec::new(),
        },
        // A step that was completed before keeps the time of that.
        Effect::SaveStep { user_id, expected_version, step, record, .. }
            if record.status == StepStatus::Completed && record.completed_at == Some(at) =>
        {
            let (step, version) = (step.to_string(), expected_version + 1);
            vec![Event::StepCompleted { user_id: *user_id, step, version }]
        }
        Effect::CompleteOnboarding { user_id, expected_version, .. } => {
            vec![Event::OnboardingCompleted { user_id: *user_id, version: expected_version + 1 }]
        }
        // The first reminder is written when the onboarding has stood still for long enough to be stuck.
        Effect::Remind(reminder) if reminder.number == 1 => {
            vec![Event::OnboardingStuck { user_id: reminder.user_id, since: reminder.changed_at }]
        }
        Effect::Sequence(effects) => effects.iter().flat_map(|effect| told_by(effect, at)).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::onboarding::StepRecord;
    use crate::domain::onboarding::template::TemplateId;
    use crate::domain::{NewUser, PasswordHash, User};
    use time::macros::datetime;
    use uuid::Uuid;

    const AT: Timestamp = datetime!(2026-03-01 12:00 UTC);

    fn kinds(effect: &Effect) -> Vec<&'static str> {
        told_by(effect, AT).iter().map(Event::kind).collect()
    }

    fn saved(status: StepStatus, completed_at: Option<Timestamp>) -> Effect {
        let record = StepRecord::new(status, serde_json::Map::new(), completed_at);
        let (user_id, step) = (Uuid::nil(), "profile".parse().unwrap());
        Effect::SaveStep { user_id, expected_version: 4, step, record, reshape: None }
    }

    fn added(email_verified_at: Option<Timestamp>) -> User {
        let (email, name) = ("zoe@example.com".parse().unwrap(), "Zoë".parse().unwrap());
        User { email_verified_at, ..User::registered(Uuid::nil(), email, name, AT) }
    }

    #[test]
    fn a_step_is_told_when_it_becomes_completed_and_not_again() {
        let first = told_by(&saved(StepStatus::Completed, Some(AT)), AT);
        let expected = Event::StepCompleted { user_id: Uuid::nil(), step: "profile".into(), version: 5 };
        assert_eq!(first, [expected]);
        assert!(kinds(&saved(StepStatus::Completed, Some(AT - time::Duration::SECOND))).is_empty());
        assert!(kinds(&saved(StepStatus::Skipped, None)).is_empty());
        assert!(kinds(&saved(StepStatus::InProgress, None)).is_empty());
    }

    #[test]
    fn other_changes_tell_what_they_are() {
        let complete =
            Effect::CompleteOnboarding { user_id: Uuid::nil(), expected_version: 4, reshape: None };
        assert_eq!(kinds(&complete), ["onboarding.completed"]);
        let both = Effect::Sequence(vec![saved(StepStatus::Completed, Some(AT)), complete]);
        assert_eq!(kinds(&both), ["onboarding.step_completed", "onboarding.completed"]);
        assert!(kinds(&Effect::None).is_empty());
        // Whoever has the command line registers nobody.
        let password_hash = PasswordHash::from_phc(String::new());
        assert!(
            kinds(&Effect::AddAccount(Box::new(NewUser {
                user: added(None),
                password_hash,
                template: TemplateId::original()
            })))
            .is_empty()
        );
    }
}
