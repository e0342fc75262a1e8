//! The figures of a run, for a person to read.

use std::{collections::BTreeMap, fmt, time::Duration};

use super::{Fault, Plan};
use crate::journey::{Failure, Figures, Finding, Latencies, Operation, Person};

/// The progress of a run.
#[derive(Debug, Clone)]
pub enum Progress {
    /// People are on their way.
    Walking {
        /// The time since the start.
        elapsed: Duration,
        /// The number of requests so far.
        requests: u64,
        /// The number of failed requests so far.
        failed: u64,
        /// The number of people who are registered and have come to their end.
        registered: usize,
        /// The number of faults so far.
        faults: usize,
    },
    /// So many people are asked for what was acknowledged to them.
    Verifying(usize),
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Walking { elapsed, requests, failed, registered, faults } => write!(
                f,
                "{:>4} s   {:>8} requests   {:>4} failed   {:>6} people   {faults:>3} faults",
                elapsed.as_secs(),
                grouped(*requests),
                grouped(*failed),
                grouped(*registered as u64),
            ),
            Self::Verifying(people) => {
                write!(f, "verifying what was acknowledged to {} people", grouped(*people as u64))
            }
        }
    }
}

/// The facts of a run beside its figures.
pub(super) struct Gathered {
    pub(super) took: Duration,
    pub(super) people: Vec<Person>,
    pub(super) faults: BTreeMap<String, usize>,
    pub(super) retries: Option<u64>,
    pub(super) findings: Vec<Finding>,
    pub(super) explanations: Vec<String>,
}

/// The result of a run.
#[derive(Debug, Clone)]
pub struct Report {
    /// The kind of faults.
    pub fault: Fault,
    /// The number of clients at once.
    pub clients: usize,
    /// The time that people were on their way.
    pub took: Duration,
    /// The number of all requests, with those of the verification.
    pub requests: u64,
    /// The number of requests without the expected answer.
    pub failed: u64,
    /// The first failures.
    pub failures: Vec<Failure>,
    /// The balancer's lists of attempts of the first failed requests.
    pub explanations: Vec<String>,
    /// The number of the balancer's retries; `None` where the balancer does not give it.
    pub retries: Option<u64>,
    /// The numbers of faults, by instance.
    pub faults: BTreeMap<String, usize>,
    /// Whether there were enough faults to prove something.
    pub disturbed: bool,
    /// The numbers of answers, by instance.
    pub servers: BTreeMap<String, u64>,
    /// The number of acknowledged registrations.
    pub registered: usize,
    /// The number of acknowledged steps.
    pub steps: usize,
    /// The acknowledged things that are lost, changed or doubled.
    pub findings: Vec<Finding>,
    /// The latencies, by kind of request.
    pub latencies: BTreeMap<Operation, Latencies>,
}

impl Report {
    pub(super) fn new(plan: &Plan, figures: &Figures, gathered: Gathered) -> Self {
        let Gathered { took, people, faults, retries, findings, explanations } = gathered;
        Self {
            fault: plan.fault,
            clients: plan.clients,
            took,
            requests: figures.requests(),
            failed: figures.failed(),
            failures: figures.failures(),
            explanations,
            retries,
            disturbed: faults.values().sum::<usize>() >= plan.fault.least(1),
            faults,
            servers: figures.servers(),
            registered: people.iter().filter(|person| person.is_registered()).count(),
            steps: people.iter().map(Person::acknowledged_steps).sum(),
            findings,
            latencies: figures.latencies(),
        }
    }

    /// Whether people were served, disturbed, and noticed nothing of it.
    pub fn passed(&self) -> bool {
        self.failed == 0 && self.findings.is_empty() && self.registered > 0 && self.disturbed
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.summary(f)?;
        self.latencies(f)?;
        self.troubles(f)?;
        writeln!(f, "\n{}", if self.passed() { "passed" } else { "FAILED" })
    }
}

impl Report {
    fn summary(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.took.as_secs_f64();
        writeln!(f, "\n{}, {} clients, {seconds:.0} s\n", self.fault, self.clients)?;
        let faults: usize = self.faults.values().sum();
        let retries = self.retries.map_or("unknown".to_owned(), grouped);
        row(f, "requests", &grouped(self.requests), "")?;
        row(f, "failed", &grouped(self.failed), "")?;
        row(f, "retried by the balancer", &retries, "")?;
        row(f, "faults", &grouped(faults as u64), &spread(&self.faults))?;
        row(f, "people registered", &grouped(self.registered as u64), "")?;
        row(f, "steps acknowledged", &grouped(self.steps as u64), "")?;
        row(f, "lost, changed or doubled", &grouped(self.findings.len() as u64), "")?;
        row(f, "answers", &grouped(self.servers.values().sum()), &spread(&self.servers))
    }

    fn latencies(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n  {:<18}{:>9}{:>10}{:>10}{:>10}   ms", "latency", "count", "p50", "p99", "max")?;
        for (operation, latencies) in &self.latencies {
            let quantile = |quantile| millis(latencies.value_at_quantile(quantile));
            let (p50, p99, max) = (quantile(0.5), quantile(0.99), millis(latencies.max()));
            writeln!(f, "  {operation:<18}{:>9}{p50:>10}{p99:>10}{max:>10}", grouped(latencies.len()))?;
        }
        Ok(())
    }

    fn troubles(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        section(f, "failed requests", self.failures.iter().map(Failure::to_string))?;
        section(f, "what the balancer says of them", self.explanations.iter().cloned())?;
        let findings = self.findings.iter().map(|finding| format!("{}: {}", finding.email, finding.what));
        section(f, "lost, changed or doubled", findings)?;
        if self.disturbed { Ok(()) } else { writeln!(f, "\n  no fault was made, so nothing is proved") }
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, value: &str, detail: &str) -> fmt::Result {
    let detail = if detail.is_empty() { String::new() } else { format!("   {detail}") };
    writeln!(f, "  {name:<26}{value:>9}{detail}")
}

fn section(f: &mut fmt::Formatter<'_>, title: &str, lines: impl Iterator<Item = String>) -> fmt::Result {
    for (index, line) in lines.take(20).enumerate() {
        if index == 0 {
            writeln!(f, "\n  {title}")?;
        }
        writeln!(f, "    {line}")?;
    }
    Ok(())
}

fn spread<N: Copy + TryInto<u64>>(by_instance: &BTreeMap<String, N>) -> String {
    let parts = by_instance.iter().map(|(name, count)| {
        let count = (*count).try_into().unwrap_or(u64::MAX);
        format!("{name} {}", grouped(count))
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// Microseconds as milliseconds with one digit.
fn millis(micros: u64) -> String {
    format!("{}.{}", grouped(micros / 1000), micros % 1000 / 100)
}

/// 1234567 as 1,234,567.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        let rows = [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")];
        for (number, text) in rows {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(millis(12_345_678), "12,345.6");
    }
}
