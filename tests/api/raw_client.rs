//! An HTTP client that sends exactly the bytes it is given, also wrong ones.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// By lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    closed: bool,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }

    pub(crate) fn over(stream: TcpStream) -> Self {
        Self { stream: BufReader::new(stream), closed: false }
    }

    /// Sends bytes. The server may close while they are sent; what it said can be read still.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.closed = self.stream.get_mut().write_all(bytes).await.is_err();
    }

    /// Whether the server had closed when something was sent last.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// No more will be sent.
    pub(crate) async fn finish(&mut self) {
        self.stream.get_mut().shutdown().await.unwrap();
    }

    /// The next answer; `None` when the server closed without one.
    pub(crate) async fn reply(&mut self) -> Option<Reply> {
        tokio::time::timeout(Duration::from_secs(20), self.read_reply()).await.expect("no answer within 20 s")
    }

    async fn read_reply(&mut self) -> Option<Reply> {
        let status_line = self.line().await?;
        let status = status_line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = BTreeMap::new();
        loop {
            let line = self.line().await.expect("the head broke off");
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').unwrap();
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        // The parts of an answer in chunks are read one by one.
        let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.unwrap();
        Some(Reply { status, headers, body })
    }

    /// The next part of an answer that is sent in chunks; `None` at its end, or when the server closed.
    pub(crate) async fn chunk(&mut self) -> Option<Vec<u8>> {
        let length = usize::from_str_radix(&self.line().await?, 16).unwrap();
        let mut part = vec![0; length + 2];
        self.stream.read_exact(&mut part).await.ok()?;
        part.truncate(length);
        (length > 0).then_some(part)
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line).await.unwrap_or(0);
        (read > 0).then(|| line.trim_end().to_owned())
    }
}

/// A request's bytes. The length is that of the body; more headers as `name: value` lines.
pub(crate) fn request(method: &str, path: &str, headers: &[&str], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: door.localhost\r\ncontent-length: {}\r\n", body.len());
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// Sends one request on a connection of its own.
pub(crate) async fn exchange(address: SocketAddr, request: &[u8]) -> Reply {
    let mut connection = Connection::open(address).await;
    connection.send(request).await;
    connection.reply().await.expect("closed without an answer")
}
