//! The last reading of the database's views, as a collector of Prometheus.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus::core::{Collector, Desc};
use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};
use prometheus::{GaugeVec, IntGaugeVec, Opts, Registry};

use super::{Definition, Kind, Sample, ViewReading};

/// The metrics `db_server_…`. Clones share the reading. A scrape gives the last reading and asks the database
/// nothing. Series that a view no longer gives are gone with the next reading.
#[derive(Debug, Clone)]
pub struct ServerMetrics {
    samples: Arc<Mutex<BTreeMap<&'static str, Vec<Sample>>>>,
    view_up: IntGaugeVec,
    view_seconds: GaugeVec,
}

impl ServerMetrics {
    /// Makes the metrics and registers them.
    ///
    /// # Errors
    ///
    /// The error of the registry where a name is taken.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let help = "1 where this view of the database could be read, else 0; the log says why.";
        let view_up = IntGaugeVec::new(Opts::new("db_server_view_up", help), &["view"])?;
        let help = "How long this view took to read, or to fail; the limit is 2 s.";
        let view_seconds = GaugeVec::new(Opts::new("db_server_view_seconds", help), &["view"])?;
        registry.register(Box::new(view_up.clone()))?;
        registry.register(Box::new(view_seconds.clone()))?;
        let metrics = Self { samples: Arc::default(), view_up, view_seconds };
        let collector = ServerCollector { descriptions: descriptions()?, metrics: metrics.clone() };
        registry.register(Box::new(collector))?;
        Ok(metrics)
    }

    /// Replaces the last reading.
    pub fn publish(&self, readings: &[ViewReading]) {
        let mut samples = self.lock();
        samples.clear();
        self.reset_views();
        for ViewReading { view, samples: read, took } in readings {
            self.view_up.with_label_values(&[*view]).set(i64::from(read.is_ok()));
            self.view_seconds.with_label_values(&[*view]).set(took.as_secs_f64());
            for sample in read.iter().flatten() {
                let known = samples.entry(sample.definition.name).or_default();
                // A scrape in which something is told twice is refused whole.
                if known.iter().all(|other| other.labels != sample.labels) {
                    known.push(sample.clone());
                }
            }
        }
    }

    /// Forgets the last reading. The database does not answer, and old values would look like new ones.
    pub fn clear(&self) {
        self.lock().clear();
        self.reset_views();
    }

    fn reset_views(&self) {
        self.view_up.reset();
        self.view_seconds.reset();
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Vec<Sample>>> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct ServerCollector {
    descriptions: Vec<Desc>,
    metrics: ServerMetrics,
}

impl Collector for ServerCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.metrics.lock().values().filter_map(|samples| family(samples)).collect()
    }
}

fn descriptions() -> prometheus::Result<Vec<Desc>> {
    let describe = |Definition { name, help, labels, .. }: &Definition| {
        let labels = labels.iter().map(|&label| label.to_owned()).collect();
        Desc::new((*name).to_owned(), (*help).to_owned(), labels, std::collections::HashMap::new())
    };
    super::DEFINITIONS.iter().map(describe).collect()
}

fn family(samples: &[Sample]) -> Option<MetricFamily> {
    let definition = samples.first()?.definition;
    let mut family = MetricFamily::default();
    family.set_name(definition.name.to_owned());
    family.set_help(definition.help.to_owned());
    family.set_field_type(match definition.kind {
        Kind::Gauge => MetricType::GAUGE,
        Kind::Counter => MetricType::COUNTER,
    });
    family.set_metric(samples.iter().map(metric).collect());
    Some(family)
}

fn metric(sample: &Sample) -> Metric {
    let mut metric =
        Metric::from_label(sample.definition.labels.iter().zip(&sample.labels).map(pair).collect());
    match sample.definition.kind {
        Kind::Gauge => {
            let mut gauge = Gauge::default();
            gauge.set_value(sample.value);
            metric.set_gauge(gauge);
        }
        Kind::Counter => {
            let mut counter = Counter::default();
            counter.set_value(sample.value);
            metric.set_counter(counter);
        }
    }
    metric
}

fn pair((name, value): (&&'static str, &String)) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name((*name).to_owned());
    pair.set_value(value.clone());
    pair
}

#[cfg(test)]
mod tests {
    use prometheus::{Encoder as _, TextEncoder};

    use std::time::Duration;

    use super::*;
    use crate::store::StoreError;

    fn text(registry: &Registry) -> String {
        let mut text = Vec::new();
        TextEncoder::new().encode(&registry.gather(), &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    fn reading(view: &'static str, name: &str, label: &str, value: f64) -> ViewReading {
        let samples = Ok(vec![Sample::new(name, vec![label.into()], value).unwrap()]);
        ViewReading { view, samples, took: Duration::from_millis(250) }
    }

    #[test]
    fn a_scrape_gives_the_last_reading_and_nothing_older() {
        let registry = Registry::new();
        let metrics = ServerMetrics::register(&registry).unwrap();
        let missing = ViewReading {
            view: "locks",
            samples: Err(StoreError::exhausted("nothing")),
            took: Duration::from_secs(2),
        };
        metrics.publish(&[
            reading("waits", "db_server_waits_total", "lock", 7.0),
            reading("sessions", "db_server_sessions", "running", 2.0),
            missing,
        ]);
        let first = text(&registry);
        for line in [
            "# TYPE db_server_waits_total counter",
            "db_server_waits_total{class=\"lock\"} 7",
            "# TYPE db_server_sessions gauge",
            "db_server_sessions{status=\"running\"} 2",
            "db_server_view_up{view=\"waits\"} 1",
            "db_server_view_up{view=\"locks\"} 0",
            "db_server_view_seconds{view=\"waits\"} 0.25",
            "db_server_view_seconds{view=\"locks\"} 2",
        ] {
            assert!(first.lines().any(|found| found == line), "{line} in\n{first}");
        }
        metrics.publish(&[reading("sessions", "db_server_sessions", "sleeping", 1.0)]);
        let second = text(&registry);
        assert!(!second.contains("db_server_waits_total") && !second.contains("=\"running\""), "{second}");
        metrics.clear();
        assert_eq!(text(&registry), "");
    }

    #[test]
    fn what_is_told_twice_is_in_a_scrape_once() {
        let registry = Registry::new();
        let metrics = ServerMetrics::register(&registry).unwrap();
        let volume = |value| reading("volumes", "db_server_volume_available_bytes", "/data", value);
        metrics.publish(&[volume(7.0), volume(6.0)]);
        let lines = text(&registry);
        assert_eq!(lines.lines().filter(|line| line.contains("volume=\"/data\"")).count(), 1, "{lines}");
    }

    #[test]
    fn a_metric_that_nobody_defined_is_an_error() {
        assert!(Sample::new("db_server_nonsense", vec![], 1.0).is_err());
        assert!(Sample::new("db_server_sessions", vec![], 1.0).is_err());
    }
}
