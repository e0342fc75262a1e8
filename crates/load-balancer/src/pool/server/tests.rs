use super::*;

fn up() -> Server {
    let server = Server::new("backend", "backend-1", "127.0.0.1:5000", 1, Arc::default());
    server.set_health(Health::Up);
    server
}

const LIMITS: Thresholds = Thresholds { connect_failures: 1, failures: 3 };

#[test]
fn no_traffic_before_the_first_good_check() {
    let server = Server::new("backend", "backend-1", "127.0.0.1:5000", 1, Arc::default());
    assert!(!server.usable() && !server.last_resort());
    server.set_health(Health::Up);
    assert!(server.usable());
}

#[test]
fn an_operator_has_the_last_word() {
    let server = up();
    for admin in [AdminState::Drain, AdminState::Down] {
        server.set_admin_state(admin);
        assert!(!server.usable() && !server.last_resort(), "{admin:?}");
    }
    server.set_admin_state(AdminState::Active);
    assert!(server.usable());
}

#[test]
fn one_that_is_gone_gets_nothing_and_resumes_with_what_it_had() {
    let server = up();
    server.enter();
    server.set_gone(true);
    assert!(!server.usable() && server.last_resort());
    assert_eq!(server.state().name(), "leaving");
    server.set_gone(false);
    assert_eq!((server.usable(), server.in_flight()), (true, 1));
}

#[test]
fn one_that_fails_while_it_is_gone_must_prove_itself() {
    let server = up();
    server.set_gone(true);
    server.must_prove_itself();
    server.set_gone(false);
    assert!(!server.usable() && !server.last_resort());
}

#[test]
fn a_discovered_address_is_never_tried_before_it_was_well_once() {
    for (source, tried) in [(Source::File, true), (Source::Dns, false)] {
        let server = Server::new("backend", "a", "127.0.0.1:1", 1, Arc::default());
        server.set_source(source);
        server.set_health(Health::Down);
        assert_eq!(server.last_resort(), tried, "{source:?}");
        server.set_health(Health::Up);
        server.set_health(Health::Down);
        assert!(server.last_resort(), "{source:?}");
    }
}

#[test]
fn what_puts_a_server_out() {
    use Verdict::{Nothing, Unreachable, Unresponsive, Well};
    let rows: [(&[Verdict], bool); 6] = [
        (&[Unreachable], true),
        (&[Unresponsive, Unresponsive], false),
        (&[Unresponsive, Nothing, Unresponsive, Unresponsive], true),
        (&[Unresponsive, Unresponsive, Well, Unresponsive], false),
        (&[Nothing, Nothing, Nothing, Nothing], false),
        (&[Well], false),
    ];
    for (verdicts, out) in rows {
        let server = up();
        for verdict in verdicts {
            server.observe(*verdict, LIMITS);
        }
        assert_eq!(!server.usable(), out, "{verdicts:?}");
        assert!(server.last_resort(), "{verdicts:?}");
    }
}

#[test]
fn it_is_ejected_once() {
    let server = up();
    assert!(server.observe(Verdict::Unreachable, LIMITS));
    assert!(!server.observe(Verdict::Unreachable, LIMITS));
    server.set_health(Health::Up);
    assert_eq!(server.traffic_failures(), 0);
}
