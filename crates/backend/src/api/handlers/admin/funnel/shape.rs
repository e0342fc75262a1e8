//! Makes the answer of the funnel from its sums.

use std::collections::BTreeMap;

use super::dto::{FunnelCountsBody, FunnelGroupBody, FunnelStepBody};
use crate::domain::funnel::{Cell, Cells, Dimension};
use crate::domain::onboarding::template::Template;

/// The largest number of groups: five years of weeks, or every country.
const MAX_GROUPS: usize = 260;

/// The sums of one group by step. An empty key has the sums of the whole onboarding.
pub(super) type GroupCells = BTreeMap<String, Cell>;

/// The sums of each group.
pub(super) fn by_group(cells: Cells) -> BTreeMap<String, GroupCells> {
    let mut groups: BTreeMap<String, GroupCells> = BTreeMap::new();
    for (key, cell) in cells.0 {
        groups.entry(key.group.value).or_default().insert(key.step, cell);
    }
    groups
}

/// The groups with at least one person, in order.
pub(super) fn groups(template: &Template, dimension: Dimension, cells: Cells) -> Vec<FunnelGroupBody> {
    let groups = by_group(cells).into_iter();
    let mut groups: Vec<_> = groups
        .map(|(value, cells)| FunnelGroupBody { counts: counts(template, &cells), value })
        .filter(|group| group.counts.registered > 0)
        .collect();
    match dimension {
        Dimension::Week => groups.reverse(),
        _ => groups.sort_by_key(|group| std::cmp::Reverse(group.counts.registered)),
    }
    groups.truncate(MAX_GROUPS);
    groups
}

/// The counts of a group: the steps of today's template, and then steps of other templates that somebody has reached.
pub(super) fn counts(template: &Template, cells: &GroupCells) -> FunnelCountsBody {
    let none = Cell::default();
    let all = cells.get("").unwrap_or(&none);
    let today = template.steps.iter().map(|step| {
        let cell = cells.get(step.key.as_str()).unwrap_or(&none);
        step_body(step.key.as_str(), template.first(&step.title), step.required, cell, all.reached)
    });
    let is_of_today = |key: &str| template.steps.iter().any(|step| step.key.as_str() == key);
    let others = cells.iter().filter(|(key, cell)| !key.is_empty() && cell.reached > 0 && !is_of_today(key));
    let others = others.map(|(key, cell)| step_body(key, key, false, cell, all.reached));
    FunnelCountsBody {
        registered: all.reached,
        completed: all.completed,
        stuck: all.stuck,
        median_seconds: all.times.quantile(50),
        p90_seconds: all.times.quantile(90),
        steps: today.chain(others).collect(),
    }
}

fn step_body(key: &str, title: &str, required: bool, cell: &Cell, registered: u64) -> FunnelStepBody {
    let Cell { reached, completed, skipped, in_progress, stuck, .. } = *cell;
    let started = completed + skipped + in_progress;
    FunnelStepBody {
        key: key.to_owned(),
        title: title.to_owned(),
        required,
        reached,
        started,
        completed,
        skipped,
        in_progress,
        not_started: registered.saturating_sub(started),
        stuck,
        drop_off: share(stuck, reached),
        median_seconds: cell.times.quantile(50),
        p90_seconds: cell.times.quantile(90),
    }
}

/// The share, to four decimals; none where `whole` is 0.
fn share(part: u64, whole: u64) -> Option<f64> {
    // Counts of people are exact in a float.
    #[allow(clippy::cast_precision_loss)]
    (whole > 0).then(|| (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::funnel::{CellKey, Group};
    use crate::domain::onboarding::template::Catalogue;

    fn cell(reached: u64, completed: u64, skipped: u64, in_progress: u64) -> Cell {
        Cell { reached, completed, skipped, in_progress, stuck: reached / 4, ..Cell::default() }
    }

    #[test]
    fn whoever_has_not_touched_a_step_is_counted_too() {
        let cells = [
            ("", cell(10, 1, 0, 0)),
            ("profile", cell(9, 5, 0, 2)),
            ("preferences", cell(3, 0, 3, 0)),
            ("a step of yesterday", cell(9, 9, 0, 0)),
            ("nobody's", cell(0, 0, 0, 0)),
        ];
        let cells: GroupCells = cells.into_iter().map(|(key, cell)| (key.to_owned(), cell)).collect();
        let catalogue = Catalogue::built_in().unwrap();
        let body = counts(catalogue.current(), &cells);
        let keys: Vec<_> = body.steps.iter().map(|step| step.key.as_str()).collect();
        let expected = ["account", "profile", "organization", "preferences", "review", "a step of yesterday"];
        assert_eq!(keys, expected);
        let of = |key: &str| body.steps.iter().find(|step| step.key == key).unwrap();
        let counts = |step: &FunnelStepBody| (step.started, step.completed, step.skipped, step.not_started);
        assert_eq!(counts(of("profile")), (7, 5, 0, 3));
        assert_eq!(counts(of("preferences")), (3, 0, 3, 7));
        assert_eq!(counts(of("review")), (0, 0, 0, 10));
        assert_eq!((of("profile").drop_off, of("review").drop_off), (Some(0.2222), None));
    }

    #[test]
    fn weeks_come_by_their_age_and_countries_by_their_size() {
        let catalogue = Catalogue::built_in().unwrap();
        let cells = |dimension, groups: &[(&str, u64)]| {
            let cell = |(value, people): &(&str, u64)| {
                let group = Group { dimension, value: (*value).to_owned() };
                (CellKey { group, step: String::new() }, cell(*people, 0, 0, 0))
            };
            Cells(groups.iter().map(cell).collect())
        };
        let values =
            |groups: Vec<FunnelGroupBody>| groups.into_iter().map(|group| group.value).collect::<Vec<_>>();
        let weeks =
            cells(Dimension::Week, &[("2026-W09", 5), ("2025-W52", 9), ("2026-W10", 0), ("2026-W11", 1)]);
        assert_eq!(
            values(groups(catalogue.current(), Dimension::Week, weeks)),
            ["2026-W11", "2026-W09", "2025-W52"]
        );
        let countries = cells(Dimension::Country, &[("AT", 5), ("DE", 9), ("", 7)]);
        assert_eq!(values(groups(catalogue.current(), Dimension::Country, countries)), ["DE", "", "AT"]);
    }
}
