use super::*;
use crate::pool::{Health, Source};

fn address(n: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, n], 80))
}

fn server(address: SocketAddr) -> Arc<Server> {
    let address = address.to_string();
    let server = Server::new("backend", &address, &address, 1, Arc::default());
    server.set_source(Source::Dns);
    Arc::new(server)
}

/// What a pool would have, from one answer to the next.
struct Pool {
    discovery: Discovery,
    start: Instant,
}

impl Pool {
    fn new() -> Self {
        Self { discovery: Discovery::default(), start: Instant::now() }
    }

    fn answer(&mut self, seconds: u64, addresses: &[u8]) -> bool {
        let answer = addresses.iter().copied().map(address).collect();
        self.discovery.answered(&answer, self.start + Duration::from_secs(seconds), server)
    }

    fn members(&mut self) -> Vec<Arc<Server>> {
        self.members_beside(&[], &[])
    }

    fn members_beside(&mut self, listed: &[Arc<Server>], taken: &[&str]) -> Vec<Arc<Server>> {
        let taken = taken.iter().map(|name| (*name).to_owned()).collect();
        let members = self.discovery.members(1, &Listed::of(listed.iter()), taken);
        members.into_iter().map(|(server, _)| server).collect()
    }

    /// Every member is found well, and says that this is its name.
    fn are_well(&mut self, names: &[&str]) {
        for (server, name) in self.members().iter().zip(names) {
            server.identity().says(Some(name), false);
            server.set_health(Health::Up);
        }
    }

    fn names(&mut self) -> Vec<String> {
        self.members().iter().map(|server| server.name().to_owned()).collect()
    }

    fn states(&mut self) -> Vec<&'static str> {
        self.members().iter().map(|server| server.state().name()).collect()
    }
}

#[test]
fn servers_come_and_go_with_the_answers() {
    let mut pool = Pool::new();
    assert!(pool.answer(0, &[2, 1]));
    assert_eq!(pool.states(), ["starting", "starting"]);
    pool.are_well(&["a", "b"]);
    assert!(!pool.answer(1, &[1, 2]), "nothing is new");
    assert!(pool.answer(2, &[2, 3]));
    assert_eq!(pool.states(), ["leaving", "up", "starting"]);
    assert!(pool.answer(3, &[1, 2, 3]));
    assert_eq!(pool.states(), ["up", "up", "starting"]);
}

#[test]
fn a_failure_changes_nothing_and_is_told_once() {
    let mut pool = Pool::new();
    pool.answer(0, &[1]);
    pool.are_well(&["a"]);
    assert!(pool.discovery.failed("SERVFAIL".to_owned()));
    assert!(!pool.discovery.failed("SERVFAIL".to_owned()));
    assert_eq!(pool.states(), ["up"]);
    let report = pool.discovery.report();
    assert_eq!((report.failures, report.error.as_deref(), report.addresses), (2, Some("SERVFAIL"), 1));
    pool.answer(1, &[1]);
    assert_eq!(pool.discovery.report().error, None);
}

#[test]
fn one_that_was_gone_for_a_moment_is_the_same_server() {
    let mut pool = Pool::new();
    pool.answer(0, &[1, 2]);
    pool.are_well(&["a", "b"]);
    let before = pool.members();
    pool.answer(1, &[1]);
    assert!(!pool.discovery.forget(pool.start + Duration::from_mins(1)));
    pool.answer(60, &[1, 2]);
    assert!(Arc::ptr_eq(&before[1], &pool.members()[1]));
    assert!(before[1].usable());
}

#[test]
fn one_that_is_gone_for_long_is_forgotten_once_its_requests_have_ended() {
    let mut pool = Pool::new();
    pool.answer(0, &[1, 2]);
    pool.are_well(&["a", "b"]);
    pool.answer(1, &[1]);
    let later = pool.start + Duration::from_secs(61);
    pool.members()[1].enter();
    assert!(!pool.discovery.forget(later));
    pool.members()[1].leave();
    assert!(pool.discovery.forget(later));
    assert_eq!(pool.names(), ["a"]);
}

#[test]
fn who_comes_first_has_the_name_and_the_next_one_inherits_it() {
    let mut pool = Pool::new();
    pool.answer(0, &[1, 2]);
    assert_eq!(pool.names(), ["10.0.0.1:80", "10.0.0.2:80"]);
    pool.are_well(&["a", "a"]);
    assert_eq!(pool.names(), ["a", "a@10.0.0.2:80"]);
    pool.answer(1, &[2]);
    assert_eq!(pool.names(), ["a@10.0.0.1:80", "a"]);
    pool.answer(2, &[1, 2]);
    assert_eq!(pool.names(), ["a", "a@10.0.0.2:80"]);
}

#[test]
fn listed_servers_keep_their_names_and_their_addresses() {
    let mut pool = Pool::new();
    pool.answer(0, &[1, 2]);
    pool.are_well(&["a", "b"]);
    let listed = Arc::new(Server::new("backend", "b", "10.0.0.1:80", 1, Arc::default()));
    let beside = |pool: &mut Pool| pool.members_beside(std::slice::from_ref(&listed), &["b"]);
    let names = |members: &[Arc<Server>]| -> Vec<String> {
        members.iter().map(|server| server.name().to_owned()).collect()
    };
    let found = beside(&mut pool);
    assert_eq!(names(&found), ["a", "b@10.0.0.2:80"], "what is well stays until the listed one was checked");
    listed.set_health(Health::Up);
    assert_eq!(names(&beside(&mut pool)), ["b@10.0.0.2:80"]);
    listed.set_admin_state(AdminState::Drain);
    assert_eq!(names(&beside(&mut pool)), ["b@10.0.0.2:80"], "an operator's word is not got round");
    assert_eq!(pool.states(), ["starting", "up"], "nobody has checked the first one meanwhile");
}

#[test]
fn one_that_is_not_well_gives_way_to_a_listed_server_at_once() {
    let mut pool = Pool::new();
    pool.answer(0, &[1]);
    let listed = Arc::new(Server::new("backend", "a", "10.0.0.1:80", 1, Arc::default()));
    assert!(pool.members_beside(&[listed], &["a"]).is_empty());
}

#[test]
fn wishes_hold_as_long_as_the_address_stays() {
    let mut pool = Pool::new();
    pool.answer(0, &[1, 2]);
    pool.are_well(&["a", "b"]);
    pool.members();
    assert_eq!(pool.discovery.change("a", Some(5), Some(AdminState::Drain)), Some("a".to_owned()));
    assert_eq!(pool.discovery.change("10.0.0.2:80", Some(3), None), Some("b".to_owned()));
    assert_eq!(pool.discovery.change("c", None, None), None);
    assert_eq!(pool.discovery.remove("b"), Some("b".to_owned()));
    pool.answer(1, &[1]);
    pool.answer(2, &[1, 2]);
    let members = pool.discovery.members(1, &Listed::default(), HashSet::new());
    assert_eq!(members.iter().map(|(_, weight)| *weight).collect::<Vec<_>>(), [5]);
    assert_eq!((pool.states(), pool.discovery.remove("b")), (vec!["drain"], None));
    pool.discovery.forget_wishes();
    let members = pool.discovery.members(2, &Listed::default(), HashSet::new());
    assert_eq!(members.iter().map(|(_, weight)| *weight).collect::<Vec<_>>(), [2, 2]);
    assert_eq!(pool.states(), ["drain", "starting"]);
}

#[test]
fn operators_wishes_are_carried_to_the_next_process() {
    let mut old = Pool::new();
    old.answer(0, &[1, 2, 3]);
    old.are_well(&["a", "b", "c"]);
    old.members();
    old.discovery.change("a", Some(7), None).unwrap();
    old.discovery.change("b", None, Some(AdminState::Drain)).unwrap();
    old.discovery.remove("c").unwrap();

    let mut new = Pool::new();
    new.discovery.expect(old.discovery.wishes());
    assert_eq!(new.discovery.wishes(), old.discovery.wishes(), "before the first answer, too");
    new.answer(0, &[1, 2, 3]);
    let members = new.discovery.members(1, &Listed::default(), HashSet::new());
    let weights: Vec<_> = members.iter().map(|(server, weight)| (server.address(), *weight)).collect();
    assert_eq!(weights, [("10.0.0.1:80", 7), ("10.0.0.2:80", 1)]);
    assert_eq!(members[1].0.state().admin, AdminState::Drain);
    assert_eq!(new.discovery.wishes(), old.discovery.wishes());
}
