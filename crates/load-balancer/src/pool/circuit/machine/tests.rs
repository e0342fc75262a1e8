use std::time::Duration;

use proptest::prelude::*;

use super::*;

const MILLI: u64 = 1_000_000;

fn policy() -> BreakerPolicy {
    BreakerPolicy {
        consecutive_failures: 3,
        failure_percent: 50,
        min_requests: 8,
        window: Duration::from_secs(10),
        open_for: Duration::from_secs(1),
        open_for_max: Duration::from_secs(3),
        trials: 2,
        ..BreakerPolicy::default()
    }
}

fn run(machine: &mut Machine, sign: Sign, now: u64) -> Option<Change> {
    let (ticket, entered) = machine.enter(now)?;
    machine.leave(ticket, sign, now).or(entered)
}

/// The states after requests that ended so (`+` well, `-` badly, `.` with no word), a second apart.
fn after(policy: BreakerPolicy, requests: &str) -> CircuitState {
    let mut machine = Machine::new(policy);
    for (second, request) in (0..).zip(requests.chars()) {
        let sign = match request {
            '+' => Sign::Good,
            '-' => Sign::Failed,
            _ => Sign::Nothing,
        };
        run(&mut machine, sign, second * 1000 * MILLI);
    }
    machine.state()
}

#[test]
fn what_opens_a_circuit() {
    use CircuitState::{Closed, Open};
    let no_row = BreakerPolicy { consecutive_failures: 0, ..policy() };
    let no_share = BreakerPolicy { failure_percent: 0, ..policy() };
    let rows = [
        (policy(), "--", Closed),
        (policy(), "---", Open),
        (policy(), "--+--", Closed),
        (policy(), "--.-", Open),
        // Of 8 requests, 4 and 3.
        (policy(), "+-+-+-+-", Open),
        (policy(), "+-+-+-++", Closed),
        (policy(), "+-+-+-+", Closed),
        // What is older than the window does not count.
        (no_row, "----+++++++++-", Closed),
        (no_row, "-------", Closed),
        (no_row, "--------", Open),
        (no_share, "+-+-+-+-+-+-+-", Closed),
        (no_share, "---", Open),
    ];
    for (policy, requests, expected) in rows {
        assert_eq!(after(policy, requests), expected, "{requests}");
    }
}

#[test]
fn an_open_circuit_lets_few_through_after_its_time_and_closes_when_they_go_well() {
    let mut machine = Machine::new(policy());
    for _ in 0..3 {
        run(&mut machine, Sign::Failed, 0);
    }
    assert!(machine.enter(1000 * MILLI - 1).is_none());
    let (first, change) = machine.enter(1000 * MILLI).unwrap();
    assert_eq!(change.map(|change| change.to), Some(CircuitState::HalfOpen));
    let (second, change) = machine.enter(1000 * MILLI).unwrap();
    assert_eq!(change, None);
    assert!(machine.enter(1000 * MILLI).is_none(), "no third trial");
    assert_eq!(machine.leave(first, Sign::Good, 1100 * MILLI), None);
    assert!(machine.enter(1100 * MILLI).is_none(), "one good, one under way");
    let closed = Change { to: CircuitState::Closed, why: Why::TrialsGood(2) };
    assert_eq!(machine.leave(second, Sign::Good, 1100 * MILLI), Some(closed));
    assert!(machine.enter(1100 * MILLI).is_some());
}

#[test]
fn a_failed_trial_opens_it_for_twice_as_long_up_to_the_longest_time() {
    let mut machine = Machine::new(policy());
    for _ in 0..3 {
        run(&mut machine, Sign::Failed, 0);
    }
    let mut now = 0;
    for seconds in [1, 2, 3, 3] {
        assert!(machine.enter(now + seconds * 1000 * MILLI - 1).is_none(), "{seconds}");
        now += seconds * 1000 * MILLI;
        let opened = Change { to: CircuitState::Open, why: Why::TrialFailed };
        assert_eq!(run(&mut machine, Sign::Failed, now), Some(opened), "{seconds}");
    }
    now += 3000 * MILLI;
    run(&mut machine, Sign::Good, now);
    run(&mut machine, Sign::Good, now);
    assert_eq!(machine.state(), CircuitState::Closed);
    for _ in 0..3 {
        run(&mut machine, Sign::Failed, now);
    }
    assert_eq!(machine.admits_from(), now + 1000 * MILLI, "closed in between, it begins anew");
}

#[test]
fn trials_that_do_not_end_are_not_waited_for_for_ever() {
    let mut machine = Machine::new(policy());
    for _ in 0..3 {
        run(&mut machine, Sign::Failed, 0);
    }
    let (slow, _) = machine.enter(1000 * MILLI).unwrap();
    machine.enter(1000 * MILLI).unwrap();
    assert!(machine.enter(3999 * MILLI).is_none());
    let (ticket, _) = machine.enter(4000 * MILLI).unwrap();
    assert_eq!(machine.leave(slow, Sign::Failed, 4000 * MILLI), None, "of a round that is over");
    assert_eq!(machine.leave(ticket, Sign::Good, 4000 * MILLI), None);
    assert_eq!(
        run(&mut machine, Sign::Good, 4000 * MILLI).map(|change| change.to),
        Some(CircuitState::Closed)
    );
}

#[test]
fn what_began_before_a_change_says_nothing_after_it() {
    let mut machine = Machine::new(policy());
    let (early, _) = machine.enter(0).unwrap();
    for _ in 0..3 {
        run(&mut machine, Sign::Failed, 0);
    }
    assert_eq!(machine.leave(early, Sign::Failed, MILLI), None);
    let (trial, _) = machine.enter(1000 * MILLI).unwrap();
    assert_eq!(machine.leave(early, Sign::Good, 1000 * MILLI), None);
    assert_eq!(machine.leave(trial, Sign::Nothing, 1000 * MILLI), None);
    assert_eq!(machine.state(), CircuitState::HalfOpen);
}

/// What may happen to a circuit.
#[derive(Debug, Clone)]
enum Step {
    Pass(u64),
    Begin,
    /// The request that has waited for the longest but so many ends so.
    End(usize, Sign),
    Return,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let sign = prop_oneof![3 => Just(Sign::Failed), 2 => Just(Sign::Good), 1 => Just(Sign::Nothing)];
    let step = prop_oneof![
        2 => (0..1500_u64).prop_map(|millis| Step::Pass(millis * MILLI)),
        6 => Just(Step::Begin),
        6 => (0..4_usize, sign).prop_map(|(place, sign)| Step::End(place, sign)),
        1 => prop::bool::weighted(0.1).prop_map(|returns| if returns { Step::Return } else { Step::Begin }),
    ];
    prop::collection::vec(step, 1..300)
}

/// Another account of the same circuit: every request is kept, nothing is counted as it goes.
#[derive(Default)]
struct Model {
    /// Requests that count since the circuit was last closed: when they ended, and whether they failed.
    ended: Vec<(u64, bool)>,
    trials_good: u32,
    openings: u32,
}

impl Model {
    fn opens(&self, policy: &BreakerPolicy, now: u64) -> bool {
        let in_row = self.ended.iter().rev().take_while(|(_, failed)| *failed).count();
        let part = |at: u64| at / (nanos(policy.window) / PARTS);
        let recent: Vec<bool> = self
            .ended
            .iter()
            .filter(|(at, _)| part(*at) + PARTS > part(now))
            .map(|(_, failed)| *failed)
            .collect();
        let failures = recent.iter().filter(|failed| **failed).count();
        in_row >= policy.consecutive_failures as usize
            || (recent.len() >= policy.min_requests as usize
                && failures * 100 >= recent.len() * policy.failure_percent as usize)
    }
}

proptest! {
    /// Whatever happens in whatever order: a circuit opens when it should and only then, keeps its time, lets no more
    /// trials through than it may, and closes when all of them have gone well and only then.
    #[test]
    fn the_states_follow_the_rules(steps in steps()) {
        let policy = policy();
        let mut machine = Machine::new(policy);
        let mut model = Model::default();
        let (mut now, mut opened_at) = (0_u64, 0_u64);
        // Requests under way: their tickets, and the epoch in which they began.
        let mut under_way: Vec<(Ticket, u32)> = Vec::new();
        for step in steps {
            let (before, epoch) = (machine.state(), machine.epoch);
            match step {
                Step::Pass(nanos) => now += nanos,
                Step::Return => {
                    let change = machine.server_returned();
                    prop_assert_eq!(change.is_some(), before != CircuitState::Closed);
                    prop_assert_eq!(machine.state(), CircuitState::Closed);
                    model = Model::default();
                }
                Step::Begin => {
                    let admits = machine.admits_from() <= now;
                    let entered = machine.enter(now);
                    prop_assert_eq!(entered.is_some(), admits);
                    let Some((ticket, change)) = entered else {
                        prop_assert_eq!(machine.state(), before);
                        continue;
                    };
                    if before == CircuitState::Open {
                        let doubled = 1000 * MILLI * (1 << (model.openings - 1).min(10));
                        prop_assert!(now >= opened_at + doubled.min(3000 * MILLI));
                    }
                    prop_assert_eq!(change.map(|change| change.to), (before == CircuitState::Open).then_some(CircuitState::HalfOpen));
                    if machine.epoch != epoch {
                        model.trials_good = 0;
                    }
                    under_way.push((ticket, machine.epoch));
                }
                Step::End(place, sign) => {
                    if under_way.is_empty() {
                        continue;
                    }
                    let (ticket, began) = under_way.remove(place.min(under_way.len() - 1));
                    let change = machine.leave(ticket, sign, now);
                    if began != epoch {
                        prop_assert_eq!(change, None);
                        continue;
                    }
                    let expected = match (before, sign) {
                        (_, Sign::Nothing) | (CircuitState::Open, _) => None,
                        (CircuitState::Closed, sign) => {
                            model.ended.push((now, sign == Sign::Failed));
                            (sign == Sign::Failed && model.opens(&policy, now)).then_some(CircuitState::Open)
                        }
                        (CircuitState::HalfOpen, Sign::Failed) => Some(CircuitState::Open),
                        (CircuitState::HalfOpen, _) => {
                            model.trials_good += 1;
                            (model.trials_good == policy.trials).then_some(CircuitState::Closed)
                        }
                    };
                    prop_assert_eq!(change.map(|change| change.to), expected);
                    match expected {
                        Some(CircuitState::Open) => {
                            (opened_at, model.openings) = (now, model.openings + 1);
                            model.ended.clear();
                        }
                        Some(CircuitState::Closed) => model = Model::default(),
                        _ => {}
                    }
                }
            }
            let trials: u32 = under_way.iter().map(|(_, began)| u32::from(*began == machine.epoch)).sum();
            if machine.state() == CircuitState::HalfOpen {
                prop_assert!(trials + model.trials_good <= policy.trials, "{trials} under way");
            }
        }
    }
}
