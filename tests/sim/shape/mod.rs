//! Plans by dice: the text that the program reads, and beside it what the simulator knows of it without
//! reading it.

mod diced;
mod kinds;
mod metric;
mod revised;
mod rule;
mod stages;
mod verdict;
mod written;

pub use kinds::{Budget, Shape};
pub use metric::{Level, MetricShape, Silence, Since, WINDOW};
pub use rule::{Bound, Leaf, List, Place, Rule, Scope, When};
pub use verdict::{Facts, Told, Truth3, Verdict, judge};

pub const FLAGS: [&str; 2] = ["f0", "f1"];

/// One flag for which rules name some users, so that a closing has something to take away from them.
pub const DEFINITIONS: &str = r#"flags:
  f0: { state: ENABLED, variants: { "on": true, "off": false }, defaultVariant: "off" }
  f1: { state: ENABLED, variants: { "on": true, "off": false }, defaultVariant: "off",
        targeting: { if: [ { ends_with: [ { var: targetingKey }, "7" ] }, "on", null ] } }
"#;
