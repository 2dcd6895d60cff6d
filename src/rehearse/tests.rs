//! What a provider is asked for, and what is not asked for twice.

use super::{Folder, Order, OrderError, Progress, fetch};
use crate::analysis::{Compared, NoData, Reading};
use crate::measure::{Readings, Stretch};
use crate::rollout::{self, Arm, Attachments, Metric, MetricSource, Over, Plan, Split, Versus};
use crate::source::{Format, parse};
use crate::units::UnixMillis;
use async_trait::async_trait;
use std::sync::Mutex;
use std::time::Duration;

const PLAN: &str = "kind: Rollout
name: search-v2
flag: search
candidate: 'on'
stable: 'off'
metrics:
  errors: { provider: outcomes, measure: error_ratio }
  p99: { provider: prometheus, unit: seconds, query: 'p99{variant=\"{{variant}}\"}' }
  load: { provider: prometheus, query: load }
waves:
  - { name: all, exposure: 50%, bake: 1h, every: 1m, close_when: p99 > 1s, hold_when: load > 7 }
";

const MINUTE: Duration = Duration::from_secs(60);

fn plan() -> Plan {
    let parsed = parse("plan.yaml", PLAN.as_bytes(), Format::Yaml).unwrap();
    rollout::lower(&parsed.documents[0], &parsed.text, &Attachments::none()).unwrap()
}

fn order() -> Order {
    let until = UnixMillis::new(1_700_000_000_000);
    let from = until.minus(Duration::from_secs(14 * 86_400));
    Order { from, until, step: MINUTE, most_requests: 100, pause: Duration::ZERO, settled: until }
}

/// A provider that gives a value a step, notes what it is asked, and fails after so many answers.
#[derive(Debug, Default)]
struct Double {
    asked: Mutex<Vec<(Arm, Stretch)>>,
    fails_after: Option<usize>,
    keeps_nothing_of: Option<&'static str>,
    is_empty: bool,
}

#[async_trait]
impl Readings for Double {
    async fn read(&self, _: &Plan, _: &Metric, _: Arm, _: Over, _: UnixMillis) -> Reading {
        Reading::NoData(NoData::Empty)
    }

    async fn compare(&self, _: &Plan, _: &Metric, _: &Versus, _: UnixMillis) -> Result<Compared, NoData> {
        Err(NoData::Empty)
    }

    async fn split(&self, _: &Plan, _: UnixMillis, _: UnixMillis) -> Result<Split, NoData> {
        Err(NoData::Empty)
    }

    async fn past(
        &self,
        _: &Plan,
        metric: &Metric,
        arm: Arm,
        _: Over,
        stretch: Stretch,
    ) -> Result<Vec<(UnixMillis, f64)>, NoData> {
        let MetricSource::Query(query) = &metric.source else { panic!("outcomes have no past to be asked for") };
        let mut asked = self.asked.lock().unwrap();
        asked.push((arm, stretch));
        if self.fails_after.is_some_and(|most| asked.len() > most) {
            return Err(NoData::Unreachable("connection refused".to_owned()));
        }
        if self.keeps_nothing_of.is_some_and(|text| query.ask.text() == text) {
            return Err(NoData::Refused("the provider `prometheus` has no past".to_owned()));
        }
        let mut values = Vec::new();
        if self.is_empty {
            return Ok(values);
        }
        let mut at = stretch.from;
        while at <= stretch.until {
            values.push((at, 1.0));
            at = at.plus(stretch.step);
        }
        Ok(values)
    }
}

async fn ask(double: &Double, folder: Option<&Folder>) -> Result<super::Fetched, super::Interrupted> {
    let (plan, order) = (plan(), order());
    let pieces = order.pieces(&plan).unwrap();
    fetch(&plan, &order, &pieces, double, (folder, "here"), &mut |_| {}).await
}

/// A provider must not be flooded, and no value may be missing where two answers meet.
#[tokio::test]
async fn the_past_comes_in_pieces_without_a_gap() {
    let double = Double::default();
    let fetched = ask(&double, None).await.unwrap();
    let series = &fetched.series[&"p99".parse_name()];
    assert!(series.windows(2).all(|pair| pair[1].0.since(pair[0].0) == MINUTE), "no gap, no overlap");
    let (first, last) = (series.first().unwrap().0, series.last().unwrap().0);
    assert!(first <= order().from && order().until.since(last) < MINUTE, "all of the time");
    assert_eq!(fetched.requests, double.asked.lock().unwrap().len());
    assert!(fetched.requests <= 2 * (20_160 / 2_000 + 2), "{}", fetched.requests);
    let arms: Vec<Arm> = double.asked.lock().unwrap().iter().map(|(arm, _)| *arm).collect();
    assert!(arms.contains(&Arm::Control), "a candidate has no past: the stable variant stands for it");
    assert!(!fetched.series.contains_key(&"errors".parse_name()), "outcomes are not asked for");
}

trait ParseName {
    fn parse_name(&self) -> crate::units::MetricName;
}

impl ParseName for str {
    fn parse_name(&self) -> crate::units::MetricName {
        crate::units::MetricName::new(self).unwrap()
    }
}

#[tokio::test]
async fn what_was_answered_before_a_failure_is_not_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = Folder::open(folder.path()).unwrap();
    let all = ask(&Double::default(), None).await.unwrap().requests;
    let failed = ask(&Double { fails_after: Some(5), ..Double::default() }, Some(&folder)).await.unwrap_err();
    assert_eq!(failed.progress, Progress { done: 5, all, kept: 0 });
    let rest = ask(&Double::default(), Some(&folder)).await.unwrap();
    assert_eq!((rest.kept, rest.requests), (5, all - 5));
    let again = ask(&Double::default(), Some(&folder)).await.unwrap();
    assert_eq!((again.kept, again.requests), (all, 0), "nothing is asked twice");
    assert_eq!(again.series, rest.series);

    // A file that was cut is asked for again and does not end anything.
    let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&file, "{\"form\":1,\"values\":[[1,").unwrap();
    let mended = ask(&Double::default(), Some(&folder)).await.unwrap();
    assert_eq!((mended.requests, mended.series), (1, again.series));
}

/// A past may be filled in later, and what is new may not be whole: neither may be believed for ever.
#[tokio::test]
async fn what_may_still_change_is_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = Folder::open(folder.path()).unwrap();
    let (plan, pieces) = (plan(), order().pieces(&plan()).unwrap());
    let fresh = Order { settled: order().until.minus(MINUTE), ..order() };
    let ask = async |order: &Order, double: &Double| {
        fetch(&plan, order, &pieces, double, (Some(&folder), "here"), &mut |_| {}).await.unwrap()
    };
    let empty = Double { is_empty: true, ..Double::default() };
    assert_eq!(ask(&order(), &empty).await.requests, pieces.len());
    let filled = ask(&fresh, &Double::default()).await;
    assert_eq!((filled.kept, filled.requests), (0, pieces.len()), "what was empty was not kept");
    let later = ask(&order(), &Double::default()).await;
    assert_eq!(later.requests, 2, "of both metrics the last piece was too new");
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_kept_is_for_its_owner_alone_and_not_for_ever() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("rehearse");
    let folder = Folder::open(&path).unwrap();
    folder.put("question", &[(UnixMillis::new(1), 1.0)]).unwrap();
    let file = std::fs::read_dir(&path).unwrap().next().unwrap().unwrap().path();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(&file)), (0o700, 0o600));
    let other = path.join("notes.json");
    std::fs::write(&other, "mine").unwrap();
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(61 * 86_400);
    for file in [&file, &other] {
        std::fs::File::options().write(true).open(file).unwrap().set_modified(long_ago).unwrap();
    }
    Folder::open(&path).unwrap();
    assert_eq!((file.exists(), other.exists()), (false, true), "only answers are deleted");
}

#[tokio::test]
async fn a_metric_without_a_past_is_asked_for_once() {
    let double = Double { keeps_nothing_of: Some("load"), ..Double::default() };
    let fetched = ask(&double, None).await.unwrap();
    assert_eq!(fetched.without.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["load"]);
    let of_load = double.asked.lock().unwrap().iter().filter(|(arm, _)| *arm == Arm::Candidate).count();
    assert_eq!(of_load, 1);
}

#[test]
fn too_many_requests_are_refused_with_their_number() {
    let plan = plan();
    let few = Order { most_requests: 10, ..order() };
    let Err(OrderError::TooMany { requests, metrics, .. }) = few.pieces(&plan) else { panic!("too many") };
    assert_eq!(metrics, 2);
    assert!(requests > 10, "{requests}");
    let endless = Order { from: UnixMillis::new(i64::MIN), step: Duration::from_millis(1), ..order() };
    assert!(matches!(endless.pieces(&plan), Err(OrderError::TooMany { .. })), "and in no time");
    let none = Order { step: Duration::ZERO, ..order() };
    assert!(matches!(none.pieces(&plan), Err(OrderError::Step { .. })));
}
