//! Reads the database's own views. The readings are kept until a scrape.
//!
//! Each database has a few views. A view that the login may not read, or that the server does not have, is reported
//! as such ([`ViewReading`]). The other views are still read.

mod collector;
mod definitions;

pub use collector::ServerMetrics;
pub use definitions::{DEFINITIONS, Definition, Kind};

use std::time::Duration;

use super::{BoxError, StoreError};

/// The reading of one view.
#[derive(Debug)]
pub struct ViewReading {
    /// The view's name in `db_server_view_up{view}`.
    pub view: &'static str,
    /// The samples, or the reason why there are none.
    pub samples: Result<Vec<Sample>, StoreError>,
    /// The time that the reading took.
    pub took: Duration,
}

/// One value of a metric of [`DEFINITIONS`].
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The metric.
    pub definition: &'static Definition,
    /// The values of the labels, in the order of the definition.
    pub labels: Vec<String>,
    /// The value, in the unit at the end of the metric's name.
    pub value: f64,
}

/// The view gives a metric without a definition, or with the wrong number of labels. The cause is a fault of this
/// program.
#[derive(Debug, thiserror::Error)]
#[error("there is no metric {name} with {labels} labels")]
pub struct UnknownMetric {
    name: String,
    labels: usize,
}

impl Sample {
    /// A value of the metric `name`.
    ///
    /// # Errors
    ///
    /// [`UnknownMetric`] where `name` has no definition, or `labels` is not as long as the definition says.
    pub fn new(name: &str, labels: Vec<String>, value: f64) -> Result<Self, UnknownMetric> {
        let fits = |known: &&Definition| known.name == name && known.labels.len() == labels.len();
        match DEFINITIONS.iter().find(fits) {
            Some(definition) => Ok(Self { definition, labels, value }),
            None => Err(UnknownMetric { name: name.to_owned(), labels: labels.len() }),
        }
    }
}

impl From<UnknownMetric> for StoreError {
    fn from(error: UnknownMetric) -> Self {
        Self::Corrupt { what: "sample", source: BoxError::from(error) }
    }
}
