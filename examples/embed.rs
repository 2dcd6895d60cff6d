//! The evaluator inside an application, without the server:
//!
//! ```console
//! cargo run --example embed --no-default-features
//! ```
//!
//! In your own project: `tidegate = { version = "0.1", default-features = false }`.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::time::{SystemTime, UNIX_EPOCH};
use tidegate::eval::{Context, Snapshot};

/// flagd's flag document; JSON would do as well.
const FLAGS: &str = r##"
flags:
  new-search:
    state: ENABLED
    variants: { "on": true, "off": false }
    defaultVariant: "off"
    targeting:
      if: [ { ends_with: [ { var: email }, "@company.example" ] }, "on", { fractional: [ [ "on", 25 ], [ "off", 75 ] ] } ]
  page-size:
    state: ENABLED
    variants: { small: 20, large: 100 }
    defaultVariant: small
    targeting: { if: [ { sem_ver: [ { var: version }, ">=", "2.1.0" ] }, large, null ] }
  greeting:
    state: ENABLED
    variants: { plain: Hello, warm: "Good to see you" }
    defaultVariant: plain
    targeting: { if: [ { ">": [ { var: "$flagd.timestamp" }, 1767225600 ] }, warm, null ] }
  colours:
    state: ENABLED
    variants: { spring: { primary: "#3a7", accent: "#fc3" } }
    defaultVariant: spring
  torn:
    state: ENABLED
    variants: { "on": true }
    defaultVariant: sideways
"##;

#[derive(serde::Deserialize)]
struct Colours {
    primary: String,
    accent: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    // Once, and again whenever the document changes. Share it between threads in an `Arc`.
    let flags: Snapshot = FLAGS.parse()?;

    // A flag that cannot be right is out of order by itself; the others work.
    for flag in flags.flags() {
        if let Some(why) = flag.broken() {
            println!("{} is broken: {why}", flag.key());
        }
    }

    // Per request: who asks, and when. The evaluator itself never looks at the clock.
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
    let ann = Context::of("ann").with("email", "ann@company.example").with("version", "2.10.3").at(now);

    // Evaluating borrows, never fails and never panics; what a flag is to be without an answer is your choice.
    let searching = flags.evaluate("new-search", &ann).as_bool().unwrap_or(false);
    let size = flags.evaluate("page-size", &ann).as_integer().unwrap_or(10);
    let greeting = flags.evaluate("greeting", &ann).as_text().unwrap_or_else(|| "Hi".into());
    println!("{greeting}, ann: new search {searching}, {size} entries per page");

    // Objects come as JSON, to be read into a type of your own.
    if let Some(json) = flags.evaluate("colours", &ann).value_json() {
        let colours: Colours = serde_json::from_str(json)?;
        println!("{} with a touch of {}", colours.primary, colours.accent);
    }

    // What came out, and why.
    let found = flags.evaluate("new-search", &Context::of("bob"));
    println!("bob gets {:?} because of {:?}", found.variant(), found.reason());
    let missing = flags.evaluate("no-such-flag", &ann);
    println!("no-such-flag: {:?}", missing.error());

    // A request that speaks OFREP: the context borrows from its body, the answers are ready to be sent.
    let body = br#"{"context": {"targetingKey": "eve", "email": "eve@elsewhere.example"}}"#;
    let eve = Context::from_ofrep_body(body)?.at(now);
    let answers = flags.evaluate_all(&eve);
    let mut out = Vec::new();
    answers.write_ofrep(&mut out);
    println!("eve gets {} bytes of answers, ETag {:x}", out.len(), answers.tag());
    Ok(())
}
