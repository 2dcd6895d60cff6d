//! What every engine is loaded with: of each ten flags, seven of shape A and three of shape B.
//!
//! - **A**: a rollout to a quarter of the users, by user id.
//! - **B**: on for everyone at the company, in five countries, with version 2.1.0 or later; for all others
//!   as A.

/// On for the emails that end so.
pub const SUFFIX: &str = "@company.example";

/// And in these countries.
pub const COUNTRIES: [&str; 5] = ["AT", "BE", "CH", "DE", "NL"];

/// And from this version on.
pub const VERSION: &str = "2.1.0";

/// The shape of a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A quarter of the users.
    Rollout,
    /// Three conditions, else a quarter of the users.
    Ruled,
}

/// The key of the flag at a position.
#[must_use]
pub fn key(position: usize) -> String {
    format!("flag-{position:05}")
}

/// The shape of the flag at a position.
#[must_use]
pub fn shape(position: usize) -> Shape {
    if position % 10 < 7 { Shape::Rollout } else { Shape::Ruled }
}

/// The position of the first flag of a shape.
#[must_use]
pub fn first(wanted: Shape) -> usize {
    match wanted {
        Shape::Rollout => 0,
        Shape::Ruled => 7,
    }
}

/// One text for each of so many flags, joined by commas.
pub fn joined(flags: usize, text: impl Fn(&str, Shape) -> String) -> String {
    let texts: Vec<_> = (0..flags).map(|position| text(&key(position), shape(position))).collect();
    texts.join(",\n")
}

/// The countries as JSON.
#[must_use]
pub fn countries() -> String {
    format!("{COUNTRIES:?}")
}
