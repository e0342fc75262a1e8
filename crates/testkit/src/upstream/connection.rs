//! One connection of a scripted upstream.

use std::{io, time::Duration};

use serde_json::json;
use socket2::SockRef;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Answer, Seen, Shared, Step};
use crate::message::{Framing, Head, Headers, Incoming, invalid};

struct Connection<'a> {
    stream: TcpStream,
    incoming: Incoming,
    shared: &'a Shared,
}

/// Whether a further request may come.
#[derive(PartialEq, Eq)]
enum Next {
    Keep,
    End,
}

/// A request that is being answered.
struct Exchange {
    /// The index in the list of seen requests.
    at: usize,
    seen: Seen,
    /// `None` once the body was read.
    unread: Option<Framing>,
}

pub(super) async fn serve(stream: TcpStream, number: usize, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut connection = Connection { stream, incoming: Incoming::default(), shared };
    for exchange in 0.. {
        let Some(head) = connection.incoming.head(&mut connection.stream).await? else { break };
        if connection.exchange(head, number, exchange).await? == Next::End {
            break;
        }
    }
    Ok(())
}

impl Connection<'_> {
    async fn exchange(&mut self, head: Head, connection: usize, number: usize) -> io::Result<Next> {
        let framing = head.framing()?.unwrap_or(Framing::None);
        let seen = seen(head, connection, number)?;
        let at = self.remember(seen.clone());
        let steps = self.shared.script.lock().unwrap().clone().for_request(&seen);
        let mut exchange = Exchange { at, seen, unread: Some(framing) };
        for step in steps.iter() {
            if self.step(step, &mut exchange).await? == Next::End {
                return Ok(Next::End);
            }
        }
        self.read_body(&mut exchange).await?;
        Ok(if asks_to_close(&exchange.seen) { Next::End } else { Next::Keep })
    }

    async fn step(&mut self, step: &Step, exchange: &mut Exchange) -> io::Result<Next> {
        match step {
            Step::Continue => self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?,
            Step::ReadBody => self.read_body(exchange).await?,
            Step::Answer(answer) => return self.answer(answer, exchange).await,
            Step::Echo => {
                self.read_body(exchange).await?;
                return self.answer(&echo(&exchange.seen), exchange).await;
            }
            Step::Respond(responder) => {
                self.read_body(exchange).await?;
                return self.answer(&responder.answer(&exchange.seen), exchange).await;
            }
            Step::Write(bytes) => self.stream.write_all(bytes).await?,
            Step::Pause(time) => tokio::time::sleep(*time).await,
            Step::Wait(gate) => gate.wait().await,
            Step::Tunnel => return self.tunnel().await,
            Step::Close => return Ok(Next::End),
            Step::Reset => {
                SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))?;
                return Ok(Next::End);
            }
            Step::Hang => return self.hang().await,
        }
        Ok(Next::Keep)
    }

    async fn answer(&mut self, answer: &Answer, exchange: &Exchange) -> io::Result<Next> {
        self.stream.write_all(&answer.to_bytes(&exchange.seen.method)).await?;
        Ok(if answer.closes() { Next::End } else { Next::Keep })
    }

    async fn read_body(&mut self, exchange: &mut Exchange) -> io::Result<()> {
        let Some(framing) = exchange.unread.take() else { return Ok(()) };
        let body = self.incoming.body(&mut self.stream, framing).await?;
        exchange.seen.body = body.bytes;
        exchange.seen.trailers = body.trailers;
        self.shared.seen.lock().unwrap()[exchange.at] = exchange.seen.clone();
        Ok(())
    }

    async fn tunnel(&mut self) -> io::Result<Next> {
        let mut bytes = self.incoming.take();
        loop {
            self.stream.write_all(&bytes).await?;
            bytes.clear();
            if self.stream.read_buf(&mut bytes).await? == 0 {
                return Ok(Next::End);
            }
        }
    }

    async fn hang(&mut self) -> io::Result<Next> {
        let mut ignored = [0; 1024];
        while self.stream.read(&mut ignored).await? > 0 {}
        Ok(Next::End)
    }

    fn remember(&self, seen: Seen) -> usize {
        let mut all = self.shared.seen.lock().unwrap();
        all.push(seen);
        all.len() - 1
    }
}

fn seen(head: Head, connection: usize, exchange: usize) -> io::Result<Seen> {
    let mut words = head.line.split(' ').map(str::to_owned);
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(invalid("no request line"));
    };
    let Head { raw, headers, .. } = head;
    let (body, trailers) = (Vec::new(), Headers::new());
    Ok(Seen { connection, exchange, raw, method, target, version, headers, body, trailers })
}

fn asks_to_close(request: &Seen) -> bool {
    let connection = request.header("connection").unwrap_or_default().to_ascii_lowercase();
    connection.contains("close") || (request.version == "HTTP/1.0" && !connection.contains("keep-alive"))
}

fn echo(request: &Seen) -> Answer {
    Answer::json(&json!({
        "method": request.method,
        "target": request.target,
        "headers": request.headers,
        "body": String::from_utf8_lossy(&request.body),
        "trailers": request.trailers,
    }))
}
