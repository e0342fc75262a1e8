//! Messages and descriptors on a Unix socket.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recv, recvmsg, sendmsg,
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::UnixStream;

/// The longest message, in bytes: what operators have changed of 10,000 servers fits.
const LONGEST: u32 = 16 * 1024 * 1024;

/// Sends a message: its length in four bytes (big-endian), then JSON.
pub(super) async fn send(stream: &mut UnixStream, message: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_vec(message)?;
    let length = u32::try_from(text.len()).ok().filter(|length| *length <= LONGEST).ok_or_else(too_long)?;
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(&text).await
}

/// Receives a message. Reads no byte beyond it, because a byte that is read without its descriptor closes that.
pub(super) async fn receive<T: DeserializeOwned>(stream: &mut UnixStream) -> io::Result<T> {
    let length = stream.read_u32().await?;
    if length > LONGEST {
        return Err(too_long());
    }
    let mut text = vec![0; length as usize];
    stream.read_exact(&mut text).await?;
    Ok(serde_json::from_slice(&text)?)
}

/// Whether a message has come, or the beginning of one.
pub(super) fn has_message(stream: &UnixStream) -> bool {
    let peek = || Ok(recv(stream, &mut [0], RecvFlags::PEEK)?);
    stream.try_io(Interest::READABLE, peek).is_ok_and(|(_, length)| length > 0)
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the message is too long")
}

/// Sends a descriptor, with a byte that says what it is.
pub(super) async fn send_descriptor(
    stream: &UnixStream,
    kind: u8,
    descriptor: &(impl AsFd + Sync),
) -> io::Result<()> {
    let send = || {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let descriptors = [descriptor.as_fd()];
        // The room is that of one descriptor.
        assert!(control.push(SendAncillaryMessage::ScmRights(&descriptors)));
        Ok(sendmsg(stream, &[IoSlice::new(&[kind])], &mut control, SendFlags::NOSIGNAL).map(drop)?)
    };
    stream.async_io(Interest::WRITABLE, send).await
}

/// Receives a descriptor and the byte that says what it is; `None` at the end of the stream.
pub(super) async fn receive_descriptor(stream: &UnixStream) -> io::Result<Option<(u8, OwnedFd)>> {
    let receive = || {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut kind = [0];
        // Programs that this process starts do not get it.
        let flags = RecvFlags::CMSG_CLOEXEC;
        let received = recvmsg(stream, &mut [IoSliceMut::new(&mut kind)], &mut control, flags)?;
        if received.bytes == 0 {
            return Ok(None);
        }
        let descriptor = control.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
            _ => None,
        });
        let descriptor = descriptor.ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "a descriptor is missing; is the limit on open files reached?",
            )
        })?;
        Ok(Some((kind[0], descriptor)))
    };
    stream.async_io(Interest::READABLE, receive).await
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[tokio::test]
    async fn messages_and_descriptors_come_in_their_order() {
        let (mut near, mut far) = UnixStream::pair().unwrap();
        let (mut writer, reader) = std::os::unix::net::UnixStream::pair().unwrap();
        send(&mut near, &vec!["a", "b"]).await.unwrap();
        send_descriptor(&near, b'x', &reader).await.unwrap();
        send_descriptor(&near, b'y', &reader).await.unwrap();
        send(&mut near, &7).await.unwrap();
        drop(near);

        assert_eq!(receive::<Vec<String>>(&mut far).await.unwrap(), ["a", "b"]);
        let (kind, descriptor) = receive_descriptor(&far).await.unwrap().unwrap();
        writer.write_all(b"!").unwrap();
        let mut byte = [0];
        std::os::unix::net::UnixStream::from(descriptor).read_exact(&mut byte).unwrap();
        assert_eq!((kind, byte), (b'x', *b"!"));
        assert_eq!(receive_descriptor(&far).await.unwrap().unwrap().0, b'y');
        assert_eq!(receive::<u32>(&mut far).await.unwrap(), 7);
        assert!(receive_descriptor(&far).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_message_is_seen_before_it_is_received() {
        let (mut near, mut far) = UnixStream::pair().unwrap();
        assert!(!has_message(&far));
        send(&mut near, &7).await.unwrap();
        far.readable().await.unwrap();
        assert!(has_message(&far));
        assert_eq!(receive::<u32>(&mut far).await.unwrap(), 7);
        assert!(!has_message(&far));
        drop(near);
        far.readable().await.unwrap();
        assert!(!has_message(&far), "the end is no message");
    }

    #[tokio::test]
    async fn what_is_no_message_is_refused() {
        let (mut near, mut far) = UnixStream::pair().unwrap();
        near.write_all(&u32::MAX.to_be_bytes()).await.unwrap();
        assert_eq!(receive::<u32>(&mut far).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
        near.write_all(b"x").await.unwrap();
        assert_eq!(receive_descriptor(&far).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
