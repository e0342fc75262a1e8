//! `circuit_breaker`, of a pool and of a route.

use std::{ops::RangeInclusive, time::Duration};

use service_kit::toml_file::Section;

use super::values::Span;
use crate::pool::{BreakerPolicy, Statuses};

pub(super) const KEY: &str = "circuit_breaker";
const COUNTS: RangeInclusive<u32> = 0..=1_000_000;
const TRIALS: RangeInclusive<u32> = 1..=1000;
const HOUR: Span = Span(Duration::from_hours(1));
const WINDOWS: RangeInclusive<Span> = Span(Duration::from_millis(100))..=HOUR;

/// What the section says of its circuits; a route inherits those of its pool, and what its own table does not say.
pub(super) fn read(section: &Section<'_>, inherited: Option<BreakerPolicy>) -> Option<BreakerPolicy> {
    let Some(section) = section.section(KEY) else { return inherited };
    let enabled = section.or("enabled", true);
    let default = inherited.unwrap_or_default();
    let policy = BreakerPolicy {
        consecutive_failures: section.within("consecutive_failures", COUNTS, default.consecutive_failures),
        failure_percent: section.within("failure_percent", 0..=100, default.failure_percent),
        min_requests: section.within("min_requests", 1..=*COUNTS.end(), default.min_requests),
        window: section.within("window", WINDOWS, Span(default.window)).0,
        trials: section.within("trials", TRIALS, default.trials),
        statuses: statuses(&section, default.statuses),
        ..open_times(&section, default)
    };
    if enabled && policy.consecutive_failures == 0 && policy.failure_percent == 0 {
        let reason =
            "is 0, and so is failure_percent: nothing would open a circuit; for none, write enabled = false";
        section.reject("consecutive_failures", reason);
    }
    section.unknown();
    enabled.then_some(policy)
}

/// Of the two times the one that is said decides.
fn open_times(section: &Section<'_>, default: BreakerPolicy) -> BreakerPolicy {
    let open_for = section.within("open_for", WINDOWS, Span(default.open_for)).0;
    let longest = section.within("open_for_max", WINDOWS, Span(default.open_for_max)).0;
    let (says_first, says_longest) = (section.has("open_for"), section.has("open_for_max"));
    if says_first && says_longest && longest < open_for {
        section.reject("open_for_max", format!("is shorter than open_for, which is {}", Span(open_for)));
    }
    BreakerPolicy {
        open_for: if says_first { open_for } else { open_for.min(longest) },
        open_for_max: longest.max(if says_longest && !says_first { longest } else { open_for }),
        ..default
    }
}

fn statuses(section: &Section<'_>, default: Statuses) -> Statuses {
    if !section.has("statuses") {
        return default;
    }
    let said = section.list::<u16>("statuses");
    for (index, status) in said.iter().enumerate().filter(|(_, status)| !Statuses::RANGE.contains(status)) {
        let (least, most) = (Statuses::RANGE.start(), Statuses::RANGE.end());
        section.reject_element("statuses", index, format!("is {status}, must be from {least} to {most}"));
    }
    said.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::{Config, parse};

    use super::*;

    /// A pool and two routes, the second of which has a table of its own.
    fn read(pool: &str, route: &str) -> Result<Config, Vec<String>> {
        let table =
            |text: &str| if text.is_empty() { String::new() } else { format!("circuit_breaker = {text}\n") };
        let text = format!(
            "[[pools]]\nname = \"p\"\nservers = []\n{}[[routes]]\npath = \"/\"\npool = \"p\"\n[[routes]]\n\
             path = \"/own\"\npool = \"p\"\n{}",
            table(pool),
            table(route)
        );
        let problems = |problems: Vec<service_kit::toml_file::Problem>| {
            problems.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        parse(Path::new("lb.toml"), &text, true).map_err(problems)
    }

    /// What holds in the pool, on the first route and on the second.
    fn policies(pool: &str, route: &str) -> [Option<BreakerPolicy>; 3] {
        let config = read(pool, route).unwrap();
        let [first, second] = &config.routes[..] else { panic!("two routes") };
        assert_eq!((first.own_breaker, second.own_breaker), (false, !route.is_empty()));
        [config.pools[0].settings.requests.breaker, first.requests.breaker, second.requests.breaker]
    }

    #[test]
    fn there_is_none_unless_it_is_said_and_a_route_inherits_what_it_does_not_say() {
        let default = BreakerPolicy::default();
        let trials = BreakerPolicy { trials: 7, ..default };
        assert_eq!(policies("", ""), [None; 3]);
        assert_eq!(policies("{}", ""), [Some(default); 3]);
        assert_eq!(policies("{ trials = 7 }", "{}"), [Some(trials); 3]);
        assert_eq!(policies("", "{ trials = 7 }"), [None, None, Some(trials)]);
        assert_eq!(policies("{ trials = 7 }", "{ enabled = false }"), [Some(trials), Some(trials), None]);
        assert_eq!(policies("{ enabled = false }", ""), [None; 3]);
    }

    #[test]
    fn all_of_it_can_be_said() {
        let said = "{ consecutive_failures = 9, failure_percent = 25, min_requests = 100, window = \"1m\", \
                    open_for = \"2s\", open_for_max = \"2m\", trials = 1, statuses = [500, 599] }";
        let expected = BreakerPolicy {
            consecutive_failures: 9,
            failure_percent: 25,
            min_requests: 100,
            window: Duration::from_mins(1),
            open_for: Duration::from_secs(2),
            open_for_max: Duration::from_mins(2),
            trials: 1,
            statuses: [500, 599].into_iter().collect(),
        };
        assert_eq!(policies(said, "")[0], Some(expected));
        let none = Statuses::default();
        assert_eq!(policies("{ statuses = [] }", "")[0].unwrap().statuses, none);
    }

    #[test]
    fn of_the_two_times_the_one_that_is_said_decides() {
        for (said, open_for, longest) in [
            ("{}", 5, 60),
            ("{ open_for = \"2m\" }", 120, 120),
            ("{ open_for_max = \"2s\" }", 2, 2),
            ("{ open_for = \"3s\", open_for_max = \"4s\" }", 3, 4),
        ] {
            let policy = policies(said, "")[0].unwrap();
            assert_eq!(
                (policy.open_for.as_secs(), policy.open_for_max.as_secs()),
                (open_for, longest),
                "{said}"
            );
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_line_and_key() {
        let key = "lb.toml:4: pools[0].circuit_breaker";
        for (said, expected) in [
            ("{ trials = 0 }", format!("{key}.trials: is 0, must be from 1 to 1000")),
            ("{ failure_percent = 101 }", format!("{key}.failure_percent: is 101, must be from 0 to 100")),
            ("{ min_requests = 0 }", format!("{key}.min_requests: is 0, must be from 1 to 1000000")),
            ("{ window = \"1ms\" }", format!("{key}.window: is 1ms, must be from 100ms to 1h")),
            (
                "{ open_for = \"3s\", open_for_max = \"2s\" }",
                format!("{key}.open_for_max: is shorter than open_for, which is 3s"),
            ),
            ("{ statuses = [500, 404] }", format!("{key}.statuses[1]: is 404, must be from 500 to 599")),
            ("{ statuses = [\"5xx\"] }", format!("{key}.statuses[0]: must be a number, not a string")),
            (
                "{ consecutive_failures = 0, failure_percent = 0 }",
                format!("{key}.consecutive_failures: is 0, and so"),
            ),
            ("{ trails = 2 }", format!("{key}.trails: unknown key; did you mean \"trials\"?")),
            ("{ enabled = \"no\" }", format!("{key}.enabled: must be true or false")),
            ("true", format!("{key}: must be a table, not true or false")),
        ] {
            let found = read(said, "").unwrap_err();
            assert!(found[0].starts_with(&expected) && found.len() == 1, "{said}: {found:?}");
        }
        let found = read("", "{ trials = 0 }").unwrap_err();
        assert!(found[0].starts_with("lb.toml:10: routes[1].circuit_breaker.trials: is 0"), "{found:?}");
    }
}
