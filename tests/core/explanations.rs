//! What an explanation says, word by word: people paste it where others read it.

use crate::served::expression;
use std::collections::BTreeMap;
use std::sync::Arc;
use tidegate::eval::{Bucketing, Context, Snapshot, Step};
use tidegate::flag::{Catalog, Expression, Gate, Layer, Overlay, Part, Parts, Rank, Share, lower};
use tidegate::source::{Format, parse};
use tidegate::units::{Exposure, FlagKey, Generation, LayerName, RolloutName, VariantName};

const FLAGS: &str = r#"
flags:
  plain: { state: ENABLED, variants: { on: true, off: false }, defaultVariant: "off" }
  resting: { state: DISABLED, variants: { on: true, off: false }, defaultVariant: "off" }
  broken: { state: ENABLED, variants: { on: true }, defaultVariant: "off" }
  tax:
    state: ENABLED
    variants: { on: true, off: false }
    defaultVariant: "off"
    targeting:
      if:
        - and:
            - in: [ { var: country }, [ DE, FR ] ]
            - "!=": [ { var: plan }, free ]
            - sem_ver: [ { var: app.version }, ">=", "2.1.0" ]
        - "on"
        - null
  split:
    state: ENABLED
    variants: { red: 1, blue: 2 }
    defaultVariant: red
    targeting: { fractional: [ { cat: [ salt, { var: email } ] }, [ red, 25 ], [ blue, 75 ] ] }
  computed:
    state: ENABLED
    variants: { v1: 1, v2: 2 }
    defaultVariant: v1
    targeting: { cat: [ v, { var: n } ] }
  nobody: { state: ENABLED, variants: { v1: 1 }, targeting: { fractional: [ [ v1, 1 ] ] } }
  staff:
    state: ENABLED
    variants: { yes: 1, no: 0 }
    targeting: { if: [ { or: [ { var: staff }, { missing: [ email ] }, { "<": [ 1, { var: n }, 5 ] } ] }, yes, no ] }
"#;

fn catalog() -> Catalog {
    let mut catalog = Catalog::new();
    catalog.update("f.yaml", parse("f.yaml", FLAGS.as_bytes(), Format::Yaml).and_then(|parsed| lower(&parsed)));
    catalog
}

fn snapshot(overlays: &BTreeMap<FlagKey, Overlay>) -> Snapshot {
    Snapshot::build(Generation::new(1), catalog().flags(), overlays, Bucketing::V3, None)
}

fn rollout(flag: &str, exposure: &str, audience: Option<Expression>) -> Snapshot {
    let gate = match Exposure::parse(exposure) {
        Ok(exposure) => Gate::Open(Share {
            parts: Parts::of(Part { step: 0, exposure, audience: audience.map(Into::into) }),
            bucket_by: "targetingKey".into(),
            salt: "tax-v2".into(),
            layer: None,
        }),
        Err(_) => Gate::Closed,
    };
    let rank = if gate == Gate::Closed { Rank::closed(1) } else { Rank::open(1, 1) };
    laid(flag, rank, gate)
}

fn laid(flag: &str, rank: Rank, gate: Gate) -> Snapshot {
    let overlay = Overlay {
        rollout: RolloutName::new("tax-v2").unwrap(),
        rank,
        candidate: VariantName::new("on").unwrap(),
        stable: VariantName::new("off").unwrap(),
        gate,
    };
    snapshot(&BTreeMap::from([(FlagKey::new(flag).unwrap(), overlay)]))
}

#[track_caller]
fn says(snapshot: &Snapshot, flag: &str, context: &str, expected: &[&str]) {
    let context = Context::from_json(context.as_bytes()).unwrap();
    let explained = snapshot.evaluate_explained(flag, &context);
    let said: Vec<String> = explained.steps().iter().map(ToString::to_string).collect();
    assert_eq!(said, expected);
    assert_eq!(explained.to_string(), expected.join("\n"));
}

#[test]
fn flags_that_need_no_rule_say_why() {
    let flags = snapshot(&BTreeMap::new());
    says(&flags, "plain", "{}", &["the flag has no rule", "answer: \"off\" = false, STATIC"]);
    says(&flags, "resting", "{}", &["the flag is disabled", "answer: the caller's own default, DISABLED"]);
    says(&flags, "none", "{}", &["there is no such flag", "no answer: there is no such flag, FLAG_NOT_FOUND"]);
    let broken = flags.evaluate_explained("broken", &Context::empty()).to_string();
    assert!(broken.starts_with("the flag's definition is wrong: ") && broken.ends_with(", PARSE_ERROR"), "{broken}");
}

#[test]
fn conditions_are_said_with_what_they_looked_at_as_far_as_they_were_asked() {
    let flags = snapshot(&BTreeMap::new());
    let context = r#"{"country":"DE","plan":"pro","app":{"version":"2.10.0"}}"#;
    says(
        &flags,
        "tax",
        context,
        &[
            r#"country in ["DE","FR"]: true (country is "DE")"#,
            r#"plan == "free": false (plan is "pro")"#,
            r#"app.version >= 2.1.0: true (app.version is "2.10.0")"#,
            "the rule gives \"on\"",
            "answer: \"on\" = true, TARGETING_MATCH",
        ],
    );
    says(
        &flags,
        "tax",
        r#"{"country":null}"#,
        &[
            r#"country in ["DE","FR"]: false (country is not given)"#,
            "the rule leaves it to the default",
            "answer: \"off\" = false, DEFAULT",
        ],
    );
    says(
        &flags,
        "staff",
        r#"{"staff":false,"email":"x","n":7}"#,
        &[
            "staff: false (staff is false)",
            "{\"missing\":[\"email\"]}: [], which counts as false",
            "1 < n < 5: false (n is 7)",
            "the rule gives \"no\"",
            "answer: \"no\" = 0, TARGETING_MATCH",
        ],
    );
}

#[test]
fn results_are_said_with_what_they_were_made_of() {
    let flags = snapshot(&BTreeMap::new());
    says(
        &flags,
        "computed",
        r#"{"n":2}"#,
        &[
            r#"{"cat":["v",{"var":"n"}]}: "v2" (n is 2)"#,
            "the rule gives \"v2\"",
            "answer: \"v2\" = 2, TARGETING_MATCH",
        ],
    );
    says(
        &flags,
        "computed",
        r#"{"n":3}"#,
        &[
            r#"{"cat":["v",{"var":"n"}]}: "v3" (n is 3)"#,
            "the rule gives something that is no variant of the flag",
            "no answer: the targeting rule gave something that is no variant of the flag, GENERAL",
        ],
    );
}

#[test]
fn splits_say_the_bucket_and_who_owns_it() {
    let flags = snapshot(&BTreeMap::new());
    says(
        &flags,
        "split",
        r#"{"email":"ann@example.org"}"#,
        &[
            "split by \"salt\" and email: bucket 14 of 100 belongs to \"red\" (0 to 24) (email is \"ann@example.org\")",
            "the rule gives \"red\"",
            "answer: \"red\" = 1, TARGETING_MATCH",
        ],
    );
    says(
        &flags,
        "nobody",
        "{}",
        &[
            "split by the flag's key and the targeting key: nothing is there to split by (targetingKey is not given)",
            "the rule leaves it to the default",
            "answer: the caller's own default, DEFAULT",
        ],
    );
}

#[test]
fn a_rollout_says_its_wave_the_bucket_and_the_share() {
    let wave = "rollout tax-v2, attempt 1, wave 2: \"on\" for 25%, \"off\" for the others";
    let open = rollout("plain", "25%", None);
    says(
        &open,
        "plain",
        r#"{"targetingKey":"ann"}"#,
        &[
            "the flag has no rule",
            wave,
            "bucket 15,322 of 1,000,000 is inside 25% (targetingKey is \"ann\")",
            "answer: \"on\" = true, SPLIT",
        ],
    );
    says(
        &open,
        "plain",
        "{}",
        &[
            "the flag has no rule",
            wave,
            "nothing to tell users apart by, so outside 25% (targetingKey is not given)",
            "answer: \"off\" = false, SPLIT",
        ],
    );
    let flags = catalog();
    let definition = flags.flags().find_map(|(key, entry)| match entry {
        tidegate::flag::CatalogEntry::Serving(definition) if key.as_str() == "staff" => Some(definition),
        tidegate::flag::CatalogEntry::Serving(_) | tidegate::flag::CatalogEntry::Broken(_) => None,
    });
    let Some(Expression::Operation(_, branches)) = &definition.unwrap().targeting else { panic!("an `if`") };
    says(
        &rollout("plain", "25%", Some(branches[0].clone())),
        "plain",
        r#"{"targetingKey":"ann","email":"x"}"#,
        &[
            "the flag has no rule",
            wave,
            "outside the audience, staff or {\"missing\":[\"email\"]} or (1 < n < 5) (staff is not given, n is not given)",
            "answer: \"off\" = false, SPLIT",
        ],
    );
}

/// Several waves open together: the sentence that includes somebody names the wave that brought it.
#[test]
fn of_several_waves_the_one_that_includes_somebody_is_named() {
    let audience = |rule: &str| Some(Arc::new(expression(rule)));
    let waves = [
        (Exposure::ALL, audience(r#"{"ends_with":[{"var":"email"},"@company.example"]}"#)),
        (Exposure::ALL, audience(r#"{"==":[{"var":"beta"},true]}"#)),
        (Exposure::from_ppm(10_000).unwrap(), None),
    ];
    let mut waves = (0..).zip(waves).map(|(step, (exposure, audience))| Part { step, exposure, audience });
    let first = Parts::of(waves.next().unwrap());
    let share = Share {
        parts: waves.fold(first, Parts::with),
        bucket_by: "targetingKey".into(),
        salt: "tax-v2".into(),
        layer: None,
    };
    let open = laid("plain", Rank::open(1, 2), Gate::Open(share));
    let begins = [
        "the flag has no rule",
        "rollout tax-v2, attempt 1, wave 3: \"on\" for 1% and those of earlier waves, \"off\" for the others",
        "wave 3: bucket 15,322 of 1,000,000 is outside 1% (targetingKey is \"ann\")",
    ];
    let beta = [
        "wave 1: outside the audience, email ends with \"@company.example\" (email is not given)",
        "wave 2: inside the audience, beta == true (beta is true)",
        "wave 2: bucket 15,322 of 1,000,000 is inside 100% (targetingKey is \"ann\")",
        "answer: \"on\" = true, SPLIT",
    ];
    says(&open, "plain", r#"{"targetingKey":"ann","beta":true}"#, &[&begins[..], &beta].concat());
    let nobody = [
        "wave 1: outside the audience, email ends with \"@company.example\" (email is not given)",
        "wave 2: outside the audience, beta == true (beta is not given)",
        "answer: \"off\" = false, SPLIT",
    ];
    says(&open, "plain", r#"{"targetingKey":"ann"}"#, &[&begins[..], &nobody].concat());
    // Who cannot be told from anybody is in no part: nothing more is asked.
    let nothing = [
        "wave 3: nothing to tell users apart by, so outside 1% (targetingKey is not given)",
        "answer: \"off\" = false, SPLIT",
    ];
    says(&open, "plain", r#"{"beta":true}"#, &[&begins[..2], &nothing].concat());
}

/// Outside of the slice nothing else is asked; inside the wave's share is of the slice.
#[test]
fn the_slice_of_a_layer_is_said_before_the_share() {
    let slice = |from: u32, to: u32| {
        let [from, to] = [from, to].map(|percent| Exposure::from_ppm(percent * 10_000).unwrap());
        let parts = Parts::of(Part { step: 0, exposure: Exposure::ALL, audience: None });
        let layer = Layer::new(LayerName::new("checkout").unwrap(), from, to);
        let share = Share { parts, bucket_by: "targetingKey".into(), salt: "tax-v2".into(), layer };
        laid("plain", Rank::open(1, 0), Gate::Open(share))
    };
    let begins = ["the flag has no rule", "rollout tax-v2, attempt 1, wave 1: \"on\" for 100%, \"off\" for the others"];
    let outside = [
        "layer checkout: bucket 993,759 of 1,000,000 is outside 0% to 50% (targetingKey is \"ann\")",
        "answer: \"off\" = false, SPLIT",
    ];
    says(&slice(0, 50), "plain", r#"{"targetingKey":"ann"}"#, &[&begins[..], &outside].concat());
    let inside = [
        "layer checkout: bucket 993,759 of 1,000,000 is inside 50% to 100% (targetingKey is \"ann\")",
        "bucket 15,322 of 1,000,000 is inside 100% (targetingKey is \"ann\")",
        "answer: \"on\" = true, SPLIT",
    ];
    says(&slice(50, 100), "plain", r#"{"targetingKey":"ann"}"#, &[&begins[..], &inside].concat());
    let nobody = [
        "layer checkout: nothing to tell users apart by, so outside 0% to 100% (targetingKey is not given)",
        "answer: \"off\" = false, SPLIT",
    ];
    says(&slice(0, 100), "plain", "{}", &[&begins[..], &nobody].concat());
}

#[test]
fn a_rule_before_an_open_rollout_and_a_closed_one_are_said_too() {
    let context = r#"{"country":"DE","plan":"pro","app":{"version":"2.10.0"}}"#;
    let steps = |snapshot: &Snapshot, context: &str| {
        let context = Context::from_json(context.as_bytes()).unwrap();
        let explained = snapshot.evaluate_explained("tax", &context);
        explained.steps().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let overruled = steps(&rollout("tax", "25%", None), context);
    assert_eq!(
        overruled[overruled.len() - 2..],
        [
            "rollout tax-v2 has no say, for it decides only what the rule leaves to the default",
            "answer: \"on\" = true, TARGETING_MATCH",
        ]
    );
    let closed = rollout("tax", "closed", None);
    let replaced = steps(&closed, context);
    assert_eq!(
        replaced[replaced.len() - 2..],
        [
            "rollout tax-v2 is closed: nobody gets \"on\", here \"off\" is in its place",
            "answer: \"off\" = false, DEFAULT",
        ]
    );
    let untouched = steps(&closed, "{}");
    assert_eq!(
        untouched[untouched.len() - 2..],
        ["rollout tax-v2 is closed: nobody gets \"on\"", "answer: \"off\" = false, DEFAULT",]
    );
}

/// A request of a megabyte, or a rule of a thousand conditions, is no reason for an answer of as much.
#[test]
fn what_is_long_is_cut() {
    let conditions: Vec<_> = (0..1_000).map(|n| format!(r#"{{"==": [{{"var": "a{}"}}, "{n}"]}}"#, n % 10)).collect();
    let text = format!(
        r#"{{"flags": {{"f": {{"state": "ENABLED", "variants": {{"on": true}},
            "targeting": {{"if": [{{"or": [{}]}}, "on", null]}}}}}}}}"#,
        conditions.join(",")
    );
    let flags: Snapshot = text.parse().unwrap();
    let context = (0..10).fold(Context::empty(), |context, n| context.with(format!("a{n}"), "x".repeat(100_000)));
    let explained = flags.evaluate_explained("f", &context);
    assert_eq!(explained.steps().len(), 203);
    assert_eq!(explained.steps()[200], Step::MoreConditions { count: 800 });
    assert!(explained.to_string().len() < 200 * 600, "{}", explained.to_string().len());
    assert!(explained.to_string().contains("x…\""));
}
