//! A thousand flags as applications have them: most a share of the users, the others a rule before it.

use std::fmt::Write as _;

const FLAGS: usize = 1_000;

/// The flag that is asked for alone, with a rollout laid over it.
const CHECKOUT: &str = r#"
flags:
  checkout:
    state: ENABLED
    variants: { "on": true, "off": false }
    defaultVariant: "off"
    targeting: { if: [ { ends_with: [ { var: email }, "@company.example" ] }, "on", null ] }
    metadata: { flagSetId: shop, version: "2026-03-01", owner: payments, tier: one }
"#;

/// The flags as a document.
pub(crate) fn document() -> String {
    let mut text = CHECKOUT.to_owned();
    let share = r#"{ fractional: [ ["on", 25], ["off", 75] ] }"#;
    for number in 0..FLAGS {
        let targeting = match number % 10 {
            0..7 => share.to_owned(),
            _ => format!(
                "{{ if: [ {{ and: [ {{ ends_with: [ {{ var: email }}, \"@company.example\" ] }}, \
                 {{ in: [ {{ var: country }}, [ NO, SE, DK, FI, IS ] ] }}, \
                 {{ sem_ver: [ {{ var: version }}, \">=\", \"2.1.0\" ] }} ] }}, \"on\", {share} ] }}"
            ),
        };
        let _ = writeln!(
            text,
            "  flag-{number:04}: {{ state: ENABLED, variants: {{ \"on\": true, \"off\": false }}, \
             defaultVariant: \"off\", targeting: {targeting} }}"
        );
    }
    text
}
