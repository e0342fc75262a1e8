use crate::runtime::outbox::*;
use std::rc::Rc;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;

impl Outbox {
    /// Runs a test beside the task that delivers.
    pub(crate) async fn while_delivering<T>(self: &Rc<Self>, test: impl Future<Output = T>) -> T {
        let (carrier, local) = (Rc::clone(self), LocalSet::new());
        local.spawn_local(async move { carrier.deliver().await });
        let begun = async {
            tokio::task::yield_now().await;
            test.await
        };
        local.run_until(begun).await
    }
}

/// Two ends of a connection.
async fn pair() -> (Line, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (Line::new(listener.accept().await.unwrap().0), peer)
}

fn message(number: usize) -> Vec<u8> {
    format!("<{number}>").bytes().cycle().take(LONGEST).collect()
}

/// Posts until the socket takes no more; gives all that was posted.
fn fill(outbox: &Outbox, line: &Line, to: To) -> Vec<u8> {
    let mut posted = Vec::new();
    for number in 0.. {
        let message = message(number);
        if !outbox.post(line, to, &message) {
            break;
        }
        posted.extend_from_slice(&message);
        outbox.flush();
    }
    assert!(line.is_posted(), "something is left");
    posted
}

#[tokio::test]
async fn letters_wait_for_the_carrier() {
    let outbox = Rc::new(Outbox::default());
    let ((one, mut other), (two, mut another)) = (pair().await, pair().await);
    outbox
        .while_delivering(async {
            assert!(outbox.post(&one, To::Client, b"first") && outbox.post(&two, To::Client, b"second"));
            assert!(one.is_posted() && two.is_posted());
            assert!(!outbox.post(&one, To::Client, b"third"), "one at a time for each line");
            let (mut bytes, mut others) = ([0; 5], [0; 6]);
            other.read_exact(&mut bytes).await.unwrap();
            another.read_exact(&mut others).await.unwrap();
            assert_eq!((&bytes, &others), (b"first", b"second"));
            assert!(!one.is_posted() && !two.is_posted());
        })
        .await;
}

#[tokio::test]
async fn many_letters_do_not_wait() {
    let outbox = Outbox::default();
    let mut ends = Vec::new();
    for _ in 0..MOST {
        ends.push(pair().await);
    }
    for (line, _) in &ends {
        assert!(outbox.post(line, To::Client, b"x"));
    }
    assert!(ends.iter().all(|(line, _)| !line.is_posted()));
    assert!(!outbox.post(&ends[0].0, To::Client, &[b'x'; LONGEST + 1]), "too long");
}

#[tokio::test]
async fn what_a_socket_does_not_take_is_sent_once_it_does() {
    let outbox = Rc::new(Outbox::default());
    let (line, mut peer) = pair().await;
    outbox
        .while_delivering(async {
            let posted = fill(&outbox, &line, To::Client);
            let mut came = vec![0; posted.len()];
            peer.read_exact(&mut came).await.unwrap();
            assert!(came == posted);
            tokio::task::yield_now().await;
            assert!(!line.is_posted());
        })
        .await;
}

#[tokio::test]
async fn what_is_recalled_is_what_was_not_sent() {
    let outbox = Outbox::default();
    let (line, mut peer) = pair().await;
    let posted = fill(&outbox, &line, To::Client);
    let rest = outbox.recall(&line);
    assert!(!rest.is_empty() && !line.is_posted());
    let mut came = vec![0; posted.len() - rest.len()];
    peer.read_exact(&mut came).await.unwrap();
    assert!([came, rest].concat() == posted);
    assert_eq!(peer.try_read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock, "and no more");
}

#[tokio::test]
async fn a_connection_that_has_ended_is_given_the_rest_if_it_is_a_clients() {
    let outbox = Outbox::default();
    let ((client, _far), (upstream, mut other)) = (pair().await, pair().await);
    fill(&outbox, &client, To::Client);
    fill(&outbox, &upstream, To::Upstream);
    let now = Instant::now();
    outbox.tick(now + 2 * PATIENCE);
    assert!(client.is_posted() && upstream.is_posted(), "as long as they last");
    drop((client, upstream));
    outbox.tick(now);
    assert_eq!(outbox.0.borrow().late.len(), 1);
    let mut came = Vec::new();
    tokio::time::timeout(PATIENCE, other.read_to_end(&mut came)).await.expect("it is closed").unwrap();
    outbox.tick(now + 2 * PATIENCE);
    assert!(outbox.is_empty(), "not for ever");
}

#[tokio::test]
async fn the_last_letter_is_sent_though_its_connection_has_ended() {
    let outbox = Outbox::default();
    let (line, mut peer) = pair().await;
    assert!(outbox.post(&line, To::Client, b"bye"));
    drop(line);
    outbox.flush();
    let mut came = Vec::new();
    peer.read_to_end(&mut came).await.unwrap();
    assert_eq!(came, b"bye");
}

#[tokio::test]
async fn a_peer_that_has_left_ends_the_matter() {
    let outbox = Outbox::default();
    let (line, peer) = pair().await;
    socket2::SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
    drop(peer);
    // Its reset may be a moment on its way.
    while line.seems_quiet() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(outbox.post(&line, To::Client, b"too late"));
    outbox.flush();
    assert!(!line.is_posted());
}
