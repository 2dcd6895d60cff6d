//! What a condition speaks of is told with its place.

use super::vocabulary::vocabulary;
use crate::analysis::{Condition, Place, Reference, Subject};
use crate::units::{MetricName, WaveName};
use std::time::Duration;

fn mentions(text: &str) -> Vec<(Subject, String)> {
    let (_, mentions) = Condition::parse_with(text, &vocabulary(Place::Wave(2))).expect(text);
    mentions.into_iter().map(|mention| (mention.of, text[mention.at].to_owned())).collect()
}

fn metric(name: &str) -> (Subject, String) {
    (Subject::Metric(MetricName::new(name).unwrap()), name.to_owned())
}

fn control(at: &str) -> (Subject, String) {
    (Subject::Reference(Reference::Control), at.to_owned())
}

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn metrics_references_alerts_and_times_in_the_order_of_the_text() {
    let wave = Reference::Wave(WaveName::new("internal").unwrap());
    assert_eq!(
        mentions("(p95 > baseline + 50% for 5m or alert(a = \"é\")) and error_rate > wave( 1 )-5pp and p95 > control"),
        vec![
            metric("p95"),
            (Subject::Reference(Reference::Baseline), "baseline".to_owned()),
            (Subject::Lasting(MINUTE * 5), "5m".to_owned()),
            (Subject::Alert, "alert(a = \"é\")".to_owned()),
            metric("error_rate"),
            (Subject::Reference(wave), "wave( 1 )".to_owned()),
            metric("p95"),
            control("control"),
        ]
    );
    assert_eq!(
        mentions("memory < previous  wave*2"),
        vec![metric("memory"), (Subject::Reference(Reference::PreviousWave), "previous  wave".to_owned())]
    );
}

/// They need the control without naming it: at full exposure there is none.
#[test]
fn tests_and_scores_need_the_control() {
    assert_eq!(mentions("error_rate regresses by 5%"), vec![metric("error_rate"), control("regresses")]);
    assert_eq!(mentions("p95 proved  safe"), vec![metric("p95"), control("proved  safe")]);
    assert_eq!(mentions("score(p95, memory) > 5"), vec![control("score"), metric("p95"), metric("memory")]);
}

#[test]
fn trends_and_burn_rates_look_back() {
    let window = |minutes, at: &str| (Subject::Window(MINUTE * minutes), at.to_owned());
    assert_eq!(mentions("p95 not trending up over 24h"), vec![metric("p95"), window(24 * 60, "24h")]);
    assert_eq!(
        mentions("burn_rate(error_rate, 99%) > 1 over 1h and 5m"),
        vec![metric("error_rate"), window(60, "1h"), window(5, "5m")]
    );
}
