use std::sync::Arc;
use std::time::{Duration, Instant};

use super::*;
use crate::pool::{PoolSettings, PoolState, Server};
use crate::route::RouteTable;

fn server(name: &str, state: &PoolState) -> Arc<Server> {
    Arc::new(Server::new("p", name, "10.0.0.1:80", 1, Arc::clone(state.wake())))
}

fn snapshot(servers: &[&Arc<Server>], state: &Arc<PoolState>) -> Snapshot {
    let servers = servers.iter().map(|server| (Arc::clone(server), 1)).collect();
    let pool = Pool::new("p", PoolSettings::default(), servers, Arc::clone(state));
    Snapshot { version: 1, pools: Box::new([Arc::new(pool)]), routes: RouteTable::default() }
}

fn answer(server: &Server, status: u16, micros: u64) {
    server.stats(0).codes.add(status);
    server.stats(0).requests.observe(micros);
}

fn refuse(state: &PoolState, status: u16) {
    state.stats(0).codes.add(status);
    state.stats(0).durations.observe(100);
}

#[test]
fn errors_of_the_balancer_itself_count_for_the_pool() {
    let (history, state) = (History::default(), Arc::new(PoolState::new(1)));
    let a = server("a", &state);
    let snapshot = snapshot(&[&a], &state);
    let now = SystemTime::now();
    history.tick(&snapshot, now);
    for _ in 0..3 {
        answer(&a, 500, 900);
    }
    answer(&a, 404, 900);
    for status in [502, 503, 504, 200] {
        refuse(&state, status);
    }
    history.tick(&snapshot, now);
    let pool = history.last("p", None, 1).unwrap();
    assert_eq!((pool.requests, pool.client_errors, pool.errors, pool.own_errors), (8, 1, 6, 3));
    let server = history.last("p", Some(("a", a.id())), 1).unwrap();
    assert_eq!((server.requests, server.errors, server.own_errors), (4, 3, 0));
    assert!(history.last("p", Some(("b", 0)), 1).is_none() && history.last("q", None, 1).is_none());
}

#[test]
fn minutes_are_the_last_ones_and_not_the_life_of_the_process() {
    let (history, state) = (History::default(), Arc::new(PoolState::new(1)));
    let a = server("a", &state);
    let snapshot = snapshot(&[&a], &state);
    let start = SystemTime::now();
    let mut second = 0;
    let mut run = |seconds: u64, micros: u64| {
        for _ in 0..seconds {
            history.tick(&snapshot, start + Duration::from_secs(second));
            answer(&a, 200, micros);
            second += 1;
        }
    };
    run(120, 2_000_000);
    run(70, 900);
    history.tick(&snapshot, start + Duration::from_secs(second));
    let last = |minutes| history.last("p", None, minutes).unwrap();
    assert!(last(1).percentile(99).unwrap() < 1.0, "{:?}", last(1));
    assert!(last(5).percentile(99).unwrap() > 1000.0);
    assert_eq!(last(15).requests, 190);
    let slots = history.slots("p", None, Resolution::Short, 1000);
    assert_eq!(slots.len(), 191 / 5);
    assert!(slots[1..].iter().all(|slot| slot.counts.requests == 5), "{slots:?}");
    let minutes = history.slots("p", Some(("a", a.id())), Resolution::Long, 2);
    assert_eq!(minutes.iter().map(|slot| slot.counts.requests).collect::<Vec<_>>(), [60, 60]);
    assert_eq!(history.over(Resolution::Short), Some(start + Duration::from_secs(189)));
}

#[test]
fn what_a_server_has_answered_stays_when_it_leaves_or_gets_another_name() {
    let (history, state) = (History::default(), Arc::new(PoolState::new(1)));
    let (a, b) = (server("a", &state), server("b", &state));
    let now = SystemTime::now();
    history.tick(&snapshot(&[&a, &b], &state), now);
    answer(&a, 200, 900);
    answer(&b, 200, 900);
    history.tick(&snapshot(&[&a, &b], &state), now);
    b.rename("c");
    history.tick(&snapshot(&[&b], &state), now);
    answer(&b, 200, 900);
    history.tick(&snapshot(&[&b], &state), now);
    b.rename("b");
    history.tick(&snapshot(&[&b], &state), now);
    assert_eq!(history.last("p", None, 15).unwrap().requests, 3);
    assert_eq!(history.last("p", Some(("c", b.id())), 15).unwrap().requests, 1);
}

#[test]
fn memory_is_bounded_and_a_look_is_short() {
    let (history, state) = (History::default(), Arc::new(PoolState::new(1)));
    let servers: Vec<_> = (0..MOST_SERIES + 100).map(|n| server(&format!("s{n}"), &state)).collect();
    let snapshot = snapshot(&servers.iter().collect::<Vec<_>>(), &state);
    let began = Instant::now();
    for _ in 0..20 {
        history.tick(&snapshot, SystemTime::now());
        for server in &servers {
            answer(server, 200, 900);
        }
    }
    history.tick(&snapshot, SystemTime::now());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let kept = history.kept();
    assert_eq!(
        kept.series.values().filter(|series| series.slots(Resolution::Short, 9).len() > 0).count(),
        MOST_SERIES + 1
    );
    drop(kept);
    assert_eq!(history.last("p", None, 15).unwrap().requests, 20 * 612, "the pool counts all of them");
}
