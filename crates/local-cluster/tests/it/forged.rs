//! What a client says of a request's name and way reaches nobody behind the page's server.

use crate::cluster::TestCluster;

#[tokio::test]
async fn the_page_server_tells_the_balancer_nothing_that_a_client_forges() {
    let cluster = TestCluster::ready().await;
    let addresses = cluster.manifest();
    let request = reqwest::Client::new().get(format!("{}/api/health", addresses.frontend));
    let request = request.header("X-Request-Id", "forged-1").header("X-Forwarded-For", "6.6.6.6");
    let request = request.header("Forwarded", "for=6.6.6.6;proto=https").header("X-Real-IP", "6.6.6.6");
    let answer = request.send().await.unwrap();
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert!(answer.status() == 200 && id != "forged-1", "{id}");
    let explained = async |id: &str| {
        let answer = reqwest::get(format!("{}/api/requests/{id}", addresses.admin)).await.unwrap();
        let found = answer.status() == 200;
        let body: serde_json::Value = answer.json().await.unwrap();
        found.then_some(body)
    };
    // The record follows the answer's last byte.
    let record = testkit::eventually(crate::cluster::LIMIT, async || explained(&id).await).await;
    assert_eq!(record["client"], "127.0.0.1");
    assert!(explained("forged-1").await.is_none());
}
