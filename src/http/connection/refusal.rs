//! Tells a client that there is no room for its connection.

use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a refused client may take to read the refusal.
const PATIENCE: Duration = Duration::from_secs(1);

/// The whole refusal with this JSON body.
pub(super) fn whole(body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 503 Service Unavailable\r\n\
         content-type: application/json\r\n\
         content-length: {length}\r\n\
         retry-after: 1\r\n\
         connection: close\r\n\
         \r\n\
         {body}"
    )
    .into_bytes()
}

/// Writes the refusal and closes.
pub(super) async fn send(mut stream: TcpStream, refusal: Arc<[u8]>) {
    let exchange = async {
        stream.write_all(&refusal).await?;
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
