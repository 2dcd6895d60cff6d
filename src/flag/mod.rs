//! Flags: the document as written, the definition as valid, and the exposure laid over it.

mod exposure;
mod expression;

pub use exposure::{Gate, Overlay, Rank, Share};
pub use expression::Expression;
