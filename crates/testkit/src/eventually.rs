//! Waiting for a condition.

use std::{
    fmt::Debug,
    future::Future,
    panic::Location,
    time::{Duration, Instant},
};

/// A condition that holds, or not yet.
pub trait Condition {
    /// The value of a condition that holds.
    type Value;

    /// The value, or what was seen instead.
    fn settle(self) -> Result<Self::Value, String>;
}

impl Condition for bool {
    type Value = ();

    fn settle(self) -> Result<(), String> {
        if self { Ok(()) } else { Err("false".to_owned()) }
    }
}

impl<T> Condition for Option<T> {
    type Value = T;

    fn settle(self) -> Result<T, String> {
        self.ok_or_else(|| "None".to_owned())
    }
}

impl<T, E: Debug> Condition for Result<T, E> {
    type Value = T;

    fn settle(self) -> Result<T, String> {
        self.map_err(|error| format!("{error:?}"))
    }
}

/// Asks again and again until the condition holds, and gives its value.
///
/// The condition is a `bool`, an `Option`, or a `Result` whose error says what was seen instead.
///
/// # Panics
/// After `timeout`, naming the caller and what was seen last.
#[track_caller]
pub fn eventually<F, C>(timeout: Duration, mut ask: impl FnMut() -> F) -> impl Future<Output = C::Value>
where
    F: Future<Output = C>,
    C: Condition,
{
    let caller = Location::caller();
    async move {
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            match ask().await.settle() {
                Ok(value) => return value,
                Err(seen) if start.elapsed() > timeout => {
                    panic!("{caller}: not so within {timeout:?}; last seen: {seen}")
                }
                Err(_) => tokio::time::sleep(pause).await,
            }
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn it_waits_and_gives_the_value() {
        let asked = Cell::new(0);
        let value = eventually(Duration::from_secs(20), || async {
            asked.set(asked.get() + 1);
            (asked.get() == 3).then_some("three")
        })
        .await;
        assert_eq!((value, asked.get()), ("three", 3));
        eventually(Duration::from_secs(20), || async { true }).await;
    }

    #[tokio::test]
    #[should_panic(expected = "eventually.rs")]
    async fn it_panics_at_the_caller() {
        eventually(Duration::ZERO, || async { Err::<(), _>("two of three are up") }).await;
    }

    #[tokio::test]
    #[should_panic(expected = "last seen: \"two of three are up\"")]
    async fn it_says_what_was_seen_last() {
        eventually(Duration::ZERO, || async { Err::<(), _>("two of three are up") }).await;
    }
}
