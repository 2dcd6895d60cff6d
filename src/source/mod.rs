//! Files as people wrote them: a tree in which every value knows its place, and problems that say
//! where they are and how to mend them. Knows nothing of flags or rollouts.

mod json;
mod parse;
mod problem;
mod text;
mod tree;
mod yaml;

pub use json::Unread;
pub use parse::{Format, Parsed, parse};
pub use problem::{Problem, Problems, suggest};
pub use text::{Span, Text};
pub use tree::{Entry, Node, Value};
