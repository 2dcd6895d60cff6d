//! What a start and a change cost: from a document's bytes to the snapshot with 10,000 and 100,000 flags, in
//! time and memory, and from one changed flag or overlay to what is served.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a bench whose own document is wrong has nothing to measure"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tidegate::eval::{Bucketing, Snapshot};
use tidegate::flag::{Catalog, Gate, Overlay, Part, Parts, Rank, Share, lower};
use tidegate::live::Live;
use tidegate::source::{Format, parse};
use tidegate::units::{Exposure, FlagKey, Generation, RolloutName, VariantName};

const FILE: &str = "flags.json";

/// Seven of ten flags are a 25 % rollout by user id; the others look at the email, the country and the version
/// before they leave it to such a rollout.
fn document(flags: usize, defaults: &str) -> String {
    const SHARE: &str = r#"{"fractional": [["on", 25], ["off", 75]]}"#;
    const ASKED: &str = r#"{"ends_with": [{"var": "email"}, "@company.example"]}, {"in": [{"var": "country"}, ["NO", "SE", "DK", "FI", "IS"]]}, {"sem_ver": [{"var": "version"}, ">=", "2.1.0"]}"#;
    let mut text = String::from("{\"flags\": {\n");
    for number in 0..flags {
        let comma = if number + 1 < flags { "," } else { "" };
        let targeting = match number % 10 {
            0..7 => SHARE.to_owned(),
            _ => format!(r#"{{"if": [{{"and": [{ASKED}]}}, "on", {SHARE}]}}"#),
        };
        let default = if number == flags / 2 { defaults } else { "off" };
        let _ = writeln!(
            text,
            r#"  "flag-{number:06}": {{"state": "ENABLED", "variants": {{"on": true, "off": false}}, "defaultVariant": "{default}", "targeting": {targeting}}}{comma}"#
        );
    }
    text.push_str("}}\n");
    text
}

fn catalog(text: &str, format: Format) -> Catalog {
    let mut catalog = Catalog::new();
    let parsed = parse(FILE, text.as_bytes(), format).expect("the document is sound");
    catalog.update(FILE, lower(&parsed));
    assert_eq!(catalog.problems(), [], "the document is sound");
    catalog
}

fn snapshot(catalog: &Catalog, generation: u64, previous: Option<&Snapshot>) -> Snapshot {
    Snapshot::build(Generation::new(generation), catalog.flags(), &BTreeMap::new(), Bucketing::V3, previous)
}

/// The median and the worst of some runs; what a run gives is dropped outside of its time.
fn timed<T>(name: &str, rounds: usize, mut run: impl FnMut() -> T) {
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let began = Instant::now();
            let result = black_box(run());
            let took = began.elapsed();
            drop(result);
            took
        })
        .collect();
    times.sort();
    println!("{name:<58} median {:>9.2?}   worst of {rounds} {:>9.2?}", times[rounds / 2], times[rounds - 1]);
}

fn megabytes(bytes: i64) -> f64 {
    bytes as f64 / 1e6
}

/// The bytes that a run leaves and the most that it had at once, without its input.
fn weighed<T>(name: &str, input: usize, flags: usize, run: impl FnOnce() -> T) {
    let mut result = None;
    let counted = allocation_counter::measure(|| result = Some(run()));
    drop(result);
    let (input, left) = (i64::try_from(input).expect("a size"), counted.bytes_current);
    let peak = i64::try_from(counted.bytes_max).expect("a size");
    println!(
        "{name:<58} peak {:.1} MB, result {:.1} MB ({} B per flag), input {:.1} MB: {:.2} of twice input and result",
        megabytes(peak),
        megabytes(left),
        left / i64::try_from(flags).expect("a count"),
        megabytes(input),
        (peak + input) as f64 / (2 * input + left) as f64
    );
}

fn start(flags: usize, rounds: usize) {
    println!("{flags} flags");
    let text = document(flags, "off");
    let parsed = parse(FILE, text.as_bytes(), Format::Json).expect("the document is sound");
    let loaded = catalog(&text, Format::Json);
    timed("  JSON checked", rounds, || parse(FILE, text.as_bytes(), Format::Json));
    timed("  JSON lowered to definitions", rounds, || lower(&parsed));
    timed("  JSON bytes to catalog", rounds, || catalog(&text, Format::Json));
    timed("  catalog to snapshot", rounds, || snapshot(&loaded, 1, None));
    timed("  JSON bytes to snapshot", rounds, || {
        let catalog = catalog(&text, Format::Json);
        (snapshot(&catalog, 1, None), catalog)
    });
    weighed("  JSON bytes to catalog", text.len(), flags, || catalog(&text, Format::Json));
    weighed("  JSON bytes to snapshot, definitions kept", text.len(), flags, || {
        let catalog = catalog(&text, Format::Json);
        (snapshot(&catalog, 1, None), catalog)
    });
    if flags <= 10_000 {
        // A JSON document is a YAML document as well.
        timed("  YAML bytes to catalog", 3, || catalog(&text, Format::Yaml));
    }
}

/// One flag of a file changes, or all move by a line.
fn change(flags: usize, rounds: usize) {
    let (off, on) = (document(flags, "off"), document(flags, "on"));
    let mut loaded = catalog(&off, Format::Json);
    let first = snapshot(&loaded, 1, None);
    let mut round = 0;
    timed("  one flag changed: catalog", rounds, || {
        round += 1;
        assert!(loaded.amend(FILE, if round % 2 == 1 { &on } else { &off }), "only one flag changed");
    });
    timed("  one flag changed: snapshot", rounds, || snapshot(&loaded, 2, Some(&first)));
    let moved = [off.replacen('\n', "\n\n", 1), off];
    timed("  all flags one line further: catalog", rounds, || {
        round += 1;
        assert!(loaded.amend(FILE, &moved[round % 2]), "no flag changed");
    });
    timed("  written anew with other members: catalog", rounds, || {
        round += 1;
        let text = moved[1].replacen('{', ["{\"$schema\": \"a\", ", "{\"$schema\": \"bb\", "][round % 2], 1);
        let began = Instant::now();
        let parsed = parse(FILE, text.as_bytes(), Format::Json).expect("the document is sound");
        let read = loaded.lower(&parsed);
        loaded.update(FILE, read);
        began.elapsed()
    });
}

fn overlay(gate: Gate) -> Overlay {
    Overlay {
        rollout: RolloutName::new("bench").expect("a name"),
        rank: Rank::open(1, 1),
        candidate: VariantName::new("on").expect("a name"),
        stable: VariantName::new("off").expect("a name"),
        gate,
    }
}

fn publication(flags: usize, rounds: usize) {
    let loaded = catalog(&document(flags, "off"), Format::Json);
    let key = FlagKey::new(&format!("flag-{:06}", flags / 2)).expect("a key");
    let share = Share {
        parts: Parts::of(Part { step: 0, exposure: Exposure::ALL, audience: None }),
        bucket_by: Arc::from("targetingKey"),
        salt: Arc::from("bench"),
        layer: None,
    };
    let live = Live::new(snapshot(&loaded, 1, None));
    let mut gates = [Gate::Open(share), Gate::Closed].into_iter().cycle();
    timed("  one rollout opened or closed and published", rounds, || {
        let open = live.load();
        let generation = open.snapshot().generation().next();
        let closed = open.snapshot().with_overlay(generation, &key, gates.next().map(overlay));
        assert!(black_box(live.publish(closed)));
    });
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--test");
    for (flags, rounds) in [(10_000, 31), (100_000, 11)] {
        let rounds = if quick { 1 } else { rounds };
        start(flags, rounds);
        change(flags, rounds);
        publication(flags, rounds);
    }
}
