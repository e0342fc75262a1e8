//! Messages of every shape come through whole, and only whole.

use crate::balancer::{Balancer, get};
use load_balancer::internals::trust::TrustedProxy;
use testkit::{Answer, Script, Upstream};

#[tokio::test]
async fn an_answer_to_head_has_the_length_and_no_body() {
    let upstream = Upstream::start(Answer::ok("hello")).await;
    let balancer = Balancer::before(&upstream);
    let mut client = balancer.client().await;
    for _ in 0..2 {
        client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
        let answer = client.read_response_to("HEAD").await.unwrap();
        assert_eq!((answer.status, answer.header("Content-Length")), (200, Some("5")));
    }
    assert_eq!(upstream.connections(), 1);
}

#[tokio::test]
async fn bodies_of_every_framing_come_through() {
    let text = "x".repeat(300_000);
    for answer in [
        Answer::ok(text.clone()),
        Answer::ok(text.clone()).chunked(1000),
        Answer::ok(text.clone()).until_close(),
    ] {
        let upstream = Upstream::start(answer).await;
        let balancer = Balancer::before(&upstream);
        let mut client = balancer.client().await;
        for _ in 0..2 {
            client.send(get("/")).await.unwrap();
            assert!(client.read_response().await.unwrap().text() == text);
        }
    }
}

#[tokio::test]
async fn a_chunked_request_comes_through_without_its_extensions() {
    let upstream = Upstream::start(Script::echo()).await;
    let balancer = Balancer::before(&upstream);
    let mut client = balancer.client().await;
    let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    let body = "5;a=b;c=\"d\"\r\nhello\r\n6 ;x\r\n world\r\n0;end\r\nX-Sum: 11\r\nContent-Length: 3\r\n\r\n";
    let whole = format!("{head}{body}");
    // In one piece, and byte for byte.
    client.send(&whole).await.unwrap();
    assert_eq!(client.read_response().await.unwrap().status, 200);
    for byte in whole.as_bytes() {
        client.send([*byte]).await.unwrap();
    }
    assert_eq!(client.read_response().await.unwrap().status, 200);
    for seen in upstream.seen() {
        assert_eq!(seen.body, b"hello world");
        assert_eq!(seen.header("Transfer-Encoding"), Some("chunked"));
        assert_eq!(seen.trailers, [("X-Sum".to_owned(), "11".to_owned())]);
    }
    assert_eq!(upstream.requests(), 2);
}

#[tokio::test]
async fn trailers_of_an_answer_come_through() {
    let upstream = Upstream::start(Answer::ok("hello").chunked(2).trailer("X-Sum", "5")).await;
    let answer = Balancer::before(&upstream).ask(get("/")).await;
    assert_eq!(answer.text(), "hello");
    assert_eq!(answer.trailers, [("X-Sum".to_owned(), "5".to_owned())]);
}

#[tokio::test]
async fn an_http10_client_gets_what_it_can_read() {
    let upstream = Upstream::start(Answer::ok("hello").chunked(2)).await;
    let balancer = Balancer::before(&upstream);
    let mut client = balancer.client().await;
    client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").await.unwrap();
    let bytes = client.read_to_end().await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with("\r\n\r\nhello"), "{text}");
    assert!(text.contains("Connection: close\r\n") && !text.contains("hunked"), "{text}");
    let seen = upstream.last();
    assert_eq!((seen.version.as_str(), seen.header("Host")), ("HTTP/1.1", Some("")));
}

#[tokio::test]
async fn an_http10_client_may_keep_its_connection() {
    let upstream = Upstream::start(Answer::ok("hello")).await;
    let balancer = Balancer::before(&upstream);
    let mut client = balancer.client().await;
    for _ in 0..2 {
        client.send("GET / HTTP/1.0\r\nHost: h\r\nConnection: Keep-Alive\r\n\r\n").await.unwrap();
        let answer = client.read_response().await.unwrap();
        assert_eq!((answer.text().as_str(), answer.header("Connection")), ("hello", Some("keep-alive")));
    }
    client.send("GET / HTTP/1.0\r\nHost: h\r\n\r\n").await.unwrap();
    assert!(client.read_to_end().await.unwrap().ends_with(b"hello"));
}

#[tokio::test]
async fn fields_of_one_hop_stay_on_it() {
    let upstream = Upstream::start(Script::raw(
        "HTTP/1.1 200 OK\r\nConnection: X-Up, keep-alive\r\nX-Up: 1\r\nKeep-Alive: timeout=5\r\nX-Served-By: fake\r\nX-Kept: 2\r\nContent-Length: 0\r\n\r\n",
    ))
    .await;
    let balancer = Balancer::before(&upstream);
    let answer = balancer
        .ask(
            "GET / HTTP/1.1\r\nHost: h\r\nConnection: X-Down, close, Authorization\r\nX-Down: 1\r\nKeep-Alive: 5\r\n\
             Proxy-Connection: x\r\nTE: trailers\r\nX-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n\
             Authorization: a\r\nX-Kept: 2\r\n\r\n",
        )
        .await;
    let seen = upstream.last();
    for name in ["X-Down", "Keep-Alive", "Proxy-Connection", "TE", "Connection", "Forwarded", "Authorization"]
    {
        assert_eq!(seen.count(name), 0, "{name}");
    }
    assert_eq!((seen.header("X-Kept"), seen.header("X-Forwarded-For")), (Some("2"), Some("127.0.0.1")));
    for name in ["X-Up", "Keep-Alive"] {
        assert_eq!(answer.count(name), 0, "{name}");
    }
    assert_eq!((answer.header("X-Kept"), answer.header("X-Served-By")), (Some("2"), Some("backend-1")));
    assert_eq!((answer.count("X-Served-By"), answer.count("Date")), (1, 1));
}

#[tokio::test]
async fn the_way_of_a_request_is_believed_from_trusted_proxies_only() {
    let upstream = Upstream::start(Answer::ok("")).await;
    let balancer = Balancer::start_with(&[upstream.address()], |setup| {
        setup.listen.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    });
    let answer = balancer
        .ask(
            "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\n\
             X-Forwarded-Proto: https\r\nX-Forwarded-Host: site\r\nX-Request-Id: mine-1\r\n\
             traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n",
        )
        .await;
    assert_eq!(answer.header("X-Request-Id"), Some("mine-1"));
    let seen = upstream.last();
    for (name, value) in [
        ("X-Forwarded-For", "192.0.2.1, 192.0.2.2, 127.0.0.1"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "site"),
        ("X-Request-Id", "mine-1"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ] {
        assert_eq!((seen.count(name), seen.header(name)), (1, Some(value)));
    }
    assert_eq!(balancer.recorded("mine-1").await.client.to_string(), "192.0.2.2");
}

/// What a stranger says of a request's way is taken for nothing; a trace goes on whoever began it.
#[tokio::test]
async fn nobody_else_names_requests_or_tells_their_way() {
    let upstream = Upstream::start(Answer::ok("")).await;
    let balancer = Balancer::start_with(&[upstream.address()], |setup| {
        setup.listen.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    });
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = format!(
        "GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: forged-1\r\nX-Forwarded-For: 6.6.6.6\r\n\
         X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nForwarded: for=6.6.6.6;proto=https;host=evil\r\n\
         traceparent: {trace}\r\n\r\n"
    );
    let answer = balancer.ask(request).await;
    let id = answer.header("X-Request-Id").unwrap();
    assert!(id.len() == 36 && id != "forged-1", "{id}");
    let seen = upstream.last();
    for (name, value) in [
        ("X-Request-Id", id),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Host", "h"),
        ("traceparent", trace),
    ] {
        assert_eq!((seen.count(name), seen.header(name)), (1, Some(value)));
    }
    assert_eq!(seen.count("Forwarded"), 0);
    assert_eq!(balancer.recorded(id).await.client.to_string(), "127.0.0.1");
}

/// Each way in which a trusted proxy may tell it, and what is made of that: client, `X-Forwarded-For`, `-Proto`, `-Host`.
#[tokio::test]
async fn a_trusted_proxy_may_tell_the_way_in_every_form() {
    let upstream = Upstream::start(Answer::ok("")).await;
    let balancer = Balancer::start_with(&[upstream.address()], |setup| {
        setup.listen.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
    });
    for (number, (fields, client, way, proto, host)) in [
        ("X-Forwarded-For: 203.0.113.9:1000\r\n", "203.0.113.9", "203.0.113.9, ", "http", "h"),
        ("X-Forwarded-For: [2001:db8::1]:5\r\n", "2001:db8::1", "2001:db8::1, ", "http", "h"),
        ("X-Forwarded-For: \"[2001:db8::1]\" , 10.0.0.2:80\r\n", "2001:db8::1", "2001:db8::1, 10.0.0.2, ", "http", "h"),
        ("X-Forwarded-For: 6.6.6.6, unknown\r\n", "127.0.0.1", "6.6.6.6, unknown, ", "http", "h"),
        ("X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: http, HTTPS\r\n", "203.0.113.9", "203.0.113.9, ", "https", "h"),
        ("Forwarded: for=203.0.113.9;proto=https;host=site\r\n", "203.0.113.9", "203.0.113.9, ", "https", "site"),
        ("Forwarded: For=\"[2001:db8::1]:4711\"; Proto=HTTPS\r\n", "2001:db8::1", "2001:db8::1, ", "https", "h"),
        (
            "Forwarded: for=6.6.6.6;proto=https, for=203.0.113.9;host=\"site:8\"\r\nForwarded: for=10.0.0.2;proto=https\r\n",
            "203.0.113.9",
            "6.6.6.6, 203.0.113.9, 10.0.0.2, ",
            "http",
            "site:8",
        ),
        ("Forwarded: for=_hidden;proto=https\r\n", "127.0.0.1", "_hidden, ", "https", "h"),
        ("Forwarded: for=6.6.6.6;for=6.6.6.7;proto=https\r\n", "127.0.0.1", "unknown, ", "http", "h"),
        ("X-Forwarded-For: 203.0.113.9\r\nForwarded: for=6.6.6.6;proto=https\r\n", "203.0.113.9", "203.0.113.9, ", "http", "h"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("way-{number}");
        balancer.ask(format!("GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: {id}\r\n{fields}\r\n")).await;
        let seen = upstream.last();
        let way = format!("{way}127.0.0.1");
        for (name, value) in
            [("X-Forwarded-For", way.as_str()), ("X-Forwarded-Proto", proto), ("X-Forwarded-Host", host)]
        {
            assert_eq!((seen.count(name), seen.header(name)), (1, Some(value)), "{fields}");
        }
        assert_eq!(balancer.recorded(&id).await.client.to_string(), client, "{fields}");
    }
}

/// A connection may be older than what its peer's name leads to.
#[tokio::test]
async fn a_proxy_that_is_trusted_by_name_is_believed_as_long_as_the_name_leads_to_it() {
    let upstream = Upstream::start(Answer::ok("")).await;
    let balancer = Balancer::start_with(&[upstream.address()], |setup| {
        setup.listen.trusted_proxies = vec![TrustedProxy::Name("page".to_owned())];
    });
    let mut proxy = balancer.client().await;
    for (addresses, believed) in [(&[][..], false), (&["127.0.0.1"], true), (&["192.0.2.1"], false)] {
        let addresses = addresses.iter().map(|address: &&str| address.parse().unwrap()).collect();
        balancer.workers.trusted().found(0, addresses);
        proxy.send("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-Proto: https\r\n\r\n").await.unwrap();
        proxy.read_response().await.unwrap();
        let expected = if believed { "https" } else { "http" };
        assert_eq!(upstream.last().header("X-Forwarded-Proto"), Some(expected));
    }
}

#[tokio::test]
async fn the_target_may_be_absolute_and_takes_the_place_of_host() {
    let upstream = Upstream::start(Answer::ok("")).await;
    let balancer = Balancer::before(&upstream);
    balancer.ask("GET http://example.com:81/a?b HTTP/1.1\r\nHost: other\r\n\r\n").await;
    let seen = upstream.last();
    assert_eq!(
        (seen.target.as_str(), seen.header("Host"), seen.count("Host")),
        ("/a?b", Some("example.com:81"), 1)
    );
    balancer.ask("GET http://example.com?b HTTP/1.1\r\nHost: other\r\n\r\n").await;
    assert_eq!(upstream.last().target, "/?b");
    balancer.ask("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(upstream.last().target, "*");
}

#[tokio::test]
async fn interim_answers_are_passed_on() {
    let raw = "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let upstream = Upstream::start(Script::raw(raw)).await;
    let balancer = Balancer::before(&upstream);
    let answer = balancer.ask(get("/")).await;
    assert_eq!((answer.interim, answer.body), (vec![103], b"ok".to_vec()));
    let mut old = balancer.client().await;
    old.send("GET / HTTP/1.0\r\n\r\n").await.unwrap();
    assert!(old.read_to_end().await.unwrap().starts_with(b"HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn a_client_that_expects_100_continue_gets_the_upstreams_word() {
    let upstream = Upstream::start(Script::continued(Answer::ok("thanks"))).await;
    let balancer = Balancer::before(&upstream);
    let mut client = balancer.client().await;
    client
        .send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(client.read_interim().await.unwrap().0, 100);
    client.send("hello").await.unwrap();
    assert_eq!(client.read_response().await.unwrap().text(), "thanks");
    assert_eq!((upstream.last().body, upstream.last().count("Expect")), (b"hello".to_vec(), 1));

    let upstream = Upstream::start(Script::early(Answer::new(417, ""))).await;
    let balancer = Balancer::before(&upstream);
    let mut client = balancer.client().await;
    client
        .send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        .await
        .unwrap();
    let answer = client.read_response().await.unwrap();
    assert_eq!((answer.status, answer.header("Connection")), (417, Some("close")));
}

#[tokio::test]
async fn an_early_answer_to_a_long_upload_reaches_the_client() {
    let upstream = Upstream::start(Script::early(Answer::new(413, "too much"))).await;
    let balancer = Balancer::before(&upstream);
    let mut client = balancer.client().await;
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n").await.unwrap();
    for _ in 0..20 {
        // The connection may be closed for sending at any time; what counts is the answer.
        if client.send(vec![b'x'; 100_000]).await.is_err() {
            break;
        }
    }
    let answer = client.read_response().await.unwrap();
    assert_eq!((answer.status, answer.text().as_str()), (413, "too much"));
}

#[tokio::test]
async fn long_bodies_go_both_ways_at_once() {
    let upstream = Upstream::start(Script::respond(|seen| Answer::ok(seen.body.clone()))).await;
    let balancer = Balancer::before(&upstream);
    let body: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let mut client = balancer.client().await;
    for _ in 0..2 {
        client
            .send(format!("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", body.len()))
            .await
            .unwrap();
        client.send(&body).await.unwrap();
        assert!(client.read_response().await.unwrap().body == body);
    }
}

#[tokio::test]
async fn a_websocket_is_a_tunnel_both_ways() {
    let upstream = Upstream::start(Script::upgrade("websocket")).await;
    let balancer = Balancer::before(&upstream);
    let mut client = balancer.client().await;
    client
        .send("GET /ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\nearly")
        .await
        .unwrap();
    let answer = client.read_response_to("HEAD").await.unwrap();
    assert_eq!((answer.status, answer.header("Upgrade")), (101, Some("websocket")));
    assert_eq!(client.read_exactly(5).await.unwrap(), b"early");
    for message in [b"GET / HTTP/1.1\r\n\r\n".to_vec(), b"\0\xff".to_vec(), vec![7; 300_000]] {
        client.send(&message).await.unwrap();
        assert!(client.read_exactly(message.len()).await.unwrap() == message);
    }
    assert_eq!(upstream.last().header("Connection"), Some("upgrade"));
    client.half_close().await.unwrap();
    assert!(client.read_to_end().await.unwrap().is_empty());
}

#[tokio::test]
async fn nobody_switches_protocols_unasked() {
    let upstream = Upstream::start(Script::upgrade("websocket")).await;
    let balancer = Balancer::before(&upstream);
    assert_eq!(balancer.ask(get("/")).await.status, 502);
    let h2c = "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: A\r\n\r\n";
    assert_eq!(balancer.ask(h2c).await.status, 502);
    assert_eq!((upstream.last().count("Upgrade"), upstream.last().count("HTTP2-Settings")), (0, 0));
}
