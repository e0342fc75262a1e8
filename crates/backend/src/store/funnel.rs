//! The sums behind the funnel, and the people to be counted anew.
//!
//! Nobody writes to the sums but whoever counts: in the background every few seconds, and before they are asked for.
//! Whatever changes an onboarding stamps it (`updated_at`) and raises its version, instances of earlier versions included.
//! So whoever was changed since the last count is found by an index over that time, and told from those who are counted
//! already by the version. Of several who count at once, the first one is; the others begin anew
//! ([`Funnels::count_funnel`]).

use async_trait::async_trait;
use time::Duration;
use uuid::Uuid;

use super::StoreError;
use crate::domain::Timestamp;
use crate::domain::funnel::{Cells, Dimension, Group};
use crate::domain::onboarding::{LifeFacts, Onboarding};

/// A change is committed later than it is stamped, and stamped by clocks that differ: so far back is looked once more.
pub const LATE: Duration = Duration::minutes(2);

/// Sums over all onboardings. A part of [`super::Store`], and of its contract.
#[async_trait]
pub trait Funnels: Send + Sync {
    /// People who are not counted as they are at `now`, at most `limit` of each kind: changed since, due by their time,
    /// or gone. Those who were changed first come first.
    async fn uncounted(&self, now: Timestamp, limit: u32) -> Result<Uncounted, StoreError>;

    /// All sums of these groups.
    async fn funnel_groups(&self, groups: Vec<Group>) -> Result<Cells, StoreError>;

    /// All sums of all groups of `dimension`.
    async fn funnel(&self, dimension: Dimension) -> Result<Cells, StoreError>;

    /// Stores a count. False, and nothing is done, where another was stored since [`Uncounted::count`].
    async fn count_funnel(&self, count: FunnelCount) -> Result<bool, StoreError>;
}

/// Who has to be counted anew.
#[derive(Debug, Clone, PartialEq)]
pub struct Uncounted {
    /// The number of the last count.
    pub count: i64,
    /// Whatever was changed before is counted.
    pub counted_to: Timestamp,
    /// How far this looks: whoever was changed before is counted once these are.
    pub reaches: Timestamp,
    /// Whether there may be more.
    pub more: bool,
    /// Those people.
    pub people: Vec<UncountedPerson>,
}

/// Somebody who has to be counted anew.
#[derive(Debug, Clone, PartialEq)]
pub struct UncountedPerson {
    /// Whose onboarding.
    pub user_id: Uuid,
    /// What they are counted as ([`crate::domain::funnel::Counted::to_bytes`]); none for somebody new.
    pub counted: Option<Vec<u8>>,
    /// How they are now; none where the account is gone.
    pub now: Option<UncountedState>,
}

/// An onboarding with the times that belong to it.
#[derive(Debug, Clone, PartialEq)]
pub struct UncountedState {
    /// When the account was made.
    pub begun_at: Timestamp,
    /// When the onboarding was last changed.
    pub changed_at: Timestamp,
    /// Its state.
    pub onboarding: Onboarding,
}

impl UncountedState {
    /// What says whether the person is stuck.
    pub fn facts(&self) -> LifeFacts {
        let Onboarding { version, activated_at, completed_at, .. } = self.onboarding;
        LifeFacts { version, changed_at: self.changed_at, activated_at, completed_at }
    }
}

/// A count.
#[derive(Debug, Clone, PartialEq)]
pub struct FunnelCount {
    /// [`Uncounted::count`] of what was counted.
    pub after: i64,
    /// Whatever was changed before is counted with this.
    pub counted_to: Timestamp,
    /// What people are counted as from now on.
    pub people: Vec<CountedPerson>,
    /// All sums of every group that one of them was in or is in.
    pub cells: Cells,
}

/// What somebody is counted as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedPerson {
    /// Whose onboarding.
    pub user_id: Uuid,
    /// None where the account is gone.
    pub counted: Option<PersonRecord>,
}

/// What is kept of somebody who is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRecord {
    /// The version of the onboarding.
    pub version: i64,
    /// [`crate::domain::funnel::Counted::to_bytes`].
    pub counted: Vec<u8>,
    /// When they have to be counted anew although nothing has changed.
    pub due_at: Option<Timestamp>,
}
