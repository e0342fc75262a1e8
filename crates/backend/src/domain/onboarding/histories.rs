//! Random histories over random versions of a template: what was reached is never taken away but by reopening, no answer is
//! lost, and nobody who has completed is reminded, whatever version they come to.

mod versions;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any};
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value};
use time::Duration;
use time::macros::datetime;

use self::versions::{Names, Script, at, first, next};
use super::template::{FieldRef, Template, TemplateId};
use super::{LifeFacts, Moving, Onboarding, ReminderSchedule, StepChange, StepStatus, Understood, moving};
use crate::domain::Timestamp;

const NOW: Timestamp = datetime!(2026-03-01 12:00 UTC);

/// How many answers one question may get in a history.
const ANSWERS: u64 = 1000;

/// All answers that are anywhere.
fn everything(state: &Onboarding) -> BTreeSet<u64> {
    let records = state.steps.values();
    records
        .flat_map(|record| record.data.values().chain(record.set_aside.values()))
        .filter_map(Value::as_u64)
        .collect()
}

struct History {
    lineage: Vec<Arc<Template>>,
    /// The questions of each version.
    questions: Vec<BTreeMap<FieldRef, u64>>,
    state: Onboarding,
    /// Which version the state is an instance of.
    now: usize,
    answers: u64,
    /// How often somebody came to another version who had completed an earlier one.
    moved_after_completion: u32,
}

impl History {
    fn begun(script: &mut Script<'_>) -> Self {
        let mut names = Names::default();
        let mut lineage = vec![first(script, &mut names)];
        let mut questions = vec![names.questions.clone()];
        for _ in 0..script.below(4) {
            let newest = next(lineage.last().unwrap(), script, &mut names);
            lineage.push(newest);
            questions.push(names.questions.clone());
        }
        let lineage = lineage.into_iter().map(Arc::new).collect();
        let state = Onboarding::begun(TemplateId::original(), NOW);
        Self { lineage, questions, state, now: 0, answers: 0, moved_after_completion: 0 }
    }

    fn template(&self) -> &Template {
        &self.lineage[self.now]
    }

    fn go_on(&mut self, script: &mut Script<'_>) {
        let (before, reached) = (self.state.clone(), self.state.progress_percent(self.template()));
        let reopened = match script.below(6) {
            1 => self.move_on(script),
            2 => self.complete(),
            3 => self.open_again(),
            _ => self.put(script),
        };
        let progress = self.state.progress_percent(self.template());
        assert!(
            progress <= 100 && (reopened || progress >= reached),
            "{reached} → {progress}: {before:#?} {self:#?}"
        );
        assert!((0..=1).contains(&(self.state.version - before.version)));
        self.check_activation(&before);
    }

    /// Whoever has completed once stays so, and is reminded of nothing, however long they wait.
    fn check_activation(&self, before: &Onboarding) {
        let Onboarding { version, activated_at, completed_at, .. } = self.state;
        assert!(
            before.activated_at.is_none() || activated_at == before.activated_at,
            "{before:#?} {self:#?}"
        );
        let (schedule, changed_at) = (ReminderSchedule::default(), NOW);
        let facts = LifeFacts { version, changed_at, activated_at, completed_at };
        let later = [50, 200].map(|hours| NOW + Duration::hours(hours));
        let reminded = later.map(|later| schedule.due(&facts, 0, later).is_some());
        assert_eq!(reminded, [activated_at.is_none(); 2], "{self:#?}");
    }

    /// Whoever is to be moved is, over as many versions as there are.
    fn move_on(&mut self, script: &mut Script<'_>) -> bool {
        let last = self.now + script.below(self.lineage.len() - self.now);
        let before = everything(&self.state);
        let was_completed = self.state.activated_at.is_some();
        let moved = match moving(&self.state, &self.lineage[last]) {
            Moving::Stays => return false,
            Moving::Adopts => self.state.adopting(self.template(), &self.lineage[last]),
            Moving::Moves => self.state.moved(&self.lineage[self.now..=last]),
        };
        assert!(everything(&moved).is_superset(&before), "{:#?} {moved:#?} {self:#?}", self.state);
        for (key, record) in &self.state.steps {
            let key = self.lineage[self.now + 1..=last]
                .iter()
                .try_fold(key.clone(), |key, next| next.succession.step(&key));
            let there = key.and_then(|key| moved.status_of(&key));
            assert!(there.is_none_or(|status| status == record.status), "{self:#?}");
        }
        self.moved_after_completion += u32::from(was_completed && last > self.now);
        (self.state, self.now) = (moved, last);
        false
    }

    fn complete(&mut self) -> bool {
        if self.state.may_complete(self.template()) == Ok(true) {
            self.state = self.state.clone().with_completion(NOW);
        }
        false
    }

    fn open_again(&mut self) -> bool {
        let may = self.state.may_reopen();
        if may {
            self.state = self.state.clone().reopened();
        }
        may
    }

    /// A change in the words of this version, or of an earlier one.
    fn put(&mut self, script: &mut Script<'_>) -> bool {
        let words = if script.one_in(4) { script.below(self.now + 1) } else { self.now };
        let asked = Arc::clone(&self.lineage[words]);
        let step = &asked.steps[script.below(asked.steps.len())];
        let status = [StepStatus::Completed, StepStatus::InProgress, StepStatus::Skipped][script.below(3)];
        let mut data = Map::new();
        for field in &step.fields {
            if !script.one_in(4) {
                self.answers += 1;
                let question = self.questions[words][&at(&step.key, &field.key)];
                data.insert(field.key.clone(), (question * ANSWERS + self.answers % ANSWERS).into());
            }
        }
        let data = (!script.one_in(5)).then_some(data);
        let given: BTreeSet<u64> = data.iter().flat_map(Map::values).filter_map(Value::as_u64).collect();
        let has_data = data.is_some();
        let change = StepChange { status, data };
        let change = Understood::of(&self.lineage[..=self.now], &step.key, change).unwrap();
        let key = change.step().clone();
        let replaced = self.state.steps.get(&key).filter(|_| has_data);
        let replaced: BTreeSet<u64> =
            replaced.iter().flat_map(|record| record.data.values()).filter_map(Value::as_u64).collect();
        assert_eq!(change.check(&self.state, self.template()), Ok(()));
        let reopens = self.state.reopens(self.template(), &key, status);
        let Ok(changed) = change.apply(&self.state, self.template(), NOW) else { return false };
        let kept = everything(&changed);
        assert!(kept.is_superset(&given), "{given:?} {changed:#?} {self:#?}");
        let is_again = |answer: &u64| given.iter().any(|new| new / ANSWERS == answer / ANSWERS);
        let lost: Vec<u64> = everything(&self.state)
            .into_iter()
            .filter(|answer| !kept.contains(answer) && !replaced.contains(answer) && !is_again(answer))
            .collect();
        assert!(lost.is_empty(), "{lost:?} {changed:#?} {self:#?}");
        self.state = changed;
        reopens
    }
}

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { lineage, state, .. } = self;
        f.debug_struct("History").field("state", state).field("lineage", lineage).finish_non_exhaustive()
    }
}

#[test]
fn nothing_that_was_reached_or_answered_is_lost_and_nobody_who_has_completed_is_reminded() {
    let config = ProptestConfig {
        cases: 100_000,
        max_shrink_iters: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let moved_after_completion = Cell::new(0);
    let outcome = TestRunner::new(config).run(&vec(any::<u32>(), 20..120), |numbers| {
        let mut script = Script(numbers.iter());
        let mut history = History::begun(&mut script);
        while !script.is_over() {
            history.go_on(&mut script);
        }
        moved_after_completion.set(moved_after_completion.get() + history.moved_after_completion);
        Ok(())
    });
    outcome.unwrap();
    let moved = moved_after_completion.get();
    assert!(moved > 1_000, "{moved} came to another version who had completed one");
}
