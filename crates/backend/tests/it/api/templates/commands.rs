//! The command line, and what refuses to start.

use super::super::harness::Database;
use super::super::processes::ended_with;
use super::{EIGHT, EIGHT_V2, folder};

/// A name and a text.
type File<'a> = (&'a str, &'a str);

#[tokio::test]
async fn check_tells_every_error_with_file_line_and_key() {
    let good = folder(&[("acme.v1.toml", EIGHT), ("acme.toml", EIGHT_V2)]);
    let (code, text) = ended_with(&["templates", "check", good.path().to_str().unwrap()], &[]).await;
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("acme.v2 is good (8 steps, for new people; people under way are moved to it)"),
        "{text}"
    );

    let gap = EIGHT_V2.replace("version   = 2", "version   = 3");
    let unsaid = EIGHT_V2.replace("skills", "hobbies").replace("fields = [\"contact.calls\"]", "");
    let default = EIGHT.replace("acme", "default");
    let table: [(&[File<'_>], &[&str]); 6] = [
        (
            &[("acme.toml", "key = 7\n")],
            &["acme.toml:1: key: must be a string, not a number", "acme.toml:1: steps: are missing"],
        ),
        (
            &[("acme.v1.toml", EIGHT), ("acme.toml", &gap)],
            &["acme.toml:2: version: acme.v2 is missing; keep it as acme.v2.toml"],
        ),
        (
            &[("acme.v1.toml", EIGHT), ("acme.toml", &unsaid)],
            &[
                "acme.toml:11: dropped.steps[0]: hobbies is no step of acme.v1",
                "does not say what became of the step skills of acme.v1",
                "what became of the field contact.calls of acme.v1",
            ],
        ),
        (
            &[("eight.toml", EIGHT)],
            &["eight.toml:1: key: this file must be called acme.toml or acme.v1.toml"],
        ),
        (
            &[("default.toml", &default)],
            &[
                "default.toml:2: version: default.v1 is built in and asks something else; give this one version 2",
            ],
        ),
        (&[], &["holds no template: no file ends in .toml"]),
    ];
    for (files, expected) in table {
        let bad = folder(files);
        let path = bad.path().to_str().unwrap();
        let (code, text) = ended_with(&["templates", "check", path], &[]).await;
        assert_eq!(code, 1, "{text}");
        for told in expected {
            assert!(text.lines().any(|line| line.contains(told)), "{told:?} in {text}");
        }
        // What refuses to start says the same.
        let database = Database::new();
        let url = database.url();
        let (code, text) =
            ended_with(&["serve"], &[("DATABASE_URL", &url), ("ONBOARDING_TEMPLATES_DIR", path)]).await;
        assert_eq!(code, 2, "{text}");
        assert!(text.contains("ONBOARDING_TEMPLATES_DIR: ") && text.contains(expected[0]), "{text}");
    }
}

#[tokio::test]
async fn a_version_that_people_have_met_stays_as_it_is() {
    let database = Database::new();
    let first = folder(&[("acme.toml", EIGHT)]);
    drop(super::instance(&database, first.path()).await);
    // Words may be corrected.
    let corrected = folder(&[("acme.toml", &EIGHT.replace("Your work", "What you do"))]);
    drop(super::instance(&database, corrected.path()).await);
    let other = folder(&[("acme.toml", &EIGHT.replace("max     = 80", "max     = 90"))]);
    let settings =
        [("DATABASE_URL", database.url()), ("ONBOARDING_TEMPLATES_DIR", other.path().display().to_string())];
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    let (code, text) = ended_with(&["serve"], &settings).await;
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("acme.v1 asks something else than when it was first used"), "{text}");
    assert!(text.contains("work.years: integer from 1 to 80 → integer from 1 to 90"), "{text}");
}

#[tokio::test]
async fn templates_are_shown_and_compared() {
    let (code, text) = ended_with(&["templates", "show"], &[]).await;
    assert_eq!(code, 0, "{text}");
    for line in [
        "default.v1 (en, de)",
        "2. profile – Your profile (required)",
        "     country – Country (choice of list countries)",
        "4. preferences – Your preferences (may be skipped)",
        "     theme – Theme (choice of light | dark | system)",
    ] {
        assert!(text.lines().any(|told| told == line), "{line:?} in {text}");
    }
    let both = folder(&[("acme.v1.toml", EIGHT), ("acme.toml", EIGHT_V2)]);
    let settings = [("ONBOARDING_TEMPLATES_DIR", both.path().to_str().unwrap())];
    let (code, text) = ended_with(&["templates", "diff", "acme.v1", "acme"], &settings).await;
    assert_eq!(code, 0, "{text}");
    for line in [
        "migrate: keep → move",
        "skills: step removed",
        "team: step added (required)",
        "profile.call_name: field added (text of 2 to 120 characters, required)",
        "renamed: work → job",
        "renamed: contact.site → profile.site",
        "dropped, answers are set aside: contact.calls",
    ] {
        assert!(text.lines().any(|told| told == line), "{line:?} in {text}");
    }
    let file = both.path().join("acme.toml");
    let (code, text) = ended_with(&["templates", "diff", "acme", file.to_str().unwrap()], &settings).await;
    assert!(code == 0 && text.contains("acme.v2 and acme.v2 ask the same"), "{text}");
    let (code, text) = ended_with(&["templates", "show", "nothing"], &settings).await;
    assert!(
        code == 1 && text.contains("there is no template nothing; there are: acme.v1, acme.v2, default.v1"),
        "{text}"
    );
}
