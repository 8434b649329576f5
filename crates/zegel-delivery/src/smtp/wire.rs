//! The byte stream lettre talks over, and our guard between it and the server.
//!
//! lettre reads a line before it looks at its length, keeps what a server sent before TLS, and does not tell how far a
//! mail got. So the stream it is given is ours: it hands over one cleaned line at a time, knows what has not been
//! asked for yet, and counts what went out.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// Longest line of a reply that is read (RFC 5321 section 4.5.3.1.5 allows 512, RFC 4954 challenges are longer).
const LINE_MAX: usize = 16 * 1024;
/// Longest line that is handed to lettre, which allows 1,000.
const LINE_KEPT: usize = 900;
/// Lines of one reply; lettre reads it from the start again at every line, which a long one would make quadratic.
const REPLY_LINES_MAX: usize = 200;
/// Bytes read from the network at once.
const CHUNK: usize = 4096;

/// A connection in plain text or in TLS.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A handle to the connection; lettre owns one and the submission another.
#[derive(Clone)]
pub(super) struct Wire(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    written: AtomicU64,
}

struct State {
    stream: Option<Stream>,
    peer: SocketAddr,
    /// Received and not yet looked at.
    raw: Vec<u8>,
    /// One cleaned line, and how much of it lettre has.
    line: Vec<u8>,
    taken: usize,
    /// The lines of the last reply, code and all.
    reply: Vec<String>,
    /// The reply in `reply` is complete, so the next line begins another.
    complete: bool,
}

impl Wire {
    pub(super) fn new(stream: Stream) -> io::Result<Self> {
        let peer = match &stream {
            Stream::Plain(stream) => stream.peer_addr()?,
            Stream::Tls(stream) => stream.get_ref().0.peer_addr()?,
        };
        let state = State {
            stream: Some(stream),
            peer,
            raw: Vec::new(),
            line: Vec::new(),
            taken: 0,
            reply: Vec::new(),
            complete: true,
        };
        Ok(Self(Arc::new(Shared { state: Mutex::new(state), written: AtomicU64::new(0) })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the connection, leaving the handles without one.
    pub(super) fn take(&self) -> Option<Stream> {
        self.lock().stream.take()
    }

    /// Makes lettre read `line` as if the server had just said it.
    ///
    /// lettre begins every connection by reading a greeting, and after `STARTTLS` there is none.
    pub(super) fn pretend(&self, line: &[u8]) {
        let mut state = self.lock();
        state.raw.extend_from_slice(line);
    }

    /// Says whether the server has sent something that nobody asked for yet.
    pub(super) fn has_unread(&self) -> bool {
        let state = self.lock();
        !state.raw.is_empty() || state.taken < state.line.len()
    }

    /// Returns version and cipher suite, if there is TLS.
    pub(super) fn tls_description(&self) -> Option<String> {
        let state = self.lock();
        let Some(Stream::Tls(stream)) = &state.stream else { return None };
        let session = stream.get_ref().1;
        Some(format!("{:?} {:?}", session.protocol_version()?, session.negotiated_cipher_suite()?.suite()))
    }

    /// Counts the bytes handed to the connection.
    pub(super) fn written(&self) -> u64 {
        self.0.written.load(Ordering::Relaxed)
    }

    /// Returns the lines of the last reply without their codes.
    pub(super) fn last_reply(&self) -> Vec<String> {
        self.lock().reply.iter().map(|line| line.chars().skip(4).collect()).collect()
    }
}

impl State {
    /// Moves the next whole line from `raw` to `line`; says whether there was one.
    fn next_line(&mut self) -> io::Result<bool> {
        let Some(end) = self.raw.iter().position(|byte| *byte == b'\n') else {
            if self.raw.len() > LINE_MAX {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the server sent a line without an end",
                ));
            }
            return Ok(false);
        };
        let rest = self.raw.split_off(end + 1);
        let line = clean_line(&std::mem::replace(&mut self.raw, rest));
        self.remember(&line)?;
        self.line = line.into_bytes();
        self.line.extend_from_slice(b"\r\n");
        self.taken = 0;
        Ok(true)
    }

    fn remember(&mut self, line: &str) -> io::Result<()> {
        if self.complete {
            self.reply.clear();
        }
        if self.reply.len() == REPLY_LINES_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the server sent a reply without an end"));
        }
        self.complete = line.as_bytes().get(3) != Some(&b'-');
        self.reply.push(line.to_owned());
        Ok(())
    }
}

/// Makes a line of a reply fit for lettre and for people: UTF-8, no control characters, not too long.
fn clean_line(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw);
    let mut line = String::new();
    for c in text.trim_end_matches(['\r', '\n']).chars() {
        if line.len() + c.len_utf8() > LINE_KEPT {
            break;
        }
        line.push(if c.is_control() { ' ' } else { c });
    }
    // RFC 5321 section 4.2: a reply may be a bare code; lettre wants a space after it.
    if line.len() == 3 {
        line.push(' ');
    }
    line
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.lock().peer)
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut state = self.lock();
        loop {
            // Never more than one line: what follows it stays here, where `has_unread` sees it.
            if let Some(rest) = state.line.get(state.taken..).filter(|rest| !rest.is_empty()) {
                let count = rest.len().min(buf.remaining());
                buf.put_slice(rest.get(..count).unwrap_or_default());
                state.taken += count;
                return Poll::Ready(Ok(()));
            }
            if state.next_line()? {
                continue;
            }
            let mut chunk = [0; CHUNK];
            let mut incoming = ReadBuf::new(&mut chunk);
            let Some(stream) = &mut state.stream else { return Poll::Ready(Ok(())) };
            ready!(match stream {
                Stream::Plain(stream) => Pin::new(stream).poll_read(cx, &mut incoming),
                Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, &mut incoming),
            })?;
            if incoming.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            state.raw.extend_from_slice(incoming.filled());
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = self.lock();
        let count = ready!(match &mut state.stream {
            Some(Stream::Plain(stream)) => Pin::new(stream).poll_write(cx, buf),
            Some(Stream::Tls(stream)) => Pin::new(stream.as_mut()).poll_write(cx, buf),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        })?;
        self.0.written.fetch_add(count as u64, Ordering::Relaxed);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.lock().stream {
            Some(Stream::Plain(stream)) => Pin::new(stream).poll_flush(cx),
            Some(Stream::Tls(stream)) => Pin::new(stream.as_mut()).poll_flush(cx),
            None => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.lock().stream {
            Some(Stream::Plain(stream)) => Pin::new(stream).poll_shutdown(cx),
            Some(Stream::Tls(stream)) => Pin::new(stream.as_mut()).poll_shutdown(cx),
            None => Poll::Ready(Ok(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleans_lines() {
        assert_eq!(clean_line(b"250-SIZE 10\r\n"), "250-SIZE 10");
        assert_eq!(clean_line(b"250\n"), "250 ");
        assert_eq!(clean_line(b"550 no\x1b[2J \xff\r\n"), "550 no [2J \u{fffd}");
        assert_eq!(clean_line(&[b'2'; 5000]).len(), LINE_KEPT);
    }
}
