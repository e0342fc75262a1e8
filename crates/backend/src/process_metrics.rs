//! The metrics of the process, as a collector of Prometheus.

use prometheus::{
    core::{Collector, Desc},
    process_collector::ProcessCollector,
    proto::{Counter, MetricFamily},
};
use service_kit::process;

const CPU: &str = "process_cpu_seconds_total";

/// The figures of `prometheus::process_collector` with another processor time. The collector counts whole seconds, so
/// a rate over a short range would be 0 or far too high.
#[derive(Debug)]
pub(crate) struct ProcessMetrics(ProcessCollector);

impl ProcessMetrics {
    /// The metrics of this process.
    pub(crate) fn for_self() -> Self {
        Self(ProcessCollector::for_self())
    }
}

impl Collector for ProcessMetrics {
    fn desc(&self) -> Vec<&Desc> {
        self.0.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut families = self.0.collect();
        for family in families.iter_mut().filter(|family| family.name() == CPU) {
            for metric in family.mut_metric() {
                let mut counter = Counter::default();
                counter.set_value(process::cpu_time().as_secs_f64());
                metric.set_counter(counter);
            }
        }
        families
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_finer_than_a_second() {
        let seen = || {
            let families = ProcessMetrics::for_self().collect();
            let family = families.iter().find(|family| family.name() == CPU).unwrap();
            family.get_metric()[0].get_counter().get_value()
        };
        let first = seen();
        assert!(first > 0.0);
        let mut later = first;
        while later <= first {
            later = seen();
        }
        assert!(later - first < 1.0, "{first} to {later}");
    }
}
