//! Tells a client that there is no room for its connection.

use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a refused client may take to read the refusal.
const PATIENCE: Duration = Duration::from_secs(1);

const REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/json\r\n\
    content-length: 81\r\n\
    retry-after: 1\r\n\
    connection: close\r\n\
    \r\n\
    {\"errorDetails\":\"too many connections to the evaluation server; try again later\"}";

/// Writes the refusal and closes.
pub(super) async fn send(mut stream: TcpStream) {
    let exchange = async {
        stream.write_all(REFUSAL).await?;
        stream.shutdown().await?;
        // Closing with a request still unread would make the system send a reset, and the client
        // would lose the refusal: so what it sends is read away first.
        let mut ignored = [0; 1024];
        while stream.read(&mut ignored).await? > 0 {}
        std::io::Result::Ok(())
    };
    // A client that does not want to hear it is closed all the same.
    let _ = timeout(PATIENCE, exchange).await;
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_refusal_is_as_long_as_it_says() {
        let text = std::str::from_utf8(super::REFUSAL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "the body has {} bytes", body.len());
    }
}
