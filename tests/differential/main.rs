//! The evaluator against others, pair by pair: JSONLogic's reference, and flagd's own evaluators for
//! JavaScript (the second generation of bucketing) and Python (the third). What is known to differ is in
//! `differences.md`.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on must fail at once; its functions are not all marked as tests"
)]

mod dice;
mod generator;
#[path = "../real/packages.rs"]
mod packages;
mod peer;
mod sensible;
mod tally;
mod wild;

use generator::Generator;
use packages::installed;
use peer::Peer;
use std::path::Path;
use std::process::Command;
use tally::{Difference, Tally};
use tidegate::eval::{Bucketing, Context, Outcome, Snapshot};
use tidegate::flag::{Catalog, lower};
use tidegate::source::{Format, parse};
use tidegate::units::Generation;

const DOCUMENTS: usize = 400;
const FLAGS: usize = 50;
const CONTEXTS: usize = 10;

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/differential");

fn node(name: &'static str, script: &str) -> Peer {
    let packages = installed("tests/differential/node/package.json");
    let script = Path::new(HERE).join("node").join(script);
    Peer::start(name, Command::new("node").arg(script).env("NODE_PATH", packages.join("node_modules")))
}

fn python(name: &'static str, script: &str) -> Peer {
    let packages = installed("tests/differential/python/requirements.txt");
    let script = Path::new(HERE).join("python").join(script);
    Peer::start(name, Command::new(packages.join("venv/bin/python")).arg(script))
}

/// What we answer: by context, and in it by flag.
fn ours(document: &str, contexts: &[String], bucketing: Bucketing) -> Vec<Vec<String>> {
    let mut catalog = Catalog::new();
    catalog.update("f.json", parse("f.json", document.as_bytes(), Format::Json).and_then(|parsed| lower(&parsed)));
    let served = Snapshot::build(Generation::new(1), catalog.flags(), &[].into(), bucketing, None);
    let now = 1_780_000_000;
    let answers = contexts.iter().map(|context| {
        let context = Context::from_json(context.as_bytes()).expect("a context").at(now);
        served.flags().map(|flag| shown(&flag.resolve(&context))).collect()
    });
    answers.collect()
}

/// In the form that the peers answer in.
fn shown(resolution: &tidegate::eval::Resolution<'_>) -> String {
    match resolution.outcome() {
        Outcome::Failed(failure) => failure.code().as_str().to_owned(),
        Outcome::CallerDefault { reason } => reason.as_str().to_owned(),
        Outcome::Variant { reason, .. } => {
            let (variant, value) = (resolution.variant().expect("named"), resolution.value_json().expect("a value"));
            format!("{} {variant} {value}", reason.as_str())
        }
    }
}

/// Two hundred thousand pairs against JSONLogic's reference, and against a peer.
fn compare(seed: u64, bucketing: Bucketing, mut peer: Peer, known: &[Difference<'_>]) {
    let mut generator = Generator::new(seed, bucketing == Bucketing::V3);
    let mut reference = node("the reference", "reference.cjs");
    let mut tally = Tally::default();
    for _ in 0..DOCUMENTS {
        let document = generator.document(FLAGS);
        let contexts: Vec<_> = (0..CONTEXTS).map(|_| generator.context()).collect();
        let question = serde_json::json!({
            "document": document, "contexts": contexts, "generation": bucketing.as_str()
        });
        let question = question.to_string();
        peer.ask(&question);
        reference.ask(&question);
        let ours = ours(&document, &contexts, bucketing);
        tally.count(&document, &contexts, [&ours, &reference.answer(), &peer.answer()], known);
    }
    tally.judge(known);
}

/// The operators that take any operands in the reference, and compute with them otherwise elsewhere.
const COMPUTING: [&str; 23] = [
    "+",
    "-",
    "*",
    "/",
    "%",
    "max",
    "min",
    "<",
    "<=",
    ">",
    ">=",
    "==",
    "!=",
    "===",
    "!==",
    "in",
    "cat",
    "substr",
    "reduce",
    "sem_ver",
    "fractional",
    "missing",
    "missing_some",
];

/// Those that JavaScript's flagd also takes otherwise: what is truthy, what is a list, and no `log`.
const CHOOSING: [&str; 12] = ["if", "?:", "and", "or", "!", "!!", "map", "filter", "all", "none", "some", "log"];

#[test]
fn the_second_generation_answers_as_flagd_does_in_javascript() {
    let strict: Vec<_> = COMPUTING.into_iter().chain(CHOOSING).collect();
    let known = [
        Difference { peer: "PARSE_ERROR", operators: &strict, most: 130 },
        Difference { peer: "GENERAL", operators: &strict, most: 147 },
        Difference { peer: "DISABLED", operators: &["regex"], most: 2 },
        Difference { peer: "DEFAULT", operators: &strict, most: 5 },
        Difference { peer: "TARGETING_MATCH", operators: &strict, most: 13 },
    ];
    compare(2, Bucketing::V2, node("flagd for JavaScript", "flagd.cjs"), &known);
}

#[test]
fn the_third_generation_answers_as_flagd_does_in_python() {
    let known = [
        Difference { peer: "GENERAL", operators: &COMPUTING, most: 81 },
        Difference { peer: "DISABLED", operators: &["regex"], most: 2 },
        Difference { peer: "DEFAULT", operators: &COMPUTING, most: 15 },
        Difference { peer: "TARGETING_MATCH", operators: &COMPUTING, most: 19 },
    ];
    compare(3, Bucketing::V3, python("flagd for Python", "flagd.py"), &known);
}
