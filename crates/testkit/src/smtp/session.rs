//! One connection.

use std::io;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::{Fault, Received, Security, Shared};

/// The longest content that is taken.
const MAX_CONTENT: usize = 1024 * 1024;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

struct Session<'a> {
    stream: BufReader<Box<dyn Stream>>,
    security: Security,
    secured: bool,
    login: Option<String>,
    connection: usize,
    shared: &'a Shared,
    fault: Option<Fault>,
    from: String,
    to: Vec<String>,
}

/// The consequence of a command.
enum Next {
    Answer(String),
    Secure,
    End,
}

/// Speaks SMTP until the client says goodbye or goes away, or the script ends the connection.
pub(super) async fn serve(
    stream: TcpStream,
    connection: usize,
    (security, acceptor): (Security, TlsAcceptor),
    shared: &Shared,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let secured = security == Security::Implicit;
    let stream: Box<dyn Stream> =
        if secured { Box::new(acceptor.accept(stream).await?) } else { Box::new(stream) };
    let (stream, from, to) = (BufReader::new(stream), String::new(), Vec::new());
    let mut session =
        Session { stream, security, secured, login: None, connection, shared, fault: None, from, to };
    session.answer("220 recorder.example ESMTP").await?;
    loop {
        let mut line = String::new();
        if session.stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        match session.command(line.trim_end()).await? {
            Next::Answer(answer) => session.answer(&answer).await?,
            Next::Secure => {
                session.answer("220 go on").await?;
                let stream = acceptor.accept(session.stream.into_inner()).await?;
                session.stream = BufReader::new(Box::new(stream));
                session.secured = true;
            }
            Next::End => return Ok(()),
        }
    }
}

impl Session<'_> {
    async fn answer(&mut self, text: &str) -> io::Result<()> {
        self.stream.get_mut().write_all(format!("{text}\r\n").as_bytes()).await
    }

    async fn command(&mut self, line: &str) -> io::Result<Next> {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => {
                let more = match (self.security, self.secured) {
                    (_, true) => "250-AUTH PLAIN\r\n",
                    (Security::StartTls, false) => "250-STARTTLS\r\n",
                    _ => "",
                };
                format!("250-recorder.example\r\n{more}250-8BITMIME\r\n250 SMTPUTF8")
            }
            "STARTTLS" if self.security == Security::StartTls && !self.secured => return Ok(Next::Secure),
            "AUTH" if self.secured => {
                self.login = line.split(' ').nth(2).map(str::to_owned);
                "235 known".to_owned()
            }
            "HELO" | "NOOP" => "250 yes".to_owned(),
            "RSET" => {
                self.forget();
                "250 forgotten".to_owned()
            }
            "MAIL" => {
                self.forget();
                self.from = path(line);
                self.fault = self.shared.faults.lock().unwrap().pop_front();
                match self.fault {
                    Some(Fault::Sender(code)) => format!("{code} as scripted"),
                    _ => "250 sender".to_owned(),
                }
            }
            "RCPT" => {
                let delay = *self.shared.delay.lock().unwrap();
                tokio::time::sleep(delay).await;
                self.recipient(path(line))
            }
            "DATA" if self.to.is_empty() => "503 nobody to send it to".to_owned(),
            "DATA" if self.fault == Some(Fault::DropBeforeData) => return Ok(Next::End),
            "DATA" => return self.data().await,
            "QUIT" => {
                self.answer("221 bye").await?;
                return Ok(Next::End);
            }
            _ => "502 unknown".to_owned(),
        };
        Ok(Next::Answer(answer))
    }

    fn recipient(&mut self, to: String) -> String {
        if let Some(Fault::Recipient(code)) = self.fault {
            return format!("{code} as scripted");
        }
        self.to.push(to);
        "250 recipient".to_owned()
    }

    async fn data(&mut self) -> io::Result<Next> {
        self.answer("354 go on").await?;
        let mut data = Vec::new();
        loop {
            let mut line = Vec::new();
            if self.stream.read_until(b'\n', &mut line).await? == 0 || data.len() > MAX_CONTENT {
                return Ok(Next::End);
            }
            match line.as_slice() {
                b".\r\n" => break,
                [b'.', rest @ ..] => data.extend_from_slice(rest),
                whole => data.extend_from_slice(whole),
            }
        }
        match self.fault {
            Some(Fault::Content(code)) => return Ok(Next::Answer(format!("{code} as scripted"))),
            Some(Fault::DropAfterContent) => return Ok(Next::End),
            _ => {}
        }
        let (from, to) = (std::mem::take(&mut self.from), std::mem::take(&mut self.to));
        let (secured, login) = (self.secured, self.login.clone());
        let mail = Received { connection: self.connection, from, to, data, secured, login };
        self.shared.received.lock().unwrap().push(mail);
        if self.fault == Some(Fault::DropAfterTaking) {
            return Ok(Next::End);
        }
        Ok(Next::Answer("250 taken".to_owned()))
    }

    fn forget(&mut self) {
        (self.fault, self.from, self.to) = (None, String::new(), Vec::new());
    }
}

/// The text between the angle brackets.
fn path(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map(|(path, _)| path.to_owned()).unwrap_or_default()
}
