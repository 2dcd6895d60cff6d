//! Flags: the document as written, the definition as valid, the catalog of all files, and the
//! exposure laid over a flag.

mod amend;
mod attributes;
mod before;
mod catalog;
mod definition;
mod document;
mod evaluators;
mod exposure;
mod expression;
mod fields;
mod fractional;
mod layer;
mod literal;
mod lower;
mod metadata;
mod number;
mod operator;
mod set;
mod variants;
mod written;

pub use attributes::Looked;
pub use catalog::{Catalog, CatalogEntry};
pub use definition::{Definition, FlagState, Variant, VariantType};
pub use document::{FlagEntry, FlagFile, lower, lower_each};
pub use exposure::{Gate, Overlay, Part, Parts, Rank, Share};
pub use expression::{Expression, Fractional, FractionalEntry, Weight};
pub use layer::Layer;
pub use literal::{Literal, Numeral, write_object};
pub use lower::lower_expression;
pub use number::{Number, NumberText};
pub use operator::Operator;
