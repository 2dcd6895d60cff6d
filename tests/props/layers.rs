//! Rollouts with slices of one layer that do not overlap never share a user, whatever their shares.

use crate::exposure::{AUDIENCES, FLAG, has_candidate, in_state, plan, waves_with_candidate};
use proptest::prelude::*;
use std::collections::BTreeMap;
use tidegate::eval::{Bucketing, Context, Snapshot};
use tidegate::flag::{Catalog, lower};
use tidegate::rollout::{After, Layer, Plan, Stage, State};
use tidegate::source::{Format, parse};
use tidegate::units::{Exposure, Generation, LayerName, UnixMillis};

fn share(ppm: u32) -> Exposure {
    Exposure::from_ppm(ppm).unwrap()
}

/// The slice of the layer `checkout` from one bucket up to another.
fn slice(from: u32, to: u32) -> Layer {
    Layer::new(LayerName::new("checkout").unwrap(), share(from), share(to)).unwrap()
}

/// A plan of these waves that keeps to a slice.
fn within(layer: Layer, salt: &str, waves: &[(u32, usize)]) -> Plan {
    Plan { layer: Some(layer), salt: salt.into(), ..plan(waves) }
}

fn everybody_done() -> State {
    State::Completed { attempt: 1, step: 7, at: UnixMillis::new(0) }
}

/// Shares of any audience; a number over the last is everybody.
fn waves() -> impl Strategy<Value = Vec<(u32, usize)>> {
    let share = prop_oneof![Just(1_000_000), 1_u32..=1_000_000];
    proptest::collection::vec((share, 0..=AUDIENCES.len()), 1..5)
}

/// Three ends of two slices: the second begins where the first ends, or behind it.
fn two_slices() -> impl Strategy<Value = (Layer, Layer)> {
    proptest::collection::btree_set(0_u32..=1_000_000, 4).prop_flat_map(|ends| {
        let ends: Vec<u32> = ends.into_iter().collect();
        let [a, b, c, d] = ends[..] else { panic!("four ends") };
        any::<bool>().prop_map(move |touch| (slice(a, b), slice(if touch { b } else { c }, d)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn slices_that_do_not_overlap_share_no_user(
        (first, second) in two_slices(), (ones, others) in (waves(), waves()),
        (salt, other_salt) in (".{0,8}", ".{0,8}"), v2 in any::<bool>(),
        keys in proptest::collection::vec(".{1,8}", 16), staff in any::<bool>(),
    ) {
        prop_assert!(!first.overlaps(&second));
        let bucketing = if v2 { Bucketing::V2 } else { Bucketing::V3 };
        let last = |plan: &Plan| State::Running(Stage::enter(1, plan.waves.len() - 1, UnixMillis::new(0)));
        let (one, other) = (within(first, &salt, &ones), within(second, &other_salt, &others));
        for (state, other_state) in [(last(&one), last(&other)), (everybody_done(), everybody_done())] {
            let (one, other) = (in_state(&one, &state, bucketing), in_state(&other, &other_state, bucketing));
            for key in &keys {
                let context = Context::empty().with("targetingKey", key.as_str()).with("staff", staff);
                prop_assert!(!(has_candidate(&one, &context) && has_candidate(&other, &context)), "{key} has both");
            }
        }
    }

    #[test]
    fn nobody_loses_the_candidate_while_a_rollout_grows_in_its_slice(
        ends in proptest::collection::btree_set(0_u32..=1_000_000, 2), waves in waves(), key in "[a-z]{1,8}",
        staff in any::<bool>(),
    ) {
        let ends: Vec<u32> = ends.into_iter().collect();
        let context = Context::empty().with("targetingKey", key).with("staff", staff);
        let inside = waves_with_candidate(&within(slice(ends[0], ends[1]), "r", &waves), &context);
        prop_assert!(inside.is_sorted(), "{inside:?} in {waves:?}");
    }
}

/// Of how many in a hundred thousand users each of the flags as served has the candidate.
fn counted(flags: &[Snapshot]) -> Vec<u32> {
    let mut counts = vec![0; flags.len()];
    for user in 0..100_000 {
        let context = Context::empty().with("targetingKey", format!("user-{user}"));
        for (count, flag) in counts.iter_mut().zip(flags) {
            *count += u32::from(has_candidate(flag, &context));
        }
    }
    counts
}

/// A wave of 20% in half of the users is a tenth of all, wherever the half lies, and whatever is hashed: a
/// rollout named as its layer must not find its share at one end of the slice, or outside of it.
#[test]
fn a_share_is_a_share_of_the_slice() {
    let everybody = AUDIENCES.len();
    let state = State::Running(Stage::enter(1, 0, UnixMillis::new(0)));
    let cases = [
        (slice(0, 500_000), "checkout", 200_000, 10_000),
        (slice(500_000, 1_000_000), "checkout", 200_000, 10_000),
        (slice(900_000, 1_000_000), "other", 500_000, 5_000),
        (slice(250_000, 1_000_000), "other", 1_000_000, 75_000),
        (slice(0, 1_000_000), "other", 300_000, 30_000),
    ];
    let flags: Vec<Snapshot> = cases
        .iter()
        .map(|(layer, salt, ppm, _)| {
            in_state(&within(layer.clone(), salt, &[(*ppm, everybody)]), &state, Bucketing::V3)
        })
        .collect();
    for (count, (layer, salt, ppm, expected)) in counted(&flags).into_iter().zip(cases) {
        // Six standard deviations of a binomial count.
        let off = count.abs_diff(expected);
        assert!(off < 900, "{count} where {expected} of 100,000 should have {ppm} ppm of {layer} by {salt}");
    }
}

/// In the last wave all of the slice has the candidate but who is held back; once completed, all of it.
#[test]
fn a_holdback_is_one_of_the_slice() {
    let everybody = AUDIENCES.len();
    let holdback = share(100_000);
    let after = After {
        watch: std::time::Duration::from_secs(60),
        every: std::time::Duration::from_secs(60),
        holdback,
        clauses: vec![],
    };
    let plan = Plan { after: Some(after), ..within(slice(0, 400_000), "r", &[(1_000_000, everybody)]) };
    let watching = State::Watching(Stage::enter(1, 0, UnixMillis::new(0)));
    let flags = [watching, everybody_done()].map(|state| in_state(&plan, &state, Bucketing::V3));
    let counts = counted(&flags);
    assert!(counts[0].abs_diff(36_000) < 900 && counts[1].abs_diff(40_000) < 900, "{counts:?}");
}

/// Without what is hashed nobody can be told from anybody, not even in a slice of everybody.
#[test]
fn whoever_cannot_be_hashed_is_in_no_slice() {
    let state = State::Running(Stage::enter(1, 0, UnixMillis::new(0)));
    let flag = in_state(&within(slice(0, 1_000_000), "r", &[(1_000_000, 0)]), &state, Bucketing::V3);
    assert!(has_candidate(&flag, &Context::of("ann").with("staff", true)));
    assert!(!has_candidate(&flag, &Context::empty().with("staff", true)));
    assert!(!has_candidate(&flag, &Context::of("").with("staff", true)));
}

/// Exported, a share of a slice is two ordinary splits, one in the condition of the other.
#[test]
fn a_flagd_provider_puts_the_same_users_in_the_share_of_a_slice() {
    let layer = slice(300_000, 800_000);
    let key = r#"{"var": "targetingKey"}"#;
    let within_slice = format!(
        r#"{{"==": [{{"fractional": [{{"cat": ["{}", {key}]}},
            ["before", 300000], ["in", 500000], ["after", 200000]]}}, "in"]}}"#,
        layer.salt()
    );
    let wave = format!(r#"{{"fractional": [{{"cat": ["salt", {key}]}}, ["on", 250000], ["off", 750000]]}}"#);
    let rule = format!(r#"{{"if": [{within_slice}, {wave}, "off"]}}"#);
    let text = FLAG.replace(r#""defaultVariant""#, &format!(r#""targeting": {rule}, "defaultVariant""#));
    let mut catalog = Catalog::new();
    catalog.update("f.json", parse("f.json", text.as_bytes(), Format::Json).and_then(|parsed| lower(&parsed)));
    assert_eq!(catalog.problems(), []);
    let state = State::Running(Stage::enter(1, 0, UnixMillis::new(0)));
    for bucketing in [Bucketing::V2, Bucketing::V3] {
        let exported = Snapshot::build(Generation::new(1), catalog.flags(), &BTreeMap::new(), bucketing, None);
        let own = in_state(&within(layer.clone(), "salt", &[(250_000, AUDIENCES.len())]), &state, bucketing);
        for user in 0..20_000 {
            let context = Context::empty().with("targetingKey", format!("ü{user}"));
            assert_eq!(has_candidate(&own, &context), has_candidate(&exported, &context), "{bucketing:?} {user}");
        }
    }
}

/// The same cohorts: whoever is first in one rollout is first in another of its salt, in the same slice or in none.
#[test]
fn rollouts_of_one_salt_open_to_the_same_users_first() {
    let state = State::Running(Stage::enter(1, 0, UnixMillis::new(0)));
    let served = |plan: Plan| in_state(&plan, &state, Bucketing::V3);
    let everybody = AUDIENCES.len();
    let of_salt = |ppm: u32| Plan { salt: "shop-2026".into(), ..plan(&[(ppm, everybody)]) };
    let in_slice = |ppm: u32| within(slice(200_000, 700_000), "shop-2026", &[(ppm, everybody)]);
    let all =
        [served(of_salt(100_000)), served(of_salt(250_000)), served(in_slice(100_000)), served(in_slice(250_000))];
    for user in 0..20_000 {
        let context = Context::empty().with("targetingKey", format!("user-{user}"));
        let [tenth, quarter, tenth_of_slice, quarter_of_slice] =
            all.each_ref().map(|flag| has_candidate(flag, &context));
        assert!(
            tenth <= quarter && tenth_of_slice <= quarter_of_slice,
            "user-{user} is first in one and not in the other"
        );
        assert!(tenth_of_slice <= tenth && quarter_of_slice <= quarter, "a slice only leaves users out");
    }
}
