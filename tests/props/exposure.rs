//! A wave only ever adds users: whoever has the candidate keeps it while the share grows.

use proptest::prelude::*;
use std::collections::BTreeMap;
use tidegate::eval::{Bucketing, Context, Snapshot};
use tidegate::flag::{Catalog, Gate, Overlay, Rank, Share, lower};
use tidegate::source::{Format, parse};
use tidegate::units::{Exposure, FlagKey, Generation, RolloutName, VariantName};

const FLAG: &str =
    r#"{"flags": {"f": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"}}}"#;

fn snapshot(ppm: u32, salt: &str, bucketing: Bucketing) -> Snapshot {
    let mut catalog = Catalog::new();
    catalog.update("f.json", parse("f.json", FLAG.as_bytes(), Format::Json).and_then(|parsed| lower(&parsed)));
    let overlay = Overlay {
        rollout: RolloutName::new("r").unwrap(),
        rank: Rank::open(1, 0),
        candidate: VariantName::new("on").unwrap(),
        stable: VariantName::new("off").unwrap(),
        gate: Gate::Open(Share {
            exposure: Exposure::from_ppm(ppm).unwrap(),
            bucket_by: "targetingKey".into(),
            salt: salt.into(),
            audience: None,
        }),
    };
    let overlays = BTreeMap::from([(FlagKey::new("f").unwrap(), overlay)]);
    Snapshot::build(Generation::new(1), catalog.flags(), &overlays, bucketing, None)
}

fn has_candidate(snapshot: &Snapshot, context: &Context<'_>) -> bool {
    snapshot.evaluate("f", context).variant_index() == Some(0)
}

#[test]
fn of_a_million_users_all_in_ten_percent_are_in_every_larger_wave() {
    const USERS: u32 = 1_000_000;
    let waves = [100_000, 250_000, 500_000, 1_000_000];
    let flags = waves.map(|ppm| snapshot(ppm, "batch-patches-v1", Bucketing::V3));
    // Two threads, for this runs unoptimised.
    let count = |users: std::ops::Range<u32>| {
        let mut counts = [0_u32; 4];
        for user in users {
            let context = Context::empty().with("targetingKey", format!("user-{user}"));
            let inside: [bool; 4] = std::array::from_fn(|wave| has_candidate(&flags[wave], &context));
            assert!(inside.is_sorted(), "user-{user} lost the candidate: {inside:?}");
            counts.iter_mut().zip(inside).for_each(|(count, inside)| *count += u32::from(inside));
        }
        counts
    };
    let (first, second) = std::thread::scope(|scope| {
        let half = scope.spawn(|| count(0..USERS / 2));
        (count(USERS / 2..USERS), half.join().unwrap())
    });
    for (wave, ppm) in waves.into_iter().enumerate() {
        let inside = first[wave] + second[wave];
        assert!(inside.abs_diff(ppm) <= 1000, "{inside} of a million, where {ppm} was to be within 0.1 points");
    }
    assert_eq!(first[3] + second[3], USERS, "everybody is everybody");
}

#[test]
fn a_flagd_provider_puts_the_same_users_in_the_share() {
    let rule = r#"{"fractional": [{"cat": ["salt", {"var": "targetingKey"}]}, ["on", 250000], ["off", 750000]]}"#;
    let text = FLAG.replace(r#""defaultVariant""#, &format!(r#""targeting": {rule}, "defaultVariant""#));
    let mut catalog = Catalog::new();
    catalog.update("f.json", parse("f.json", text.as_bytes(), Format::Json).and_then(|parsed| lower(&parsed)));
    for bucketing in [Bucketing::V2, Bucketing::V3] {
        let exported = Snapshot::build(Generation::new(1), catalog.flags(), &BTreeMap::new(), bucketing, None);
        let own = snapshot(250_000, "salt", bucketing);
        for user in 0..20_000 {
            let context = Context::empty().with("targetingKey", format!("ü{user}"));
            assert_eq!(has_candidate(&own, &context), has_candidate(&exported, &context), "{bucketing:?} {user}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_larger_share_holds_the_smaller(
        key in "\\PC{1,40}", salt in "\\PC{0,20}", a in 0_u32..=1_000_000, b in 0_u32..=1_000_000, second in any::<bool>(),
    ) {
        let bucketing = if second { Bucketing::V2 } else { Bucketing::V3 };
        let context = Context::empty().with("targetingKey", key);
        let inside = |ppm| has_candidate(&snapshot(ppm, &salt, bucketing), &context);
        prop_assert!(!inside(a.min(b)) || inside(a.max(b)));
        prop_assert!(inside(1_000_000) && !inside(0));
    }
}
