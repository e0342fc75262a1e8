//! What the database says about itself: read from the server's own views, kept until a scrape asks.
//!
//! Each database has a few views. One that this login may not read, or that this server does not
//! have, is reported as such ([`ViewReading`]) and takes nothing away from the others.

mod collector;
mod definitions;

pub use collector::ServerMetrics;
pub use definitions::{DEFINITIONS, Definition, Kind};

use std::time::Duration;

use super::{BoxError, StoreError};

/// What one view said.
#[derive(Debug)]
pub struct ViewReading {
    /// Its name in `db_server_view_up{view}`.
    pub view: &'static str,
    /// Its samples, or why there are none.
    pub samples: Result<Vec<Sample>, StoreError>,
    /// How long it took to read, or to fail.
    pub took: Duration,
}

/// One value of one of the [`DEFINITIONS`].
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// What is measured.
    pub definition: &'static Definition,
    /// A value for each label of the definition.
    pub labels: Vec<String>,
    /// The value, in the unit that the name ends in.
    pub value: f64,
}

/// A view names a metric that there is not, or labels it wrongly: an error of ours.
#[derive(Debug, thiserror::Error)]
#[error("there is no metric {name} with {labels} labels")]
pub struct UnknownMetric {
    name: String,
    labels: usize,
}

impl Sample {
    /// A value of the metric `name`.
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
