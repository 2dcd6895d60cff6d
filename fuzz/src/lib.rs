//! What the fuzz targets share: loading and evaluating as a server does it, a mutator that knows JSON,
//! a second opinion by `serde_json`, and a bound on the time that anything may take.

pub mod bounded;
pub mod model;
pub mod mutate;
pub mod served;
pub mod tree;
mod words;
