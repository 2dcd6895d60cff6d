//! The cases that the benches have in common: two shapes of flags, the people who ask, and how tidegate is
//! asked.

pub mod flags;
pub mod people;
pub mod tidegate;
