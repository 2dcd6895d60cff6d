//! .
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bucketing { V2, V3 }
