//! Addresses of accounts that an earlier version has made.

use super::fresh;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_of_before_get_their_form() {
    let Some((store, database)) = fresh().await else { return };
    let run = async |statement: String| drop(database.rows(&statement).await);
    super::super::contract::accounts_of_before_get_their_form(&store, run).await;
    assert_eq!(database.count("address_collisions").await, 0);
    store.close().await;
}
