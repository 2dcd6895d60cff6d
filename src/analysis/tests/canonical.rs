//! Whatever a condition is, its canonical text reads as the same.

use super::vocabulary::{METRICS, WAVES, parse, threshold};
use crate::analysis::*;
use crate::units::{MetricName, WaveName};
use proptest::prelude::*;
use std::time::Duration;

fn duration() -> impl Strategy<Value = Option<Duration>> {
    proptest::option::of((1_u64..300_000_000_000).prop_map(Duration::from_millis))
}

/// A number between two powers of ten, with all the digits that a float has.
fn power_of_ten(least: f64, most: f64) -> impl Strategy<Value = f64> {
    (least..=most).prop_map(|power| 10_f64.powf(power))
}

fn bound(quantity: Quantity) -> BoxedStrategy<f64> {
    let sign = any::<bool>().prop_map(|minus| if minus { -1.0 } else { 1.0 });
    let size = prop_oneof![
        (power_of_ten(-11.9, 17.9), sign).prop_map(|(size, sign)| size * sign),
        (0_u32..5_000).prop_map(f64::from),
        (0_u32..5_000).prop_map(|v| f64::from(v) * 1_048_576.0),
        (0_u32..5_000).prop_map(|v| f64::from(v) / 1_000.0),
    ];
    match quantity {
        Quantity::Ratio | Quantity::Number => size.boxed(),
        Quantity::Time | Quantity::Size | Quantity::Count => size.prop_map(f64::abs).boxed(),
    }
}

const SIX: [Comparison; 6] = [
    Comparison::Less,
    Comparison::AtMost,
    Comparison::Greater,
    Comparison::AtLeast,
    Comparison::Equal,
    Comparison::NotEqual,
];

/// A positive number that can be written: any, whole ones, and those with few decimals.
fn positive() -> BoxedStrategy<f64> {
    prop_oneof![
        power_of_ten(-11.9, 17.9),
        (1_u32..5_000).prop_map(f64::from),
        (1_u32..5_000).prop_map(|v| f64::from(v) / 1_000.0),
    ]
    .boxed()
}

/// A number over zero and at most `most`.
fn up_to(most: f64) -> BoxedStrategy<f64> {
    prop_oneof![
        power_of_ten(-11.9, most.log10()).prop_map(move |number| number.min(most)),
        (1_u32..=1_000).prop_map(move |part| most * f64::from(part) / 1_000.0),
    ]
    .boxed()
}

fn offset() -> BoxedStrategy<Offset> {
    let sign = || any::<bool>().prop_map(|minus| if minus { -1.0 } else { 1.0 });
    prop_oneof![
        Just(Offset::None),
        (positive(), sign()).prop_map(|(distance, sign)| Offset::By(distance * sign)),
        (up_to(0.999_999_999), sign()).prop_map(|(share, sign)| Offset::Percent(share * sign)),
        positive().prop_map(Offset::Percent),
        positive().prop_filter("leads somewhere", |factor| *factor != 1.0).prop_map(Offset::Times),
    ]
    .boxed()
}

fn any_bound(quantity: Quantity) -> BoxedStrategy<Bound> {
    let wave = proptest::sample::select(&WAVES[..2]).prop_map(|name| Reference::Wave(WaveName::new(name).unwrap()));
    let to = prop_oneof![Just(Reference::Baseline), Just(Reference::Control), Just(Reference::PreviousWave), wave,];
    prop_oneof![bound(quantity).prop_map(Bound::Fixed), (to, offset()).prop_map(|(to, by)| Bound::Relative { to, by })]
        .boxed()
}

fn compare() -> impl Strategy<Value = Condition> {
    let metrics: Vec<(&str, Quantity)> = METRICS.into_iter().filter(|(name, _)| *name != "host_cpu").collect();
    proptest::sample::select(metrics).prop_flat_map(move |(name, quantity)| {
        (proptest::sample::select(&SIX), any_bound(quantity), duration()).prop_map(
            move |(comparison, bound, lasting)| {
                Condition::Compare(Compare { metric: named(name), comparison, bound, quantity, lasting })
            },
        )
    })
}

fn named(name: &str) -> MetricName {
    MetricName::new(name).expect("a name")
}

fn window() -> impl Strategy<Value = Duration> {
    (1_u64..=31 * 86_400_000).prop_map(Duration::from_millis)
}

fn trend() -> impl Strategy<Value = Condition> {
    let direction = any::<bool>().prop_map(|up| if up { Direction::Up } else { Direction::Down });
    let metric = proptest::sample::select(&METRICS).prop_map(|(name, _)| named(name));
    (metric, any::<bool>(), direction, window())
        .prop_map(|(metric, wanted, direction, over)| Condition::Trend(Trend { metric, wanted, direction, over }))
}

fn exceeding() -> impl Strategy<Value = Comparison> {
    any::<bool>().prop_map(|equal| if equal { Comparison::AtLeast } else { Comparison::Greater })
}

fn burn() -> impl Strategy<Value = Condition> {
    let windows = (window(), window()).prop_filter("one is longer", |(one, other)| one != other);
    (up_to(0.999_999_999_999), exceeding(), positive(), windows).prop_map(
        |(objective, comparison, rate, (one, other))| {
            let (long, short) = (one.max(other), one.min(other));
            Condition::Burn(Burn { metric: named("error_rate"), objective, comparison, rate, long, short })
        },
    )
}

fn against_control() -> impl Strategy<Value = Condition> {
    let alpha = || proptest::option::of(up_to(0.5));
    let tolerance = prop_oneof![1 => Just(0.0), 3 => up_to(100.0)];
    prop_oneof![
        (tolerance, alpha()).prop_map(|(tolerance, alpha)| {
            Condition::Regresses(Regresses { metric: named("trending"), tolerance, alpha })
        }),
        (up_to(100.0), alpha()).prop_map(|(margin, alpha)| Condition::ProvedSafe(ProvedSafe {
            metric: named("p95"),
            margin,
            alpha
        })),
    ]
}

fn score() -> impl Strategy<Value = Condition> {
    let names = proptest::sample::subsequence(vec!["weight", "p95", "critical", "5m", "p99"], 1..=5).prop_shuffle();
    let weight = prop_oneof![2 => positive(), 1 => Just(1.0), 1 => Just(1.0 + f64::EPSILON)];
    let parts = names.prop_flat_map(move |names| {
        let details = proptest::collection::vec((weight.clone(), any::<bool>()), names.len());
        details.prop_map(move |details| {
            let part =
                |(name, (weight, critical)): (&&str, (f64, bool))| ScorePart { metric: named(name), weight, critical };
            names.iter().zip(details).map(part).collect()
        })
    });
    let bound = prop_oneof![1 => Just(0.0), 3 => up_to(100.0)];
    (parts, exceeding(), bound)
        .prop_map(|(parts, comparison, bound)| Condition::Score(Score { parts, comparison, bound }))
}

fn condition() -> impl Strategy<Value = Condition> {
    let test = ("[a-z_][a-z0-9_]{0,8}", "\\PC{0,12}|[\"'\\\\\n]{0,4}", any::<bool>())
        .prop_map(|(label, value, equal)| LabelTest { label, value, equal });
    let alert = proptest::collection::vec(test, 0..3).prop_map(|tests| Condition::Alert(AlertMatch { tests }));
    let leaf = prop_oneof![4 => compare(), 1 => alert, 1 => trend(), 1 => burn(), 1 => against_control(), 1 => score()];
    leaf.prop_recursive(4, 12, 3, |inner| {
        let parts = proptest::collection::vec(inner, 2..4);
        prop_oneof![parts.clone().prop_map(Condition::All), parts.prop_map(Condition::Any)]
    })
}

proptest! {
    #[test]
    fn canonical_text_reads_as_the_same_condition(condition in condition()) {
        let text = condition.to_string();
        prop_assume!(text.len() <= 2_000);
        prop_assert_eq!(parse(&text), Ok(condition), "{}", text);
    }

    #[test]
    fn any_text_is_read_or_refused_within_its_own_bounds(text in "\\PC{0,40}|[a-z0-9_%<>=()\"' ,.+-]{0,40}") {
        inside(&text)?;
    }

    /// Words of the language in any order get further than letters in any order.
    #[test]
    fn any_words_are_read_or_refused_within_their_own_bounds(
        words in proptest::collection::vec(proptest::sample::select(&WORDS), 0..14),
        blank in "| |\u{a0}|\n",
    ) {
        inside(&words.join(&blank))?;
    }
}

const WORDS: [&str; 52] = [
    "error_rate",
    "p95",
    "5m",
    "weight",
    "trending",
    "latency",
    "é",
    "alert",
    "score",
    "burn_rate",
    "(",
    ")",
    ",",
    "<",
    ">",
    ">=",
    "==",
    "=",
    "=~",
    "\"critical\"",
    "'",
    "baseline",
    "control",
    "previous",
    "wave",
    "beta",
    "1",
    "+",
    "-",
    "*",
    "×",
    "/",
    "5%",
    "5pp",
    "100ms",
    "64MiB",
    "0",
    "-5",
    "1e5",
    "and",
    "or",
    "not",
    "for",
    "over",
    "up",
    "regresses",
    "by",
    "proved",
    "safe",
    "within",
    "at",
    "alpha",
];

fn inside(text: &str) -> Result<(), TestCaseError> {
    let threshold = threshold(text, "p95").map(|(condition, _)| condition);
    for read in [parse(text), threshold] {
        match read {
            Ok(condition) => prop_assert_eq!(parse(&condition.to_string()), Ok(condition)),
            Err(error) => {
                prop_assert!(error.start <= error.end && error.end <= text.len());
                prop_assert!(text.get(error.start..error.end).is_some(), "splits a character");
            }
        }
    }
    Ok(())
}
