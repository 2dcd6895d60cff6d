//! A system that answers however it is told to, byte for byte.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What it does when it is asked.
#[derive(Debug, Clone)]
pub(super) enum Does {
    /// Answers with a status, headers and a body, as the protocol has it.
    Answers(u16, &'static str, Vec<u8>),
    /// Writes this and closes.
    Writes(Vec<u8>),
    /// Writes this byte by byte, too slowly for anybody.
    Drips(Vec<u8>),
    /// Takes the question and says nothing.
    Hangs,
    /// Answers with a body of so many megabytes, and says so or not.
    Floods { megabytes: usize, announced: bool },
}

/// A listener whose first part of the path says what it does.
#[derive(Debug)]
pub(super) struct System {
    address: SocketAddr,
    told: Arc<Mutex<BTreeMap<String, Does>>>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for System {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl System {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let told: Arc<Mutex<BTreeMap<String, Does>>> = Arc::default();
        let known = Arc::clone(&told);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&known)));
            }
        });
        Self { address, told, server }
    }

    /// The address at which it does that.
    pub(super) fn that(&self, name: &str, does: Does) -> String {
        self.told.lock().unwrap().insert(name.to_owned(), does);
        format!("http://{}/{name}", self.address)
    }

    /// Where it listens, without TLS.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn serve(mut stream: TcpStream, told: Arc<Mutex<BTreeMap<String, Does>>>) {
    let mut request = Vec::new();
    while !request.windows(4).any(|four| four == b"\r\n\r\n") {
        let mut piece = [0; 4_096];
        match stream.read(&mut piece).await {
            Ok(length) if length > 0 => request.extend_from_slice(&piece[..length]),
            _ => return,
        }
        // A handshake of TLS has no end of a header.
        if request.first() == Some(&0x16) {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            return;
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default();
    let name = path.split(['/', '?']).nth(1).unwrap_or_default().to_owned();
    let does = told.lock().unwrap().get(&name).cloned();
    // What cannot be written any more is nobody's loss here.
    let _ = match does {
        None => stream.write_all(b"HTTP/1.1 500 Unknown\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await,
        Some(Does::Answers(status, headers, body)) => {
            let length = body.len();
            let head = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n");
            match stream.write_all(head.as_bytes()).await {
                Ok(()) => stream.write_all(&body).await,
                Err(error) => Err(error),
            }
        }
        Some(Does::Writes(bytes)) => stream.write_all(&bytes).await,
        Some(Does::Drips(bytes)) => drip(&mut stream, &bytes).await,
        Some(Does::Hangs) => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            Ok(())
        }
        Some(Does::Floods { megabytes, announced }) => flood(&mut stream, megabytes, announced).await,
    };
    let _ = stream.shutdown().await;
}

async fn drip(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    for byte in bytes {
        stream.write_all(&[*byte]).await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

async fn flood(stream: &mut TcpStream, megabytes: usize, announced: bool) -> std::io::Result<()> {
    let length = if announced { format!("content-length: {}\r\n", megabytes * 1_000_000) } else { String::new() };
    stream.write_all(format!("HTTP/1.1 200 OK\r\n{length}connection: close\r\n\r\n").as_bytes()).await?;
    let megabyte = vec![b' '; 1_000_000];
    for _ in 0..megabytes {
        stream.write_all(&megabyte).await?;
    }
    Ok(())
}
