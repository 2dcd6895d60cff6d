//! What the clients of a door may use.

use std::time::Duration;

/// What one client, and all of them together, may use.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A request's body, bytes.
    pub body: usize,
    /// A request's line and headers, bytes.
    pub head: usize,
    /// Connections at one time.
    pub connections: usize,
    /// From a request's first byte to the end of its headers.
    pub head_time: Duration,
    /// From the end of the headers to the end of the body; also how long a client may refuse to take
    /// a part of its answer.
    pub body_time: Duration,
    /// Between two requests of a connection.
    pub idle_time: Duration,
    /// From the shutdown's beginning to its end: answers on their way are finished in it.
    pub drain_time: Duration,
}

impl Limits {
    /// The same on every door, so that what one takes the other takes too.
    pub const USUAL: Self = Self {
        body: 1 << 20,
        head: 16 << 10,
        connections: 10_000,
        head_time: Duration::from_secs(10),
        body_time: Duration::from_secs(10),
        // Over the idle times of the usual client pools and proxies (30 to 60 s), so that it is
        // the client that closes and never writes into a connection that is just being closed.
        idle_time: Duration::from_secs(75),
        drain_time: Duration::from_secs(5),
    };
}
