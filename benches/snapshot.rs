//! What a start and a publication cost with 10,000 flags: from the document's bytes to the snapshot,
//! and from one changed overlay to what is served.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use tidegate::eval::{Bucketing, Snapshot};
use tidegate::flag::{Catalog, Gate, Overlay, Rank, Share};
use tidegate::live::Live;
use tidegate::source::{Format, parse};
use tidegate::units::{Exposure, FlagKey, Generation, RolloutName, VariantName};

const FLAGS: usize = 10_000;

/// Half of the flags have rules, as in a grown installation.
fn document() -> String {
    let mut text = String::from("{\"flags\": {\n");
    for number in 0..FLAGS {
        let targeting = match number % 2 {
            0 => "",
            _ => {
                r#", "targeting": {"if": [{"and": [{"ends_with": [{"var": "email"}, "@company.example"]}, {"in": [{"var": "country"}, ["NO", "SE", "DK"]]}]}, "on", null]}"#
            }
        };
        let comma = if number + 1 < FLAGS { "," } else { "" };
        let _ = writeln!(
            text,
            r#"  "flag-{number:05}": {{"state": "ENABLED", "variants": {{"on": true, "off": false}}, "defaultVariant": "off", "metadata": {{"owner": "team-{}"}}{targeting}}}{comma}"#,
            number % 40
        );
    }
    text.push_str("}}\n");
    text
}

fn catalog(bytes: &[u8], format: Format) -> Catalog {
    let parsed = parse("flags", bytes, format).expect("the document is sound");
    let mut catalog = Catalog::new();
    catalog.update("flags", tidegate::flag::lower(&parsed));
    assert_eq!(catalog.problems(), [], "the document is sound");
    catalog
}

fn snapshot(catalog: &Catalog, generation: u64, previous: Option<&Snapshot>) -> Snapshot {
    let overlays: BTreeMap<FlagKey, Overlay> = BTreeMap::new();
    Snapshot::build(Generation::new(generation), catalog.flags(), &overlays, Bucketing::V3, previous)
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

fn start(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("10,000 flags");
    group.sample_size(10);
    // A JSON document is a YAML document as well.
    let text = document();
    for (name, format) in [("JSON bytes to snapshot", Format::Json), ("YAML bytes to snapshot", Format::Yaml)] {
        group.bench_function(name, |bencher| {
            bencher.iter_with_large_drop(|| snapshot(&catalog(text.as_bytes(), format), 1, None));
        });
    }
    let loaded = catalog(document().as_bytes(), Format::Json);
    let first = snapshot(&loaded, 1, None);
    group.bench_function("reload without a change", |bencher| {
        bencher.iter_with_large_drop(|| snapshot(&loaded, 2, Some(&first)));
    });
    group.finish();
}

fn publication(criterion: &mut Criterion) {
    let loaded = catalog(document().as_bytes(), Format::Json);
    let key = FlagKey::new("flag-05000").expect("a key");
    let share = Share {
        exposure: Exposure::ALL,
        bucket_by: Arc::from("targetingKey"),
        salt: Arc::from("bench"),
        audience: None,
    };
    let live = Live::new(snapshot(&loaded, 1, None));
    criterion.bench_function("10,000 flags/close one and publish", |bencher| {
        bencher.iter_batched(
            || {
                let open = live.load_full().snapshot().clone();
                let generation = open.generation().next();
                assert!(live.publish(open.with_overlay(generation, &key, Some(overlay(Gate::Open(share.clone()))))));
            },
            |()| {
                let open = live.load();
                let generation = open.snapshot().generation().next();
                let closed = open.snapshot().with_overlay(generation, &key, Some(overlay(Gate::Closed)));
                assert!(black_box(live.publish(closed)));
            },
            BatchSize::PerIteration,
        );
    });
}

criterion_group!(benches, start, publication);
criterion_main!(benches);
