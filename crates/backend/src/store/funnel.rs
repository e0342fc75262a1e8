//! The sums of the funnel, and the people to be counted anew.
//!
//! Only counting writes the sums: in the background every few seconds, and before an admin reads them. Each change of
//! an onboarding sets `updated_at` and raises the version, in instances of earlier versions, too. So people who have
//! changed since the last count are found by an index on that time, and the version tells who is counted already. Of
//! several counts at once the first one is stored, and the others begin anew ([`Funnels::count_funnel`]).

use async_trait::async_trait;
use time::Duration;
use uuid::Uuid;

use super::StoreError;
use crate::domain::Timestamp;
use crate::domain::funnel::{Cells, Dimension, Group};
use crate::domain::onboarding::{LifeFacts, Onboarding};

/// The overlap of two counts. A change is committed later than its time stamp, and the stamps are from clocks that
/// differ.
pub const LATE: Duration = Duration::minutes(2);

/// Sums over all onboardings. The trait is a part of [`super::Store`] and of its contract.
#[async_trait]
pub trait Funnels: Send + Sync {
    /// At most `limit` people of each kind who are not counted as they are at `now`: changed since, due by their
    /// time, or gone. The earliest change comes first.
    async fn uncounted(&self, now: Timestamp, limit: u32) -> Result<Uncounted, StoreError>;

    /// The sums of these groups.
    async fn funnel_groups(&self, groups: Vec<Group>) -> Result<Cells, StoreError>;

    /// The sums of all groups of `dimension`.
    async fn funnel(&self, dimension: Dimension) -> Result<Cells, StoreError>;

    /// Stores a count. False, and nothing is done, where another count was stored since [`Uncounted::count`].
    async fn count_funnel(&self, count: FunnelCount) -> Result<bool, StoreError>;
}

/// The people to be counted anew.
#[derive(Debug, Clone, PartialEq)]
pub struct Uncounted {
    /// The number of the last count.
    pub count: i64,
    /// The moment before which all changes are counted.
    pub counted_to: Timestamp,
    /// The moment before which all changes are counted once these people are.
    pub reaches: Timestamp,
    /// Whether there may be more people.
    pub more: bool,
    /// The people.
    pub people: Vec<UncountedPerson>,
}

/// A person to be counted anew.
#[derive(Debug, Clone, PartialEq)]
pub struct UncountedPerson {
    /// The id of the account.
    pub user_id: Uuid,
    /// The record that the person is counted with ([`crate::domain::funnel::Counted::to_bytes`]); none for a new
    /// person.
    pub counted: Option<Vec<u8>>,
    /// The present state; none where the account is gone.
    pub now: Option<UncountedState>,
}

/// An onboarding with its times.
#[derive(Debug, Clone, PartialEq)]
pub struct UncountedState {
    /// The time when the account was made.
    pub begun_at: Timestamp,
    /// The time of the onboarding's last change.
    pub changed_at: Timestamp,
    /// The onboarding.
    pub onboarding: Onboarding,
}

impl UncountedState {
    /// The facts that say whether the person is stuck.
    pub fn facts(&self) -> LifeFacts {
        let Onboarding { version, activated_at, completed_at, .. } = self.onboarding;
        LifeFacts { version, changed_at: self.changed_at, activated_at, completed_at }
    }
}

/// A count to store.
#[derive(Debug, Clone, PartialEq)]
pub struct FunnelCount {
    /// The [`Uncounted::count`] that this count follows.
    pub after: i64,
    /// The moment before which all changes are counted with this count.
    pub counted_to: Timestamp,
    /// The records of the people.
    pub people: Vec<CountedPerson>,
    /// The sums of every group that one of the people was in or is in.
    pub cells: Cells,
}

/// The new record of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedPerson {
    /// The id of the account.
    pub user_id: Uuid,
    /// The record; none where the account is gone.
    pub counted: Option<PersonRecord>,
}

/// The stored record of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRecord {
    /// The version of the onboarding that was counted.
    pub version: i64,
    /// The record as bytes ([`crate::domain::funnel::Counted::to_bytes`]).
    pub counted: Vec<u8>,
    /// The time at which the person has to be counted anew without a change; none where there is no such time.
    pub due_at: Option<Timestamp>,
}
