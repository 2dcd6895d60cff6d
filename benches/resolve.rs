//! What one evaluation costs: time by criterion, allocations by counting them. The goal is under 60 ns
//! and no allocation for a 25 % rollout by user.
#![allow(clippy::expect_used, reason = "a bench that cannot be set up has nothing to measure")]
#![allow(clippy::print_stdout, reason = "the allocation counts are the result")]

use criterion::Criterion;
use std::hint::black_box;
use tidegate::eval::{Bucketing, Context, Snapshot};
use tidegate::flag::{Catalog, Gate, Layer, Overlay, Part, Parts, Rank, Share, lower};
use tidegate::source::{Format, parse};
use tidegate::units::{Exposure, FlagKey, Generation, LayerName, RolloutName, VariantName};

const NOW: i64 = 1_780_000_000;

const FLAGS: &str = r##"
flags:
  sliced: { state: ENABLED, variants: { on: true, off: false }, defaultVariant: "off" }
  rollout: { state: ENABLED, variants: { on: true, off: false }, defaultVariant: "off" }
  ruled:
    state: ENABLED
    variants: { red: "f00", blue: "00f" }
    defaultVariant: red
    targeting:
      if: [ { and: [ { ends_with: [ { var: email }, "@example.org" ] }, { sem_ver: [ { var: version }, ">=", "2.1.0" ] } ] }, blue, null ]
  short:
    state: ENABLED
    variants: { red: "f00", blue: "00f" }
    targeting: { fractional: [ [ red, 50 ], [ blue, 50 ] ] }
  split:
    state: ENABLED
    variants: { red: "f00", blue: "00f" }
    defaultVariant: red
    targeting: { fractional: [ { cat: [ { var: "$flagd.flagKey" }, { var: email } ] }, [ red, 50 ], [ blue, 50 ] ] }
"##;

const CONTEXT: &str =
    r#"{"targetingKey":"5f0c6a5e-8d3b-4c7e-9a51-2f6f1d4f7c11","email":"someone@example.org","version":"2.10.0"}"#;

fn snapshot() -> Snapshot {
    let mut catalog = Catalog::new();
    catalog.update("f.yaml", parse("f.yaml", FLAGS.as_bytes(), Format::Yaml).and_then(|parsed| lower(&parsed)));
    assert!(catalog.problems().is_empty(), "{:?}", catalog.problems());
    let sliced = Layer::new(LayerName::new("checkout").expect("a name"), Exposure::NONE, Exposure::ALL);
    let overlays = [("rollout", None), ("sliced", sliced)]
        .map(|(flag, layer)| (FlagKey::new(flag).expect("a key"), overlay(layer)));
    Snapshot::build(Generation::new(1), catalog.flags(), &overlays.into(), Bucketing::V3, None)
}

fn overlay(layer: Option<Layer>) -> Overlay {
    Overlay {
        rollout: RolloutName::new("rollout").expect("a name"),
        rank: Rank::open(1, 1),
        candidate: VariantName::new("on").expect("a name"),
        stable: VariantName::new("off").expect("a name"),
        gate: Gate::Open(Share {
            parts: Parts::of(Part { step: 0, exposure: Exposure::from_ppm(250_000).expect("a share"), audience: None }),
            bucket_by: "targetingKey".into(),
            salt: "rollout".into(),
            layer,
        }),
    }
}

fn measure(criterion: &mut Criterion) {
    let snapshot = snapshot();
    let context = Context::from_json(CONTEXT.as_bytes()).expect("a context").at(NOW);
    for (name, what) in [
        ("rollout", "resolve/25% rollout by user"),
        ("sliced", "resolve/25% rollout by user in a layer"),
        ("ruled", "resolve/rule of two conditions"),
        ("short", "resolve/fractional by targeting key"),
        ("split", "resolve/fractional by cat"),
    ] {
        let flag = snapshot.flag(name).expect("the flag");
        let counted = allocation_counter::measure(|| {
            black_box(black_box(flag).resolve(black_box(&context)));
        });
        println!("{what}: {} allocations", counted.count_total);
        criterion.bench_function(what, |bencher| bencher.iter(|| black_box(flag).resolve(black_box(&context))));
    }
    let mut out = Vec::with_capacity(4096);
    let flag = snapshot.flag("rollout").expect("the flag");
    criterion.bench_function("answer/25% rollout, context read, answer written", |bencher| {
        bencher.iter(|| {
            out.clear();
            if let Ok(context) = Context::from_json(black_box(CONTEXT.as_bytes())) {
                flag.resolve(&context.at(NOW)).write_ofrep(&mut out);
            }
            out.len()
        });
    });
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    measure(&mut criterion);
    criterion.final_summary();
}
