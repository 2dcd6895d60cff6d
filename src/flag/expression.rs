//! Targeting rules as a typed tree, valid by construction.

/// Placeholder of the typed rule tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {}
