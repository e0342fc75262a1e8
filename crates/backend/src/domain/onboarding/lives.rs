//! Random lives of onboardings: what happens to one, in any order, with any pause in between.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use time::Duration;
use time::macros::datetime;

use super::template::{Catalogue, Template, TemplateId};
use super::{Life, LifeEvent, LifeFacts, Onboarding, ReminderSchedule, StepChange, StepKey, StepStatus};
use crate::domain::Timestamp;

static BUILT_IN: LazyLock<Arc<Template>> =
    LazyLock::new(|| Arc::clone(Catalogue::built_in().unwrap().current()));

const BEGUN: Timestamp = datetime!(2026-03-01 12:00 UTC);

/// Those of the built-in template; all but `preferences` are required.
const STEPS: [&str; 5] = ["account", "profile", "organization", "preferences", "review"];

#[derive(Debug, Clone, Copy)]
enum Happening {
    Save(&'static str, StepStatus),
    Complete,
    Reopen,
    /// Some time passes, then a job looks who is to be reminded. It may run on a host whose clock is behind.
    Wait(Duration),
}

fn happening() -> impl Strategy<Value = Happening> {
    let statuses = [StepStatus::InProgress, StepStatus::Completed, StepStatus::Skipped];
    let step = (0..STEPS.len(), 0..statuses.len());
    prop_oneof![
        6 => step.prop_map(move |(step, status)| Happening::Save(STEPS[step], statuses[status])),
        2 => Just(Happening::Complete),
        1 => Just(Happening::Reopen),
        4 => (-30..400_i64).prop_map(|hours| Happening::Wait(match hours {
            // As much as clocks differ.
            -30..0 => Duration::seconds(hours),
            hours => Duration::hours(hours),
        })),
    ]
}

/// An onboarding, and what is remembered beside it.
struct History {
    template: Arc<Template>,
    schedule: ReminderSchedule,
    state: Onboarding,
    changed_at: Timestamp,
    now: Timestamp,
    /// The numbers of the reminders that were written.
    reminders: Vec<u8>,
}

impl History {
    fn life(&self) -> Life {
        self.facts().life(self.schedule.stuck_after(), self.now)
    }

    fn facts(&self) -> LifeFacts {
        let Onboarding { version, activated_at, completed_at, .. } = self.state;
        LifeFacts { version, changed_at: self.changed_at, activated_at, completed_at }
    }

    fn becomes(&mut self, state: Onboarding) {
        (self.state, self.changed_at) = (state, self.now);
    }

    /// Lets it happen: which events of the table that were, and whether the progress may go back by it.
    fn happen(&mut self, happening: Happening) -> (Vec<LifeEvent>, bool) {
        match happening {
            Happening::Save(step, status) => {
                let step: StepKey = step.parse().unwrap();
                let reopens = self.state.reopens(&self.template, &step, status);
                let change = StepChange { status, data: None };
                let Ok(changed) = self.state.change_step(&self.template, &step, change, self.now) else {
                    return (vec![], false);
                };
                self.becomes(changed);
                (vec![LifeEvent::Change], reopens)
            }
            Happening::Complete => match self.state.may_complete(&self.template) {
                Ok(true) => {
                    self.becomes(self.state.clone().with_completion(self.now));
                    (vec![LifeEvent::Complete], false)
                }
                Ok(false) => (vec![LifeEvent::Complete], false),
                Err(_) => (vec![], false),
            },
            Happening::Reopen => {
                if self.state.may_reopen() {
                    self.becomes(self.state.clone().reopened());
                }
                (vec![LifeEvent::Reopen], true)
            }
            Happening::Wait(time) => {
                let before = self.life();
                self.now += time;
                let mut events = Vec::new();
                if before != Life::Stuck && self.life() == Life::Stuck {
                    events.push(LifeEvent::Silence);
                }
                let reminded = self.reminders.last().copied().unwrap_or_default();
                if let Some(window) = self.schedule.due(&self.facts(), reminded, self.now) {
                    self.reminders.push(window.number);
                    events.push(LifeEvent::Remind);
                }
                (events, false)
            }
        }
    }

    fn progress(&self) -> u8 {
        self.state.progress_percent(&self.template)
    }
}

/// What histories had in them, so that none of what is claimed is claimed of nothing.
#[derive(Debug, Default)]
struct Seen {
    completed: u32,
    reopened: u32,
    taken_back: u32,
    reminded_once: u32,
    reminded_twice: u32,
    /// Somebody who had completed was silent long enough for a reminder.
    completed_and_silent: u32,
}

#[test]
fn progress_goes_back_by_reopening_alone_and_no_completed_person_is_reminded() {
    let config = ProptestConfig { cases: 100_000, failure_persistence: None, ..ProptestConfig::default() };
    let seen = RefCell::new(Seen::default());
    let histories = (any::<bool>(), prop::collection::vec(happening(), 1..16));
    let outcome = TestRunner::new(config)
        .run(&histories, |(prepared, happenings)| walk(prepared, happenings, &mut seen.borrow_mut()));
    outcome.unwrap();
    let seen = seen.into_inner();
    let least =
        [seen.completed, seen.reopened, seen.taken_back, seen.reminded_once, seen.completed_and_silent];
    assert!(least.iter().all(|count| *count > 5_000) && seen.reminded_twice > 500, "{seen:?}");
}

/// Lets all of it happen, to somebody who has done the required steps already where they are `prepared`.
fn walk(prepared: bool, happenings: Vec<Happening>, seen: &mut Seen) -> Result<(), TestCaseError> {
    let (schedule, now) = (ReminderSchedule::default(), BEGUN);
    let state = Onboarding::begun(TemplateId::original(), BEGUN);
    let (template, reminders) = (Arc::clone(&BUILT_IN), Vec::new());
    let mut history = History { template, schedule, state, changed_at: BEGUN, now, reminders };
    for step in ["profile", "organization", "review"].into_iter().filter(|_| prepared) {
        history.happen(Happening::Save(step, StepStatus::Completed));
    }
    for happening in happenings {
        let (before, life, progress) = (history.state.clone(), history.life(), history.progress());
        let reminders = history.reminders.len();
        let (events, may_go_back) = history.happen(happening);
        check_life(life, &events, happening, &history)?;
        check_progress(progress, may_go_back, happening, &history)?;
        check_activation(&before, reminders, happening, &history)?;
        seen.taken_back += u32::from(history.progress() < progress);
        let silence = history.now - history.changed_at;
        let silent = before.completed_at.is_some() && silence > history.schedule.stuck_after();
        seen.completed_and_silent += u32::from(silent);
        seen.completed += u32::from(before.completed_at.is_none() && history.state.completed_at.is_some());
        seen.reopened += u32::from(before.completed_at.is_some() && history.state.completed_at.is_none());
    }
    seen.reminded_once += u32::from(!history.reminders.is_empty());
    seen.reminded_twice += u32::from(history.reminders.len() == 2);
    prop_assert!(history.reminders.is_sorted_by(|one, next| one < next), "{:?}", history.reminders);
    Ok(())
}

/// The state is the one that the table leads to.
fn check_life(
    from: Life,
    events: &[LifeEvent],
    happening: Happening,
    history: &History,
) -> Result<(), TestCaseError> {
    let mut expected = from;
    for event in events {
        let next = expected.after(*event);
        prop_assert!(next.is_some(), "{:?} {:?}", expected, event);
        expected = next.unwrap_or(expected);
    }
    // To a clock that is behind, a silence may be shorter than it was.
    if !matches!(happening, Happening::Wait(time) if time.is_negative()) {
        prop_assert_eq!(history.life(), expected, "after {:?} from {:?}", happening, from);
    }
    Ok(())
}

fn check_progress(
    before: u8,
    may_go_back: bool,
    happening: Happening,
    history: &History,
) -> Result<(), TestCaseError> {
    prop_assert!(may_go_back || history.progress() >= before, "{:?} from {}", happening, before);
    Ok(())
}

/// Whoever has completed once stays so, and is not reminded; each change is one version.
fn check_activation(
    before: &Onboarding,
    reminders: usize,
    happening: Happening,
    history: &History,
) -> Result<(), TestCaseError> {
    let state = &history.state;
    if before.activated_at.is_some() {
        prop_assert_eq!(state.activated_at, before.activated_at, "the activation is written once");
        prop_assert_eq!(history.reminders.len(), reminders, "a person who has completed was reminded");
    }
    prop_assert!(state.completed_at.is_none() || state.activated_at.is_some());
    let changed = state != before;
    prop_assert_eq!(state.version - before.version, i64::from(changed), "{:?}", happening);
    let again = matches!(happening, Happening::Complete) && before.completed_at.is_some();
    prop_assert!(!(again && changed), "completing again is no change");
    Ok(())
}
