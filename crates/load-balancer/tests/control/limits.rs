//! Rate limits, as clients see them.

use crate::harness::{Balancer, HEALTH, config, named};

#[tokio::test]
async fn who_asks_too_much_is_told_to_wait_and_others_are_served() {
    let upstream = named("a").await;
    let text = config(&[("a", upstream.address())], HEALTH)
        .replace("admin = ", "trusted_proxies = [\"127.0.0.1\"]\nadmin = ")
        .replace("path = \"/\"", "path = \"/\"\nrate_limit = { requests = 1, per = \"1h\", burst = 3 }");
    let balancer = Balancer::start(&text).await;
    balancer.until("a", "up").await;
    let ask = async |client: &str| {
        let request = reqwest::Client::new().get(format!("http://{}/", balancer.http));
        request.header("X-Forwarded-For", client).send().await.unwrap()
    };
    for _ in 0..3 {
        assert_eq!(ask("203.0.113.1").await.status(), 200);
    }
    let refused = ask("203.0.113.1").await;
    assert_eq!(refused.status(), 429);
    let header = |name: &str| refused.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/problem+json");
    assert_eq!(
        (header("retry-after"), header("ratelimit-policy")),
        ("3600".to_owned(), "\"client\";q=1;w=3600".to_owned())
    );
    let problem: serde_json::Value = refused.json().await.unwrap();
    assert_eq!(problem["code"], "rate_limited");
    assert_eq!(ask("203.0.113.2").await.status(), 200);
    assert_eq!(balancer.metric("lb_rate_limited_total{route=\"/\"}").await, Some(1.0));
    assert_eq!(balancer.call(reqwest::Method::POST, "/api/reload", None).await.0, 200);
    assert_eq!(ask("203.0.113.1").await.status(), 429, "a reload forgives nothing");
    balancer.stop().await;
}

#[tokio::test]
async fn a_route_has_limits_of_its_own_beside_those_of_its_pool() {
    let upstream = named("a").await;
    let routes = "\n[[routes]]\npath = \"/large\"\npool = \"backend\"\nmax_body = \"1MB\"\n";
    let text = config(&[("a", upstream.address())], &format!("{HEALTH}\nmax_body = \"10B\"")) + routes;
    let balancer = Balancer::start(&text).await;
    balancer.until("a", "up").await;
    let post = async |path: &str| {
        let request = reqwest::Client::new().post(format!("http://{}{path}", balancer.http));
        request.body("x".repeat(1000)).send().await.unwrap().status().as_u16()
    };
    assert_eq!((post("/other").await, post("/large").await), (413, 200));
    balancer.stop().await;
}
