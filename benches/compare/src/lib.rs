//! Flag evaluators side by side: the same two flags, the same people, the same questions.

mod peer;
pub mod peers;

pub use peer::Peer;
