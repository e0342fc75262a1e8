//! What is wrong with a file is told with its line and its key.

use std::path::Path;

use service_kit::toml_file::Problem;

use super::super::{Choices, Condition, FieldKind, Template};
use super::parse;

const GOOD: &str = include_str!("../testdata/eight.toml");

fn problems(text: &str) -> Vec<String> {
    let told = |problem: &Problem| {
        let Problem { line, key, reason, .. } = problem;
        format!("{line}: {key}: {reason}")
    };
    parse(Path::new("t.toml"), text).map_or_else(|found| found.iter().map(told).collect(), |_| Vec::new())
}

/// The good template with one place replaced.
fn with(old: &str, new: &str) -> Vec<String> {
    assert_eq!(GOOD.matches(old).count(), 1, "{old:?}");
    problems(&GOOD.replace(old, new))
}

fn good() -> Template {
    parse(Path::new("t.toml"), GOOD).unwrap()
}

#[test]
fn a_good_template_is_read_in_whole() {
    let template = good();
    assert_eq!(template.id.to_string(), "acme.v1");
    assert_eq!(template.languages, ["en", "de"]);
    assert_eq!(template.steps.len(), 8);
    let work = &template.steps[2];
    assert_eq!((work.key.as_str(), work.required), ("work", true));
    assert_eq!(work.title["de"], "Ihre Arbeit");
    let kinds: Vec<_> = work.fields.iter().map(|field| field.kind.name()).collect();
    assert_eq!(kinds, ["choice", "text", "integer"]);
    assert!(matches!(&work.fields[0].kind, FieldKind::Choice(Choices::Listed(listed)) if listed.len() == 3));
    assert!(matches!(&work.fields[1].visible_when, Some(Condition::Is { negated: true, .. })));
}

/// A replacement in the good template, and what is told of it.
type Fault = ((&'static str, &'static str), Vec<String>);

fn check(faults: &[Fault]) {
    for ((old, new), expected) in faults {
        let found = with(old, new);
        let is_told = |expected: &String| found.contains(expected);
        assert!(expected.iter().all(is_told), "{new}\n found: {found:#?}\n expected: {expected:#?}");
    }
}

fn line_of(text: &str) -> usize {
    GOOD.lines().position(|line| line.contains(text)).unwrap() + 1
}

fn at(line: usize, rest: &str) -> Vec<String> {
    vec![format!("{line}: {rest}")]
}

#[test]
fn every_error_has_its_line_and_its_key() {
    let role = line_of("key     = \"role\"");
    let table = [
        (("version   = 1", "version   = 0"), at(2, "version: is 0, must be at least 1")),
        (
            ("version   = 1", "versoin = 1"),
            vec![
                "1: version: is missing; write a whole number".to_owned(),
                "2: versoin: unknown key; did you mean \"version\"?".to_owned(),
            ],
        ),
        (
            ("key       = \"acme\"", "key = \"Acme\""),
            at(
                1,
                "key: \"Acme\" cannot be used; write a key of at most 32 small letters, digits and _, such as \"team_size\"",
            ),
        ),
        (
            ("title    = { en = \"Your work\", de = \"Ihre Arbeit\" }", "title = { en = \"Your work\" }"),
            at(line_of("Your work"), "steps[2].title: has no text in \"de\", which \"languages\" names"),
        ),
        (
            ("title    = { en = \"Your work\", de", "title = { fr = \"Travail\", en = \"Your work\", de"),
            at(line_of("Your work"), "steps[2].title.fr: is a language that \"languages\" does not name"),
        ),
        (
            ("key     = \"role\"", "key     = \"employer\""),
            vec![
                format!(
                    "{}: steps[2].fields[1].visible_when.field: there is no field work.role before this one",
                    role + 16
                ),
                format!(
                    "{}: steps[2].fields[1].key: there is another field \"employer\" before",
                    line_of("\"employer\"")
                ),
            ],
        ),
    ];
    check(&table);
}

#[test]
fn types_and_limits_are_checked() {
    let table = [
        (
            ("min     = 1\nmax     = 80", "min     = 81\nmax     = 80"),
            at(line_of("min     = 1"), "steps[2].fields[2].min: is 81, which is more than max, 80"),
        ),
        (
            ("max_length = 120", "max_length = 0"),
            at(line_of("max_length = 120"), "steps[1].fields[0].max_length: is 0, must be from 1 to 10000"),
        ),
        (
            ("type    = \"integer\"", "type = \"number\""),
            at(
                line_of("type    = \"integer\""),
                "steps[2].fields[2].type: \"number\" is no type; write one of text, integer, boolean, consent, choice, choices, date, url, email",
            ),
        ),
        (
            ("list    = \"countries\"", "list = \"planets\""),
            at(
                line_of("\"countries\""),
                "steps[1].fields[1].list: \"planets\" cannot be used; write \"countries\", \"time_zones\", \"organization_sizes\" or \"organization_roles\"",
            ),
        ),
    ];
    check(&table);
}

#[test]
fn conditions_name_what_is_known_and_can_be_answered() {
    let table = [
        ("{ field = \"work.role\", is_not = \"freelancer\" }", ""),
        ("{ field = \"work.role\", is = \"boss\" }", "\"boss\" is no answer of work.role: must be one of"),
        (
            "{ field = \"work.years\", is = \"7\" }",
            "\"7\" is no answer of work.years: must be a whole number",
        ),
        ("{ field = \"work.years\", in = [1, 99] }", "99 is no answer of work.years: must be from 1 to 80"),
        ("{ field = \"work.boss\", is = \"x\" }", "there is no field work.boss before this one"),
        ("{ field = \"legal.accepted\", is = true }", "there is no field legal.accepted before this one"),
        ("{ field = \"role\", is = \"employee\" }", "must name the step, too, such as \"profile.country\""),
        ("{ field = \"work.role\" }", "needs exactly one of is, is_not, in, not_in, answered"),
        ("{ field = \"work.role\", is = \"employee\", answered = true }", "needs exactly one of"),
        ("{ all = [] }", "must have at least one condition"),
        (
            "{ any = [{ field = \"work.role\", answered = true }], field = \"work.role\" }",
            "must have exactly one of",
        ),
        ("{ field = \"work.role\", equals = \"employee\" }", "unknown key"),
        ("\"always\"", "must be a table, not a string"),
    ];
    for (condition, expected) in table {
        let found = with("{ field = \"work.role\", in = [\"employee\", \"student\"] }", condition);
        let told = expected.is_empty() == found.is_empty()
            && (expected.is_empty() || found.iter().any(|told| told.contains(expected)));
        assert!(told, "{condition}: {found:#?}");
    }
}

#[test]
fn steps_begin_with_the_account_and_are_there_once() {
    let other = with("key      = \"account\"", "key      = \"welcome\"");
    assert!(other[0].contains("must be \"account\" in the first step"), "{other:?}");
    let twice = with("key      = \"work\"", "key      = \"profile\"");
    assert!(twice.iter().any(|told| told.contains("there is another step \"profile\" before")), "{twice:?}");
    let none = problems("key = \"a\"\nversion = 1\nlanguages = [\"en\"]\nmigrate = \"keep\"\n");
    assert_eq!(none.len(), 1, "{none:?}");
    assert!(none[0].contains("steps: are missing"));
    let broken = problems("key = \"a\nversion = 1");
    assert!(broken[0].starts_with("1: "), "{broken:?}");
}
