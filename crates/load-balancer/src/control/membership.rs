//! Notes changes of pools from one snapshot to the next, as events.

use std::{
    collections::{HashMap, hash_map::Entry},
    time::SystemTime,
};

use crate::events::{About, Cause, Events, Kind};
use crate::pool::{AdminState, Member};
use crate::snapshot::Snapshot;

/// The last noted state of each server, by its id.
#[derive(Debug)]
pub(super) struct Membership {
    told: HashMap<u64, Told>,
}

#[derive(Debug)]
struct Told {
    pool: String,
    name: String,
    weight: u32,
    admin: AdminState,
    gone: bool,
    version: u64,
}

impl Membership {
    /// The state in the first snapshot, which is no event.
    pub(super) fn new(first: &Snapshot) -> Self {
        let told = |member: &Member| (member.server().id(), Told::of(member, first.version));
        Self { told: members(first).map(told).collect() }
    }

    /// Notes the differences of this snapshot, with `cause` as their cause.
    pub(super) fn compare(&mut self, snapshot: &Snapshot, events: &Events, cause: &Cause) {
        let (at, version) = (SystemTime::now(), snapshot.version);
        for member in members(snapshot) {
            let server = member.server();
            let now = Told::of(member, version);
            match self.told.entry(server.id()) {
                Entry::Vacant(new) => {
                    new.insert(now);
                    events.note_server(at, Kind::ServerAdded, server.about(), cause.clone());
                }
                Entry::Occupied(mut known) => {
                    let before = known.insert(now);
                    for (kind, detail) in differences(&before, known.get()) {
                        let reason = cause.reason.clone().or(detail);
                        let cause = Cause { by: cause.by.clone(), reason };
                        events.note_server(at, kind, server.about(), cause);
                    }
                }
            }
        }
        self.told.retain(|id, told| {
            let stays = told.version == version;
            if !stays {
                let about = About { id: *id, pool: told.pool.clone(), server: told.name.clone() };
                events.note_server(at, Kind::ServerRemoved, about, cause.clone());
            }
            stays
        });
    }
}

impl Told {
    fn of(member: &Member, version: u64) -> Self {
        let (server, state) = (member.server(), member.server().state());
        Self {
            pool: server.pool().to_owned(),
            name: server.name().to_owned(),
            weight: member.weight(),
            admin: state.admin,
            gone: state.gone,
            version,
        }
    }
}

/// The differences, each with the reason where nobody has given one.
fn differences(before: &Told, now: &Told) -> Vec<(Kind, Option<String>)> {
    let mut found = Vec::new();
    if before.name != now.name {
        found.push((Kind::ServerRenamed, Some(format!("was {}", before.name))));
    }
    if before.gone != now.gone {
        let kind = if now.gone { Kind::ServerLeft } else { Kind::ServerBack };
        found.push((kind, None));
    }
    if before.admin != now.admin {
        let kind = match now.admin {
            AdminState::Active => Kind::ServerActive,
            AdminState::Drain => Kind::ServerDrained,
            AdminState::Down => Kind::ServerDisabled,
        };
        found.push((kind, None));
    }
    if before.weight != now.weight {
        found.push((Kind::WeightChanged, Some(format!("{} to {}", before.weight, now.weight))));
    }
    found
}

fn members(snapshot: &Snapshot) -> impl Iterator<Item = &Member> {
    snapshot.pools.iter().flat_map(|pool| pool.members())
}
