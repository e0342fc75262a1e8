//! Reloads the file while the balancer runs.

use std::collections::HashMap;

use super::{Control, Desired, Wish};
use crate::{
    config::{self, Config, ConfigError},
    events::{By, Cause, Kind},
    pool::Discovery,
};

impl Control {
    /// Reads the file again and puts it in force, or refuses it as a whole and changes nothing.
    ///
    /// Servers that were added by hand stay, unless the file names them or their pool is gone. Found servers stay as
    /// long as their pool has discovery. An operator's `drain` and `down` stay, unless the file says otherwise.
    /// Sockets, workers and the access log are those of the start; tables with other settings for these are given back,
    /// and take effect at the next start.
    pub(crate) fn reload(&self, by: By) -> Result<Vec<&'static str>, ConfigError> {
        let cause = Cause::from(by);
        let done = self.read_again(&cause);
        let (kind, reason) = match &done {
            Ok(restart) if restart.is_empty() => (Kind::ConfigurationReloaded, None),
            Ok(restart) => {
                let tables = restart.join(", ");
                let reason = format!("what has changed of {tables} takes effect at the next start");
                (Kind::ConfigurationReloaded, Some(reason))
            }
            Err(error) => (Kind::ConfigurationRefused, Some(service_kit::exit::chain(error))),
        };
        self.events.note(kind, None, Cause { reason, ..cause });
        done
    }

    fn read_again(&self, cause: &Cause) -> Result<Vec<&'static str>, ConfigError> {
        let mut config = config::load(&self.file, self.admin_is_open)?;
        config.tell_notes();
        let mut desired = self.desired();
        let restart = needs_restart(&desired.config, &config);
        for table in &restart {
            tracing::warn!(table, "has changed; that takes effect at the next start");
        }
        keep_added(&mut desired, &mut config);
        desired.config = config;
        desired.forget_wishes();
        desired.discover();
        desired.discovered.values_mut().for_each(Discovery::forget_wishes);
        self.publish(&mut desired, cause);
        self.followers.follow(&desired.config.pools);
        tracing::info!(file = %self.file.display(), version = self.published.version(), "configuration in force");
        Ok(restart)
    }

    /// Reloads, and logs when that fails.
    pub(crate) fn reload_or_tell(&self, by: By, why: &str) {
        if let Err(error) = self.reload(by) {
            tracing::error!(
                why,
                error = &error as &dyn std::error::Error,
                "configuration refused; the old one stays"
            );
        }
    }

    /// Has the access log reopened, after a rotation.
    pub(crate) fn reopen_access_log(&self) {
        if let Some(log) = &self.access_log {
            log.reopen();
        }
    }
}

impl Desired {
    /// Forgets operators' weights and removals of listed servers, because those of the file are in force again. Their
    /// drains stay, unless the file says otherwise.
    fn forget_wishes(&mut self) {
        let listed: HashMap<_, _> = self
            .config
            .pools
            .iter()
            .flat_map(|pool| {
                pool.servers.iter().map(|server| ((pool.name.as_str(), server.name.as_str()), server))
            })
            .collect();
        let stay = std::mem::take(&mut self.wishes).into_iter().filter_map(|((pool, name), wish)| {
            let server = listed.get(&(pool.as_str(), name.as_str()))?;
            let state = wish.state.filter(|_| server.state.is_none())?;
            let mut stays = Wish::of(server);
            stays.state = Some(state);
            Some(((pool, name), stays))
        });
        self.wishes = stay.collect();
    }
}

fn keep_added(desired: &mut Desired, config: &mut Config) {
    desired.added.retain(|(pool, server)| {
        let Some(pool) = config.pools.iter_mut().find(|known| known.name == *pool) else { return false };
        let named = pool.servers.iter().any(|known| known.name == server.name);
        if !named {
            pool.servers.push(server.clone());
        }
        !named
    });
}

/// The tables whose changes a running balancer does not follow.
fn needs_restart(old: &Config, new: &Config) -> Vec<&'static str> {
    let changed = [("listen", old.listen != new.listen), ("access_log", old.access_log != new.access_log)];
    changed.into_iter().filter(|(_, changed)| *changed).map(|(table, _)| table).collect()
}
