//! The contract on SQL Server, and what is special about a database at the other end of a wire.
//!
//! `TEST_SQLSERVER_URL` names a server and a login that may make databases. Without it, the
//! official image is started where a container engine and the image are here already.

mod absent;
mod addresses;
mod backups;
mod container;
mod instances;
mod migrating;
mod observing;
mod peer;
mod provisioning;
mod proxy;
mod replica;
mod scripted;
mod server;
mod tls;
mod tokens;
mod wire;

use std::error::Error;
use std::sync::{Arc, Weak};
use std::time::Duration;

use backend::config::SqlServerConfig;
use backend::store::Store as _;
use backend::store::metrics::StoreMetrics;
use backend::store::sql_server::{self, SqlServerStore};

use super::contract::SharedStore;
use server::Database;
use testkit::eventually;
use tokio::sync::Mutex;

/// An error with all its causes.
fn told(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn open(config: &SqlServerConfig) -> SqlServerStore {
    let metrics = StoreMetrics::register(&prometheus::Registry::new()).unwrap();
    sql_server::open(config, &metrics).unwrap()
}

/// A store whose first connection stands: making one may take longer than a sign of life may.
async fn connected(config: &SqlServerConfig) -> SqlServerStore {
    let store = open(config);
    eventually(Duration::from_mins(1), || async { store.ping().await }).await;
    store
}

/// A migrated database that a test has for itself, and a store on it.
async fn fresh() -> Option<(SharedStore, Database)> {
    let database = Database::named_anew().await?;
    sql_server::migrate(&database.config).await.unwrap();
    Some((Arc::new(connected(&database.config).await), database))
}

/// One for all tests of the contract, which do not mind each other.
async fn shared() -> Option<(SharedStore, Arc<Database>)> {
    static SHARED: Mutex<Weak<Database>> = Mutex::const_new(Weak::new());
    let mut shared = SHARED.lock().await;
    let database = if let Some(database) = shared.upgrade() {
        database
    } else {
        let database = Arc::new(Database::named_anew().await?);
        sql_server::migrate(&database.config).await.unwrap();
        database
    };
    *shared = Arc::downgrade(&database);
    Some((Arc::new(connected(&database.config).await), database))
}

super::contract_suite!(shared);

mod alone {
    super::super::contract_suite!(super::fresh: the_funnel_is_that_of_a_recount, of_two_counts_at_once_one_is_stored,);
}
