//! The plan whose conditions the tests read, and what they assert.

use crate::analysis::{Condition, ConditionError, Known, Mention, Place, Quantity, Unfit, Vocabulary, Waves};

/// Metrics of every quantity; some of which less can be asked; some named like words of the language.
pub(super) const METRICS: [(&str, Quantity); 12] = [
    ("error_rate", Quantity::Ratio),
    ("success_rate", Quantity::Ratio),
    ("p95", Quantity::Time),
    ("p99", Quantity::Time),
    ("memory", Quantity::Size),
    ("host_cpu", Quantity::Ratio),
    ("escalations", Quantity::Count),
    ("score-2.mean", Quantity::Number),
    ("trending", Quantity::Ratio),
    ("weight", Quantity::Number),
    ("critical", Quantity::Number),
    ("5m", Quantity::Number),
];

const NO_COUNTS: Unfit = Unfit { why: "it has no counts", instead: "use provider `outcomes`" };

const NO_VARIANT: Unfit = Unfit {
    why: "its query measures both groups alike",
    instead: "put `{{variant}}` into the query, or compare with `baseline`",
};

const GOOD_ONES: Unfit = Unfit { why: "it is the share of what succeeds", instead: "name the share of what fails" };

pub(super) const WAVES: [&str; 4] = ["internal", "beta", "half-way.2", "everyone"];

pub(super) fn known(name: &str) -> Option<Known> {
    let (_, quantity) = METRICS.iter().find(|(known, _)| *known == name)?;
    let known = Known::all(*quantity);
    Some(match name {
        "p99" => Known { comparable: Err(NO_COUNTS), ..known },
        "host_cpu" => Known { of_control: Err(NO_VARIANT), ..known },
        "success_rate" => Known { burns: Err(GOOD_ONES), ..known },
        _ => known,
    })
}

pub(super) fn vocabulary(place: Place) -> Vocabulary<'static> {
    let names = METRICS.iter().map(|(name, _)| *name).take(8).collect();
    Vocabulary { metric: &known, names, waves: Some(Waves { names: WAVES.to_vec(), place }) }
}

/// Reads a condition of the third wave.
pub(super) fn parse(text: &str) -> Result<Condition, ConditionError> {
    parse_at(Place::Wave(2), text)
}

pub(super) fn parse_at(place: Place, text: &str) -> Result<Condition, ConditionError> {
    Condition::parse_with(text, &vocabulary(place)).map(|(condition, _)| condition)
}

pub(super) fn threshold(text: &str, metric: &str) -> Result<(Condition, Vec<Mention>), ConditionError> {
    Condition::parse_threshold(text, metric, &vocabulary(Place::Wave(2)))
}

/// The text is read, and written back as `canonical`, which means the same.
#[track_caller]
pub(super) fn check(text: &str, canonical: &str) {
    match parse(text) {
        Ok(condition) => {
            assert_eq!(condition.to_string(), canonical);
            assert_eq!(parse(canonical), Ok(condition));
        }
        Err(error) => panic!("{text}: {error} at {}..{}", error.start, error.end),
    }
}

/// The text is refused at the part between `«` and `»`.
#[track_caller]
pub(super) fn refuse(marked: &str, message: &str) {
    refuse_by(&parse, marked, message);
}

/// As [`refuse`], of a condition that stands elsewhere.
#[track_caller]
pub(super) fn refuse_at(place: Place, marked: &str, message: &str) {
    refuse_by(&|text| parse_at(place, text), marked, message);
}

#[track_caller]
pub(super) fn refuse_by(parse: &dyn Fn(&str) -> Result<Condition, ConditionError>, marked: &str, message: &str) {
    let text = marked.replace(['«', '»'], "");
    let start = marked.find('«').expect("a mark");
    let end = marked.find('»').expect("a mark") - '«'.len_utf8();
    let error = parse(&text).expect_err(marked);
    assert_eq!(error.to_string(), message, "{marked}");
    assert_eq!((error.start, error.end), (start, end), "{marked}: {:?}", text.get(error.start..error.end));
}
