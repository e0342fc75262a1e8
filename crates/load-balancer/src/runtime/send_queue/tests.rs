use crate::runtime::send_queue::*;
use std::rc::Rc;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;

impl SendQueue {
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
async fn pair() -> (SharedSocket, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (SharedSocket::new(listener.accept().await.unwrap().0), peer)
}

fn message(number: usize) -> Vec<u8> {
    format!("<{number}>").bytes().cycle().take(LONGEST).collect()
}

/// Posts until the socket takes no more; gives all that was queued.
fn fill(send_queue: &SendQueue, socket: &SharedSocket, to: To) -> Vec<u8> {
    let mut queued = Vec::new();
    for number in 0.. {
        let message = message(number);
        if !send_queue.push(socket, to, &message) {
            break;
        }
        queued.extend_from_slice(&message);
        send_queue.flush();
    }
    assert!(socket.is_queued(), "something is left");
    queued
}

#[tokio::test]
async fn letters_wait_for_the_carrier() {
    let send_queue = Rc::new(SendQueue::default());
    let ((one, mut other), (two, mut another)) = (pair().await, pair().await);
    send_queue
        .while_delivering(async {
            assert!(
                send_queue.push(&one, To::Client, b"first") && send_queue.push(&two, To::Client, b"second")
            );
            assert!(one.is_queued() && two.is_queued());
            assert!(!send_queue.push(&one, To::Client, b"third"), "one at a time for each socket");
            let (mut bytes, mut others) = ([0; 5], [0; 6]);
            other.read_exact(&mut bytes).await.unwrap();
            another.read_exact(&mut others).await.unwrap();
            assert_eq!((&bytes, &others), (b"first", b"second"));
            assert!(!one.is_queued() && !two.is_queued());
        })
        .await;
}

#[tokio::test]
async fn many_letters_do_not_wait() {
    let send_queue = SendQueue::default();
    let mut ends = Vec::new();
    for _ in 0..MOST {
        ends.push(pair().await);
    }
    for (socket, _) in &ends {
        assert!(send_queue.push(socket, To::Client, b"x"));
    }
    assert!(ends.iter().all(|(socket, _)| !socket.is_queued()));
    assert!(!send_queue.push(&ends[0].0, To::Client, &[b'x'; LONGEST + 1]), "too long");
}

#[tokio::test]
async fn what_a_socket_does_not_take_is_sent_once_it_does() {
    let send_queue = Rc::new(SendQueue::default());
    let (socket, mut peer) = pair().await;
    send_queue
        .while_delivering(async {
            let queued = fill(&send_queue, &socket, To::Client);
            let mut came = vec![0; queued.len()];
            peer.read_exact(&mut came).await.unwrap();
            assert!(came == queued);
            tokio::task::yield_now().await;
            assert!(!socket.is_queued());
        })
        .await;
}

#[tokio::test]
async fn what_is_recalled_is_what_was_not_sent() {
    let send_queue = SendQueue::default();
    let (socket, mut peer) = pair().await;
    let queued = fill(&send_queue, &socket, To::Client);
    let rest = send_queue.recall(&socket);
    assert!(!rest.is_empty() && !socket.is_queued());
    let mut came = vec![0; queued.len() - rest.len()];
    peer.read_exact(&mut came).await.unwrap();
    assert!([came, rest].concat() == queued);
    assert_eq!(peer.try_read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock, "and no more");
}

#[tokio::test]
async fn a_connection_that_has_ended_is_given_the_rest_if_it_is_a_clients() {
    let send_queue = SendQueue::default();
    let ((client, _far), (upstream, mut other)) = (pair().await, pair().await);
    fill(&send_queue, &client, To::Client);
    fill(&send_queue, &upstream, To::Upstream);
    let now = Instant::now();
    send_queue.tick(now + 2 * PATIENCE);
    assert!(client.is_queued() && upstream.is_queued(), "as long as they last");
    drop((client, upstream));
    send_queue.tick(now);
    assert_eq!(send_queue.0.borrow().unsent.len(), 1);
    let mut came = Vec::new();
    tokio::time::timeout(PATIENCE, other.read_to_end(&mut came)).await.expect("it is closed").unwrap();
    send_queue.tick(now + 2 * PATIENCE);
    assert!(send_queue.is_empty(), "not for ever");
}

#[tokio::test]
async fn the_last_letter_is_sent_though_its_connection_has_ended() {
    let send_queue = SendQueue::default();
    let (socket, mut peer) = pair().await;
    assert!(send_queue.push(&socket, To::Client, b"bye"));
    drop(socket);
    send_queue.flush();
    let mut came = Vec::new();
    peer.read_to_end(&mut came).await.unwrap();
    assert_eq!(came, b"bye");
}

#[tokio::test]
async fn a_peer_that_has_left_ends_the_matter() {
    let send_queue = SendQueue::default();
    let (socket, peer) = pair().await;
    socket2::SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
    drop(peer);
    // Its reset may be a moment on its way.
    while socket.seems_quiet() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(send_queue.push(&socket, To::Client, b"too late"));
    send_queue.flush();
    assert!(!socket.is_queued());
}
