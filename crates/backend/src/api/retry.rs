//! Optimistic retries: a change is decided by facts that were read, and decided anew when the facts have changed.

use super::attempt::Commit;
use super::error::ApiError;
use crate::idempotency::Answer;
use crate::store::StoreError;

/// Calls `decide` until its commit is done, at most `tries` times. `what` names the facts that have to stand still.
pub(super) async fn until_done<F>(
    tries: u32,
    what: &'static str,
    mut decide: impl FnMut() -> F,
) -> Result<Answer, ApiError>
where
    F: Future<Output = Result<Commit, ApiError>>,
{
    for _ in 0..tries {
        if let Commit::Done(answer) = decide().await? {
            return Ok(answer);
        }
    }
    Err(StoreError::exhausted(what).into())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use http::StatusCode;

    use super::*;

    #[tokio::test]
    async fn what_is_stale_is_decided_anew_so_many_times_and_no_more() {
        let calls = Cell::new(0);
        let decide = |done_at: u32| {
            let calls = &calls;
            move || async move {
                calls.set(calls.get() + 1);
                let answer = Commit::Done(Answer::empty(StatusCode::NO_CONTENT));
                Ok(if calls.get() == done_at { answer } else { Commit::Stale })
            }
        };
        let done = until_done(3, "a thing that stands still", decide(3)).await;
        assert_eq!((done.is_ok(), calls.take()), (true, 3));
        let never = until_done(3, "a thing that stands still", decide(9)).await;
        assert!(matches!(never, Err(ApiError::Store(StoreError::Unavailable { .. }))), "{never:?}");
        assert_eq!(calls.take(), 3);
        let failed = until_done(3, "a thing", || {
            calls.set(calls.get() + 1);
            async { Err(ApiError::Forbidden) }
        });
        assert!(matches!(failed.await, Err(ApiError::Forbidden)));
        assert_eq!(calls.take(), 1, "a refusal is no reason to try again");
    }
}
