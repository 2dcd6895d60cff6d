//! Looks at counters that have much to take in, or whose last end lies in the future: nothing is counted twice, nothing
//! is lost, and an end is come to.

use super::prometheus::{NOW, connection};
use super::providers::plan_and_metric;
use std::sync::Arc;
use std::time::Duration;
use tidegate::analysis::{Compared, Counts, Group, NoData};
use tidegate::measure::{Connections, Outcomes, Providers, Readings};
use tidegate::rollout::{Ask, AskPrometheus, Metric, MetricSource, Plan, Query, Unit, Versus};
use tidegate::units::{MetricName, UnixMillis};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

const HOUR: Duration = Duration::from_secs(3_600);
const SCRAPED: i64 = 15_000;

/// A Prometheus that scrapes four counters every 15 seconds. Requests of both variants grow by three each time, failures
/// by one; the candidate's program begins anew every 50 minutes.
#[derive(Debug, Clone)]
struct Counting {
    /// Its own clock.
    now: UnixMillis,
    /// It refuses to answer with the samples of a longer time.
    longest: Duration,
    /// It was away from then until then.
    away: (UnixMillis, UnixMillis),
    /// Only the counters of the control were.
    control_only: bool,
}

impl Counting {
    fn at(now: UnixMillis) -> Self {
        Self { now, longest: HOUR * 24, away: (NOW, NOW), control_only: false }
    }

    async fn start(self) -> MockServer {
        let server = MockServer::start().await;
        Mock::given(path("/api/v1/query")).respond_with(self).mount(&server).await;
        server
    }

    /// What a counter stands at, each scrape being a tick since 1970.
    fn value(selector: &str, tick: i64) -> i64 {
        let since = if selector.contains("off") { tick - 100_000_000 } else { tick.rem_euclid(200) };
        if selector.contains("all") { 3 * since } else { since }
    }

    fn ticks(&self, selector: &str, from: i64, until: i64) -> impl Iterator<Item = i64> {
        let (away, now) = (self.away, self.now.get());
        let stays = self.control_only && !selector.contains("off");
        let is_there = move |tick: &i64| stays || *tick * SCRAPED < away.0.get() || *tick * SCRAPED > away.1.get();
        ((from + SCRAPED - 1).div_euclid(SCRAPED)..=until.min(now).div_euclid(SCRAPED)).filter(is_there)
    }

    fn samples(&self, query: &str, until: i64) -> ResponseTemplate {
        let (selector, range) = query.rsplit_once('[').expect("a range");
        let range = range.trim_end_matches([')', ']']);
        let (number, unit) = range.split_at(range.find(|c: char| c.is_ascii_alphabetic()).expect("a unit"));
        let scale = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
        let scale = scale.iter().find(|(name, _)| *name == unit).expect("a unit of Prometheus").1;
        let range = Duration::from_millis(number.parse::<u64>().expect("a number") * scale);
        let last = query.starts_with("last_over_time");
        if range > self.longest && !last {
            let refused =
                r#"{"status":"error","errorType":"execution","error":"query processing would load too many samples"}"#;
            return ResponseTemplate::new(422).set_body_string(refused);
        }
        let from = until - i64::try_from(range.as_millis()).expect("small");
        let mut points: Vec<String> = self
            .ticks(selector, from, until)
            .map(|tick| format!(r#"[{},"{}"]"#, tick as f64 * 15.0, Self::value(selector, tick)))
            .collect();
        if last {
            points = points.pop().into_iter().collect();
        }
        let series = match points.is_empty() {
            true => String::new(),
            false => format!(r#"{{"metric":{{"pod":"a"}},"values":[{}]}}"#, points.join(",")),
        };
        let body = format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{series}]}}}}"#);
        ResponseTemplate::new(200).set_body_string(body)
    }
}

impl Respond for Counting {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let of =
            |name: &str| request.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let query = of("query").expect("a query");
        if query == "time()" {
            let now = self.now.get() as f64 / 1_000.0;
            let body = format!(r#"{{"status":"success","data":{{"resultType":"scalar","result":[{now},"{now}"]}}}}"#);
            return ResponseTemplate::new(200).set_body_string(body);
        }
        // Seconds with three decimals are milliseconds with a point in them.
        let at = of("time").expect("a time").replace('.', "");
        self.samples(&query, at.parse().expect("milliseconds"))
    }
}

fn ratio() -> (Plan, Metric) {
    let (plan, metric) = plan_and_metric(Unit::Ratio, None);
    let selector = |name: &str| Arc::from(format!(r#"{name}{{v="{{{{variant}}}}"}}"#));
    let ask = AskPrometheus::Ratio { bad: selector("bad"), total: selector("all"), min_samples: 20 };
    let window = Duration::from_secs(300);
    let source = MetricSource::Query(Query { connection: None, address: None, window, ask: Ask::Prometheus(ask) });
    (plan, Metric { source, ..metric })
}

/// Asks from look to look, as a rollout does.
struct Looks {
    providers: Providers,
    plan: Plan,
    metric: Metric,
    looked: UnixMillis,
}

impl Looks {
    fn since(server: &MockServer, looked: UnixMillis) -> Self {
        let connections = Connections::new(vec![connection(&server.uri(), Duration::from_secs(5))], Vec::new());
        let (plan, metric) = ratio();
        Self { providers: Providers::new(Arc::new(Outcomes::new()), connections), plan, metric, looked }
    }

    async fn look(&mut self, now: UnixMillis) -> Result<Counts, NoData> {
        let metric = MetricName::new("m").expect("a name");
        let versus = Versus { metric, looked: self.looked, entered: self.looked, alpha: 0.01 };
        match self.providers.compare(&self.plan, &self.metric, &versus, now).await? {
            Compared::Counts(counts) => {
                self.looked = counts.until;
                Ok(counts)
            }
            other @ (Compared::Bands { .. } | Compared::Sums { .. }) => panic!("{other:?}"),
        }
    }

    /// Looks until it is up to the present, and adds up what was counted; failed looks are made again.
    async fn catch_up(&mut self, now: UnixMillis) -> (Group, Group, usize) {
        let (mut candidate, mut control) = (Group::default(), Group::default());
        for looks in 1..200 {
            let Ok(counts) = self.look(now).await else { continue };
            for (all, one) in [(&mut candidate, counts.candidate), (&mut control, counts.control)] {
                (all.exposed, all.bad) = (all.exposed + one.exposed, all.bad + one.bad);
            }
            assert_eq!(counts.behind, now.minus(Duration::from_secs(15)).since(counts.until), "up to the lag");
            if counts.behind.is_zero() {
                return (candidate, control, looks);
            }
        }
        panic!("it never comes to an end");
    }
}

/// By how much the counters grew between two moments, as one who saw every scrape would say.
fn grown(variant: &str, from: UnixMillis, until: UnixMillis) -> Group {
    let ticks = || from.get().div_euclid(SCRAPED)..until.get().div_euclid(SCRAPED);
    let grown = |name: &str| {
        let selector = format!("{name}{variant}");
        let step = |tick: i64| {
            let (before, after) = (Counting::value(&selector, tick), Counting::value(&selector, tick + 1));
            u64::try_from(if after >= before { after - before } else { after }).expect("not negative")
        };
        ticks().map(step).sum::<u64>()
    };
    Group { exposed: grown("all"), bad: grown("bad") }
}

#[tokio::test]
async fn an_outage_of_days_is_caught_up_with_in_bounded_pieces_without_losing_or_counting_anything_twice() {
    let looked = NOW.minus(HOUR * 24 * 6);
    let server = Counting { longest: HOUR + HOUR / 4, ..Counting::at(NOW) }.start().await;
    let mut looks = Looks::since(&server, looked);
    let (candidate, control, made) = looks.catch_up(NOW).await;
    let until = NOW.minus(Duration::from_secs(15));
    assert_eq!((candidate, control), (grown("on", looked, until), grown("off", looked, until)));
    assert!((2..10).contains(&made), "not all at once, and not for ever: {made}");
}

#[tokio::test]
async fn pieces_that_are_too_large_become_smaller_until_they_are_answered() {
    let looked = NOW.minus(HOUR * 5);
    let until = NOW.minus(Duration::from_secs(15));
    // With five minutes before the look, an hour is too much, and a quarter of an hour too.
    for longest in [700, 400] {
        let server = Counting { longest: Duration::from_secs(longest), ..Counting::at(NOW) }.start().await;
        let (candidate, control, _) = Looks::since(&server, looked).catch_up(NOW).await;
        assert_eq!((candidate, control), (grown("on", looked, until), grown("off", looked, until)), "{longest}");
    }
}

#[tokio::test]
async fn a_time_in_which_nothing_was_scraped_is_passed_and_what_was_counted_in_it_is_not_lost() {
    let looked = NOW.minus(HOUR * 10);
    let (gone, back) = (NOW.minus(HOUR * 9), NOW.minus(HOUR * 2));
    // So slow that a look has time for one piece only would be the same: here each look is made of many.
    let server = Counting { away: (gone, back), longest: Duration::from_secs(700), ..Counting::at(NOW) }.start().await;
    let mut looks = Looks::since(&server, looked);
    let (_, control, _) = looks.catch_up(NOW).await;
    let until = NOW.minus(Duration::from_secs(15));
    assert_eq!(control, grown("off", looked, until), "the control's counters were never reset");
}

#[tokio::test]
async fn a_variant_that_nobody_has_for_hours_does_not_keep_looks_from_going_on() {
    // It was away until a minute ago, and came back: three hours without anything, and no look before.
    let looked = NOW.minus(HOUR * 3);
    let server = Counting { away: (NOW.minus(HOUR * 30), NOW), ..Counting::at(NOW) }.start().await;
    let mut looks = Looks::since(&server, looked);
    let counts = looks.look(NOW).await.expect("it goes on");
    assert_eq!((counts.candidate, counts.control), (Group::default(), Group::default()));
    assert!(counts.until > looked && counts.behind.is_zero(), "{counts:?}");
    // A short time without anything may still be filled in, and is taken in by the next look.
    let mut young = Looks::since(&server, NOW.minus(Duration::from_secs(600)));
    assert_eq!(young.look(NOW).await.map(|_| ()), Err(NoData::Empty));
}

#[tokio::test]
async fn what_one_group_did_while_the_other_was_away_is_not_lost() {
    let looked = NOW.minus(HOUR * 3);
    let away = |now| Counting { away: (NOW.minus(HOUR * 4), NOW), control_only: true, ..Counting::at(now) };
    let server = away(NOW).start().await;
    let mut looks = Looks::since(&server, looked);
    let waits = looks.look(NOW).await.map(|_| ()).map_err(|why| why.to_string());
    assert!(waits.is_err_and(|why| why.contains("control")), "nothing can be compared");
    assert_eq!(looks.looked, looked, "the next look takes it in");
    let later = NOW.plus(HOUR / 4);
    let server = away(later).start().await;
    let (candidate, _, _) = Looks::since(&server, looks.looked).catch_up(later).await;
    assert_eq!(candidate, grown("on", looked, later.minus(Duration::from_secs(15))));
}

#[tokio::test]
async fn a_clock_that_is_ahead_by_minutes_loses_nothing() {
    let looked = NOW.minus(Duration::from_secs(60));
    let server = Counting::at(NOW).start().await;
    let ahead = Looks::since(&server, looked).look(NOW.plus(HOUR / 2)).await.expect("counted");
    assert_eq!(ahead.until, NOW.minus(Duration::from_secs(15)), "as far as Prometheus has come");
}

#[tokio::test]
async fn a_clock_that_was_ahead_moves_no_look_into_the_future() {
    let looked = NOW.minus(Duration::from_secs(60));
    let server = Counting::at(NOW).start().await;
    let mut looks = Looks::since(&server, looked);
    // A day ahead for one look, and then right again a minute later.
    let ahead = looks.look(NOW.plus(HOUR * 24)).await.expect("counted");
    assert_eq!(ahead.until, NOW.minus(Duration::from_secs(15)), "as far as Prometheus has come");
    let later = NOW.plus(Duration::from_secs(60));
    let server = Counting::at(later).start().await;
    let counts = Looks::since(&server, ahead.until).look(later).await.expect("counted");
    let until = later.minus(Duration::from_secs(15));
    assert_eq!(counts.control, grown("off", ahead.until, until), "nothing twice, and nothing lost");
}

#[tokio::test]
async fn a_last_look_in_the_future_is_mended_without_counting_twice() {
    let ahead = NOW.plus(HOUR / 2);
    let server = Counting::at(NOW).start().await;
    let mut looks = Looks::since(&server, ahead);
    let counts = looks.look(NOW).await.expect("mended");
    assert_eq!((counts.until, counts.candidate, counts.control), (NOW, Group::default(), Group::default()));
    let later = NOW.plus(Duration::from_secs(120));
    let server = Counting::at(later).start().await;
    let counts = Looks::since(&server, counts.until).look(later).await.expect("counted");
    assert_eq!(counts.control, grown("off", NOW, later.minus(Duration::from_secs(15))));
}

#[tokio::test]
async fn a_clock_that_is_behind_counts_nothing_a_second_time() {
    // Prometheus has the last look behind it: it is our clock that is wrong, by a day.
    let server = Counting::at(NOW).start().await;
    let looked = NOW.minus(Duration::from_secs(60));
    let mut looks = Looks::since(&server, looked);
    let counts = looks.look(NOW.minus(HOUR * 24)).await.expect("it waits");
    assert_eq!((counts.until, counts.candidate, counts.control), (looked, Group::default(), Group::default()));
}
