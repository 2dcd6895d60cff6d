//! Ports that nobody else takes.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range from which the system gives ports to outgoing connections: a port found free here
/// is not taken by chance before its program listens on it.
const FIRST: u16 = 18_000;
const COUNT: u16 = 12_000;

/// Each test is a process of its own and begins elsewhere; within one the next search goes on behind
/// the last.
static NEXT: AtomicU16 = AtomicU16::new(0);

/// A loopback address, `127.0.0.1:18123`, on which nobody listens.
pub fn free_address() -> String {
    let offset = u16::try_from(u64::from(std::process::id()) * 97 % u64::from(COUNT)).expect("less than COUNT");
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let address = format!("127.0.0.1:{}", FIRST + (offset + step % COUNT) % COUNT);
        if TcpListener::bind(&address).is_ok() {
            return address;
        }
    }
    panic!("no free port from {FIRST} on");
}
