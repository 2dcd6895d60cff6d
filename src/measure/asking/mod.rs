//! How systems outside are asked: each question once, however many want to know, and what it was that they said.

mod asking;
mod once;

pub use asking::Asking;
pub use once::LastAnswer;
pub(super) use once::{Answered, Once};
