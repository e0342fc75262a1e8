//! Gives a stored answer again.

use super::error::ApiError;
use super::whole_state::whole_state;
use crate::app::AppState;
use crate::auth::AccessError;
use crate::domain::onboarding::Onboarding;
use crate::idempotency::{Answer, Completion, Kept, StateReference};

/// The stored answer. Of an onboarding's state only a reference is stored, and the answer is made from the state
/// again.
pub(super) async fn answer_again(app: &AppState, kept: Kept) -> Result<Answer, ApiError> {
    match kept {
        Kept::Answer(answer) => Ok(answer),
        Kept::State(reference) => match as_it_was(app, &reference).await? {
            Some(answer) => Ok(answer),
            None => as_it_is(app, &reference).await,
        },
    }
}

/// The same answer, byte for byte; none where the state of that version is not stored any more.
async fn as_it_was(app: &AppState, reference: &StateReference) -> Result<Option<Answer>, ApiError> {
    let Some(state) = app.store.onboarding_at(reference.user_id, reference.version).await? else {
        return Ok(None);
    };
    let template = app.templates.find(&*app.store, &state.template).await?;
    for state in states_with(state, reference.completion) {
        let answer = whole_state(&template, &state)?;
        if answer.is_the_one_of(reference) {
            return Ok(Some(answer));
        }
    }
    Ok(None)
}

/// The states that the answer may have shown, where `now` has the present completion. The onboarding may have been
/// completed for the first or the last time.
fn states_with(now: Onboarding, completion: Completion) -> Vec<Onboarding> {
    let open = Onboarding { completed_at: None, ..now.clone() };
    match completion {
        Completion::Never => vec![Onboarding { activated_at: None, ..open }],
        Completion::Reopened => vec![open],
        Completion::Completed => {
            let first = Onboarding { completed_at: now.activated_at, ..open };
            if first == now { vec![now] } else { vec![first, now] }
        }
    }
}

/// The present state, where the state of the answer is not stored any more. The request was done, and a client can go
/// on with the present state.
async fn as_it_is(app: &AppState, reference: &StateReference) -> Result<Answer, ApiError> {
    let state = app.store.onboarding(reference.user_id).await?.ok_or(AccessError::UnknownUser)?;
    let template = app.templates.find(&*app.store, &state.template).await?;
    whole_state(&template, &state)
}
