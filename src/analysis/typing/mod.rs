//! From a condition as written to one whose metrics are known and whose numbers mean something.

mod meaning;
mod mention;
mod relative;
mod statistical;
mod vocabulary;
mod waves;

pub(super) use meaning::typed;
pub use mention::{Mention, Subject};
pub use vocabulary::{Known, Unfit, Vocabulary};
pub use waves::{Place, Waves};
