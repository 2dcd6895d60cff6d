//! A wave only ever adds users: whoever has the candidate keeps it while the share grows.

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use tidegate::eval::{Bucketing, Context, Snapshot};
use tidegate::flag::{Catalog, Gate, Overlay, Part, Parts, Rank, Share, lower, lower_expression};
use tidegate::rollout::{self, Attachments, Plan, Stage, State, Wave};
use tidegate::source::{Format, Problems, parse};
use tidegate::units::{Exposure, FlagKey, Generation, RolloutName, UnixMillis, VariantName};

pub(crate) const FLAG: &str =
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
            parts: Parts::of(Part { step: 0, exposure: Exposure::from_ppm(ppm).unwrap(), audience: None }),
            bucket_by: "targetingKey".into(),
            salt: salt.into(),
            layer: None,
        }),
    };
    let overlays = BTreeMap::from([(FlagKey::new("f").unwrap(), overlay)]);
    Snapshot::build(Generation::new(1), catalog.flags(), &overlays, bucketing, None)
}

pub(crate) fn has_candidate(snapshot: &Snapshot, context: &Context<'_>) -> bool {
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

const PLAN: &str = r#"{
    "kind": "Rollout", "name": "r", "flag": "f", "candidate": "on", "stable": "off",
    "waves": [{"name": "wave", "exposure": "100%", "bake": "1h"}]
}"#;

/// Two that a context is in or not, one that is never exactly true, one that some cannot pay for, and one of all.
pub(crate) const AUDIENCES: [&str; 5] = [
    r#"{"==": [{"var": "staff"}, true]}"#,
    r#"{"in": [{"var": "plan"}, ["beta", "pro"]]}"#,
    r#"{"var": "plan"}"#,
    r#"{"or": [{"some": [{"var": "long"}, {"==": [{"var": ""}, 7]}]}, {"==": [{"var": "country"}, "DE"]}]}"#,
    r#"{"!": [false]}"#,
];

/// A plan of waves with these shares of these audiences; a larger number is everybody.
pub(crate) fn plan(waves: &[(u32, usize)]) -> Plan {
    let parsed = parse("plan.json", PLAN.as_bytes(), Format::Json).unwrap();
    let mut plan = rollout::lower(&parsed.documents[0], &parsed.text, &Attachments::none()).unwrap();
    let audiences = AUDIENCES.map(|rule| {
        let parsed = parse("rule.json", rule.as_bytes(), Format::Json).unwrap();
        Arc::new(lower_expression(&parsed.documents[0], &mut Problems::new(&parsed.text)).unwrap())
    });
    let wave = plan.waves.remove(0);
    plan.waves = waves
        .iter()
        .map(|(ppm, audience)| {
            let exposure = Exposure::from_ppm(*ppm).unwrap();
            Wave { exposure, audience: audiences.get(*audience).cloned(), ..wave.clone() }
        })
        .collect();
    plan
}

/// Which waves give somebody the candidate, and what is asked of the overlays on the way.
pub(crate) fn waves_with_candidate(plan: &Plan, context: &Context<'_>) -> Vec<bool> {
    let at = |wave: usize| {
        let stage = Stage::enter(1, wave, UnixMillis::new(0));
        has_candidate(&in_state(plan, &State::Running(stage), Bucketing::V3), context)
    };
    (0..plan.waves.len()).map(at).collect()
}

/// The flag as a rollout in that state serves it.
pub(crate) fn in_state(plan: &Plan, state: &State, bucketing: Bucketing) -> Snapshot {
    let mut catalog = Catalog::new();
    catalog.update("f.json", parse("f.json", FLAG.as_bytes(), Format::Json).and_then(|parsed| lower(&parsed)));
    let overlays = BTreeMap::from([(FlagKey::new("f").unwrap(), rollout::overlay(plan, state).unwrap())]);
    Snapshot::build(Generation::new(1), catalog.flags(), &overlays, bucketing, None)
}

/// Whoever the wave alone would give the candidate, whatever came before it.
fn by_itself(plan: &Plan, wave: usize, context: &Context<'_>) -> bool {
    let mut alone = plan.clone();
    alone.waves = vec![plan.waves[wave].clone()];
    waves_with_candidate(&alone, context)[0]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// The waves of any plan, whatever their shares and audiences: what an earlier one gave, a later one keeps.
    #[test]
    fn nobody_loses_the_candidate_while_a_rollout_grows(
        waves in proptest::collection::vec((prop_oneof![Just(1_000_000), 1_u32..=1_000_000], 0..=AUDIENCES.len()), 1..8),
        key in "[a-z]{1,8}", staff in any::<bool>(), beta in any::<bool>(), german in any::<bool>(), long in any::<bool>(),
    ) {
        let plan = plan(&waves);
        // So long that the rule that looks through it cannot be paid for.
        let long = if long { format!(r#","long":[{}1]"#, "1,".repeat(20_000)) } else { String::new() };
        let (beta, country) = (if beta { "beta" } else { "free" }, if german { "DE" } else { "FR" });
        let text = format!(r#"{{"targetingKey":"{key}","staff":{staff},"plan":"{beta}","country":"{country}"{long}}}"#);
        let context = Context::from_json(text.as_bytes()).unwrap();
        let inside = waves_with_candidate(&plan, &context);
        prop_assert!(inside.is_sorted(), "{key} lost the candidate: {inside:?} in {waves:?}");
        // Where every rule can be paid for, it is just those whom some wave up to this one gives it.
        if long.is_empty() {
            let alone: Vec<_> = (0..waves.len()).map(|wave| by_itself(&plan, wave, &context)).collect();
            let expected: Vec<_> = (1..=waves.len()).map(|upto| alone[..upto].contains(&true)).collect();
            prop_assert_eq!(inside, expected, "{:?}", waves);
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
