use super::*;
use crate::forward::draft::Draft;

#[test]
fn what_is_removed_leaves_the_rest_in_its_place() {
    let mut draft = Draft::new(Vec::new(), "GET", "/a?b", "example.com");
    draft.field(b"If-None-Match", b"\"1\"");
    draft.user_agent(b"curl");
    draft.field(b"if-none-match", b"\"2\"");
    draft.field(b"If-None-Match-Not", b"x");
    draft.request_id(b"id-1");
    draft.trace(b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", None);
    draft.field(b"If-Modified-Since", b"never");
    let facts = Facts {
        client: IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        protocol: Protocol::Http11,
        length: Length::Empty,
        is_head: false,
        idempotent: true,
        has_key: false,
        upgrade: false,
    };
    let mut request = draft.finish(facts);
    request.remove_fields(&["If-None-Match", "If-Modified-Since"]);
    request.add_field(b"X-New", b"1");
    let head = "GET /a?b HTTP/1.1\r\nHost: example.com\r\nUser-Agent: curl\r\nIf-None-Match-Not: x\r\n\
                X-Request-Id: id-1\r\n\
                traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nX-New: 1\r\n\r\n";
    assert_eq!(String::from_utf8_lossy(request.head()), head);
    assert_eq!((request.host(), request.target()), (&b"example.com"[..], &b"/a?b"[..]));
    assert_eq!(
        (request.user_agent(), request.request_id(), request.referer()),
        (&b"curl"[..], "id-1", &b""[..])
    );
    assert_eq!(request.trace_id(), b"0af7651916cd43dd8448eb211c80319c");
}
