//! Somebody who follows the event stream.

use crate::raw_client::{Connection, Reply};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::timeout;

/// What a stream said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// An event to act on.
    Event { id: String, data: serde_json::Value },
    /// An `id` without data: where the listener stands.
    Standing(String),
    /// A comment.
    Alive,
}

/// A stream that was let in.
#[derive(Debug)]
pub(crate) struct Listener {
    connection: Connection,
    text: String,
    pub(crate) head: Reply,
}

impl Listener {
    /// Follows the stream at `path`; more headers as `name: value` lines.
    pub(crate) async fn at(address: SocketAddr, path: &str, headers: &[&str]) -> Self {
        Self::over(Connection::open(address).await, path, headers).await
    }

    /// The same over a connection that there is already.
    pub(crate) async fn over(mut connection: Connection, path: &str, headers: &[&str]) -> Self {
        let mut text = format!("GET {path} HTTP/1.1\r\nhost: door.localhost\r\naccept: text/event-stream\r\n");
        headers.iter().for_each(|header| text.push_str(&format!("{header}\r\n")));
        connection.send(format!("{text}\r\n").as_bytes()).await;
        let head = connection.reply().await.expect("closed without an answer");
        Self { connection, text: String::new(), head }
    }

    /// The next thing said within `time`.
    pub(crate) async fn within(&mut self, time: Duration) -> Option<Said> {
        timeout(time, self.next()).await.ok().flatten()
    }

    /// The next event within two seconds, passing over everything else.
    pub(crate) async fn event(&mut self) -> (String, serde_json::Value) {
        let next = async {
            loop {
                match self.next().await {
                    Some(Said::Event { id, data }) => return (id, data),
                    Some(Said::Standing(_) | Said::Alive) => {}
                    None => panic!("the stream ended"),
                }
            }
        };
        timeout(Duration::from_secs(2), next).await.expect("no event within 2 s")
    }

    /// That no event comes for a while.
    pub(crate) async fn hears_nothing(&mut self) {
        while let Some(said) = self.within(Duration::from_millis(200)).await {
            assert!(!matches!(said, Said::Event { .. }), "{said:?}");
        }
    }

    /// The next thing said; `None` when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Said> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                if let Some(said) = read(&block) {
                    return Some(said);
                }
                continue;
            }
            self.text.push_str(std::str::from_utf8(&self.connection.chunk().await?).unwrap());
        }
    }
}

fn read(block: &str) -> Option<Said> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
    match (field("id: "), field("data: ")) {
        (Some(id), Some(data)) => {
            assert_eq!(field("event: ").as_deref(), Some("message"), "{block}");
            Some(Said::Event { id, data: serde_json::from_str(&data).unwrap() })
        }
        (Some(id), None) => Some(Said::Standing(id)),
        (None, Some(data)) => panic!("an event without an id: {data}"),
        (None, None) => block.starts_with(':').then_some(Said::Alive),
    }
}
