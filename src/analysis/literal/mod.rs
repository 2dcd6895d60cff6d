//! What the numbers of conditions mean: `10%`, `400ms`, `512MiB`, `5`.

mod bound;
mod canonical;
mod noun;
mod offset;
mod plain;
mod range;
mod unit;

pub(super) use bound::bound;
pub(super) use canonical::{canonical, percent};
pub(super) use noun::noun;
pub(super) use offset::offset;
pub(super) use plain::{decimal, part, plain};
pub(super) use unit::is_unit;
