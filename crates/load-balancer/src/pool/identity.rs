//! The name that a server gives itself.

/// The changes of the name while a server was up all the time, after which the server has no name: something behind its
/// address passes each check to another instance.
const MOST_CHANGES: u32 = 3;

/// The name in a server's health answers, as far as it can be relied upon.
#[derive(Debug, Default)]
pub(crate) struct Identity {
    name: Option<String>,
    changes: u32,
}

/// The meaning of a further answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    /// Nothing new.
    None,
    /// The server has a name, or another one than before.
    Named,
    /// The server has too many names to have one.
    Unstable,
}

impl Identity {
    /// The name, where there is one.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref().filter(|_| self.changes <= MOST_CHANGES)
    }

    /// Whether an answer comes from the same instance as the earlier ones.
    pub(crate) fn is(&self, name: Option<&str>) -> bool {
        self.name.as_deref() == name || self.changes > MOST_CHANGES
    }

    /// Takes in the name of a good answer; an answer without a name changes nothing. `was_up` says that the server was
    /// well at the previous check, so no other instance can have been started at its address since.
    pub(crate) fn says(&mut self, name: Option<&str>, was_up: bool) -> News {
        let Some(name) = name else { return News::None };
        let other = self.name.as_deref() != Some(name);
        let renamed = other && self.name.is_some();
        let was_stable = self.changes <= MOST_CHANGES;
        match (renamed, was_up) {
            (true, true) => self.changes += 1,
            (_, false) => self.changes = 0,
            (false, true) => {}
        }
        let is_stable = self.changes <= MOST_CHANGES;
        if other {
            self.name = Some(name.to_owned());
        }
        match (was_stable, is_stable) {
            (true, false) => News::Unstable,
            (false, true) => News::Named,
            (true, true) if other => News::Named,
            _ => News::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_learned_and_stays_until_there_is_another() {
        let mut identity = Identity::default();
        assert!(identity.is(None));
        let rows = [
            (None, News::None, None),
            (Some("backend-1"), News::Named, Some("backend-1")),
            (Some("backend-1"), News::None, Some("backend-1")),
            (None, News::None, Some("backend-1")),
            (Some("backend-2"), News::Named, Some("backend-2")),
        ];
        for (says, news, name) in rows {
            assert_eq!((identity.says(says, true), identity.name()), (news, name), "{says:?}");
        }
        assert!(identity.is(Some("backend-2")) && !identity.is(Some("backend-1")) && !identity.is(None));
    }

    #[test]
    fn an_address_that_many_answer_at_has_no_name() {
        let mut identity = Identity::default();
        let news: Vec<News> = (0..8).map(|n| identity.says(Some(["a", "b"][n % 2]), true)).collect();
        assert_eq!(news[..5], [News::Named, News::Named, News::Named, News::Named, News::Unstable]);
        assert_eq!((&news[5..], identity.name()), (&[News::None; 3][..], None));
    }

    #[test]
    fn instances_that_follow_each_other_have_names() {
        let mut identity = Identity::default();
        for n in 0..100 {
            assert_eq!(identity.says(Some(["a", "b"][n % 2]), false), News::Named);
        }
        assert_eq!(identity.name(), Some("b"));
    }
}
