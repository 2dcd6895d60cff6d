//! JSON, read strictly and without building anything: the caller asks for one value after the other and
//! gets what is written, borrowed from the text. No recursion, so that nesting costs no stack. And texts, written.

mod fault;
mod nesting;
mod number;
mod reader;
mod skip;
mod string;
mod write;

pub use fault::{Fault, FaultKind};
pub use reader::{Kind, Reader};
pub use write::{quoted, write_text};
