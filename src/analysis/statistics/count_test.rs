//! Bad events of a candidate against those of a concurrent control, judged as often as one likes.

use super::super::counts::{Counted, Counts, Group};
use super::dispersion::Dispersion;
use super::finding::{Evidence, Finding, Outlook, Sampled, needed};
use super::mixture::{Mixture, Share, Side, ln_sum};
use super::stake::{stake, unstaked};
use std::time::Duration;

/// What a test of counts is to prove. Rates are bad events per exposure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The candidate's rate is higher than the control's times the ratio. That a sound candidate is ever called
    /// worse has a probability of at most alpha over all looks.
    Worse,
    /// The candidate's rate became higher than that, at whatever look: old good looks hardly weigh against new bad
    /// ones. That a sound candidate is ever called worse has a probability of at most alpha over all looks. A
    /// part of the stake is put on each look as the first bad one, all parts together being 1; this is a mixture
    /// of processes like that of `Worse`, each of which begins at another look.
    WorseLately,
    /// A suspicion of the same, raised two to three times as fast, by the e-detector M_t = L_t max(M_{t-1}, 1) of
    /// Shin, Ramdas and Rinaldo, arXiv 2203.03532. A sound candidate is suspected once in 1/alpha looks or more
    /// rarely, on average. That is no probability of alpha: over 720 looks at alpha 0.01 some four in ten sound
    /// candidates are suspected once. Enough to hold a rollout, too little to close it; at alpha divided by the
    /// number of looks it is a proof for that many looks.
    SuspectedWorse,
    /// The candidate's rate is lower than the control's times the ratio. That a candidate at that ratio or over
    /// it is ever called safe has a probability of at most alpha.
    Safe,
}

/// A sequential test of two rates. It holds for any rate that both share, however it changes with time, and for
/// any shares of traffic, which may change from look to look.
///
/// What it rests on is that bad events are independent. Of users that is true if each counts as bad once, in the look
/// in which it first fails: a user for whom all fails, counted again in each look, is one fact taken for many, and no
/// correction sees it, because every look shows the same. Exposed are those who were there in that look.
#[derive(Debug, Clone, PartialEq)]
pub struct CountTest {
    /// What is to be proved.
    pub claim: Claim,
    /// The ratio of the candidate's rate to the control's at the edge of the claim: 1.2 for "20 % worse". Over 0.
    pub ratio: f64,
    /// The evidence, not yet divided by the dispersion.
    pub evidence: Mixture,
    /// The candidate's totals.
    pub candidate: Group,
    /// The control's totals.
    pub control: Group,
    /// How many of the bad events would be the candidate's at the edge of the claim.
    pub expected: f64,
    /// How many looks there were. They are counted on when the totals begin anew.
    pub looks: u64,
    /// How much time the totals cover.
    pub seen: Duration,
    /// What the last look counted.
    pub of: Counted,
    /// How much single events vary; untouched while only users are counted.
    pub dispersion: Dispersion,
}

impl CountTest {
    /// Proves that a candidate is more than `tolerance` worse than the control; 0.2 is 20 %.
    #[must_use]
    pub fn worse(tolerance: f64) -> Self {
        Self::new(Claim::Worse, tolerance)
    }

    /// Proves that a candidate has become more than `tolerance` worse than the control.
    #[must_use]
    pub fn worse_lately(tolerance: f64) -> Self {
        Self::new(Claim::WorseLately, tolerance)
    }

    /// Suspects that a candidate has become more than `tolerance` worse than the control.
    #[must_use]
    pub fn suspected_worse(tolerance: f64) -> Self {
        Self::new(Claim::SuspectedWorse, tolerance)
    }

    /// Proves that a candidate is less than `margin` worse than the control.
    #[must_use]
    pub fn safe(margin: f64) -> Self {
        Self::new(Claim::Safe, margin)
    }

    fn new(claim: Claim, further: f64) -> Self {
        let ratio = 1.0 + further;
        // The language allows 0 to 100; what is outside is held to what can be computed with.
        let ratio = if ratio.is_finite() { ratio.clamp(1e-6, 1e6) } else { 1.0 };
        Self {
            claim,
            ratio,
            evidence: if claim == Claim::WorseLately { Mixture::NOTHING } else { Mixture::default() },
            candidate: Group::default(),
            control: Group::default(),
            expected: 0.0,
            looks: 0,
            seen: Duration::ZERO,
            of: Counted::Users,
            dispersion: Dispersion::default(),
        }
    }

    /// Takes what happened since the last look, which was `lasted` ago. A look in which nobody had one of the
    /// variants compares nothing and adds nothing.
    pub fn look(&mut self, counts: &Counts, lasted: Duration) {
        if counts.candidate.exposed == 0 || counts.control.exposed == 0 {
            return;
        }
        self.looks = self.looks.saturating_add(1);
        self.begin_anew();
        let weight = self.ratio * counts.candidate.exposed as f64;
        let expected = weight / (weight + counts.control.exposed as f64);
        let all = counts.candidate.bad as f64 + counts.control.bad as f64;
        let side = if self.claim == Claim::Safe { Side::Below } else { Side::Above };
        self.evidence.add(Share { candidate: counts.candidate.bad as f64, all, expected }, side);
        self.candidate.add(counts.candidate);
        self.control.add(counts.control);
        self.expected += expected * all;
        self.seen = self.seen.saturating_add(lasted);
        self.of = counts.of;
        match counts.of {
            Counted::Users => {}
            Counted::Events => self.dispersion.look(counts),
        }
    }

    /// Where a regression may begin at any look, lets it begin at this one too. What is shown then covers the time
    /// since the last moment at which nothing spoke for a regression. The dispersion stays that of all looks.
    fn begin_anew(&mut self) {
        let dispersion = self.dispersion();
        let quiet = match self.claim {
            Claim::Worse | Claim::Safe => return,
            Claim::WorseLately => {
                // Those before this one.
                let looks = self.looks as f64 - 1.0;
                let quiet = self.evidence.ln_mean(dispersion) <= (1.0 - unstaked(looks)).ln();
                // Logarithms are divided by the dispersion when they are read, and a stake must not be.
                self.evidence.stake(stake(looks + 1.0).ln() * dispersion);
                quiet
            }
            Claim::SuspectedWorse => {
                let quiet = self.evidence.is_under(0.0);
                self.evidence.raise_to(0.0);
                quiet
            }
        };
        if quiet {
            (self.candidate, self.control) = (Group::default(), Group::default());
            (self.expected, self.seen) = (0.0, Duration::ZERO);
        }
    }

    /// By what the logarithms are divided.
    fn dispersion(&self) -> f64 {
        if self.dispersion.looks > 0 { self.dispersion.ratio() } else { 1.0 }
    }

    /// What the looks so far say at a level of alpha.
    #[must_use]
    pub fn finding(&self, alpha: f64) -> Finding {
        let dispersion = self.dispersion();
        let ln = match self.claim {
            Claim::WorseLately => ln_sum(self.evidence.ln_mean(dispersion), unstaked(self.looks as f64).ln()),
            Claim::Worse | Claim::Safe | Claim::SuspectedWorse => self.evidence.ln_mean(dispersion),
        };
        let needed = needed(alpha);
        let proved = ln >= needed;
        Finding {
            proved,
            value: self.candidate.rate(),
            bound: self.control.rate() * self.ratio,
            evidence: Evidence::EValue { ln, needed, dispersion },
            samples: self.candidate.exposed.saturating_add(self.control.exposed),
            of: self.sampled(),
            outlook: if proved { Outlook::Decided } else { self.outlook((needed - ln) * dispersion) },
        }
    }

    /// What is expected to bring the missing evidence: each bad event brings on average the divergence between
    /// the share seen and the share at the edge of the claim.
    fn outlook(&self, missing: f64) -> Outlook {
        let bad = self.candidate.bad as f64;
        let all = bad + self.control.bad as f64;
        if all <= 0.0 {
            return Outlook::Unknown;
        }
        let (seen, edge) = (bad / all, self.expected / all);
        let towards = match self.claim {
            Claim::Worse | Claim::WorseLately | Claim::SuspectedWorse => seen > edge,
            Claim::Safe => seen < edge,
        };
        if !towards {
            return Outlook::NotInSight;
        }
        Outlook::after(missing / divergence(seen, edge), self.sampled(), all, self.seen)
    }

    const fn sampled(&self) -> Sampled {
        match self.of {
            Counted::Users => Sampled::AffectedUsers,
            Counted::Events => Sampled::BadEvents,
        }
    }
}

impl Group {
    fn add(&mut self, other: Self) {
        self.exposed = self.exposed.saturating_add(other.exposed);
        self.bad = self.bad.saturating_add(other.bad);
    }

    /// Bad events per exposure; 0 while nobody was exposed.
    pub(super) fn rate(self) -> f64 {
        if self.exposed == 0 { 0.0 } else { self.bad as f64 / self.exposed as f64 }
    }
}

/// The Kullback-Leibler divergence of a coin with one probability from one with another, in nats.
fn divergence(seen: f64, edge: f64) -> f64 {
    let part = |seen: f64, edge: f64| if seen > 0.0 { seen * (seen / edge).ln() } else { 0.0 };
    part(seen, edge) + part(1.0 - seen, 1.0 - edge)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn counts(candidate: (u64, u64), control: (u64, u64), of: Counted) -> Counts {
        let group = |(exposed, bad)| Group { exposed, bad };
        Counts {
            candidate: group(candidate),
            control: group(control),
            of,
            until: crate::units::UnixMillis::new(0),
            behind: Default::default(),
            sampled: Default::default(),
            events: None,
        }
    }

    fn users(candidate: (u64, u64), control: (u64, u64)) -> Counts {
        counts(candidate, control, Counted::Users)
    }

    fn repeated(mut test: CountTest, look: &Counts, looks: u32) -> CountTest {
        for _ in 0..looks {
            test.look(look, MINUTE);
        }
        test
    }

    fn e_value(finding: &Finding) -> f64 {
        match finding.evidence {
            Evidence::EValue { ln, .. } => ln,
            Evidence::Interval { .. } => panic!("a test of counts gives an E-value"),
        }
    }

    #[test]
    fn a_doubling_at_a_tenth_of_the_traffic_takes_about_150_errors() {
        let look = users((1_000, 10), (9_000, 45));
        let mut test = CountTest::worse(0.0);
        let looks = (1..).find(|_| {
            test.look(&look, MINUTE);
            test.finding(0.01).proved
        });
        let errors = looks.unwrap() * 55;
        assert!((110..=220).contains(&errors), "{errors}");
        let finding = test.finding(0.01);
        assert_eq!((finding.value, finding.bound, finding.outlook), (0.01, 0.005, Outlook::Decided));
    }

    #[test]
    fn equal_rates_prove_that_it_is_safe_and_never_that_it_is_worse() {
        let look = users((6_000, 30), (6_000, 30));
        assert!(!repeated(CountTest::worse(0.0), &look, 10_000).finding(0.01).proved);
        assert!(!repeated(CountTest::worse_lately(0.0), &look, 10_000).finding(0.01).proved);
        assert!(!repeated(CountTest::suspected_worse(0.0), &look, 10_000).finding(0.01).proved);
        assert!(repeated(CountTest::safe(0.2), &look, 100).finding(0.01).proved);
        // Without a margin equal rates are the edge itself, which can never be proved to be on one side.
        assert!(!repeated(CountTest::safe(0.0), &look, 10_000).finding(0.01).proved);
    }

    #[test]
    fn what_is_within_the_tolerance_is_not_worse() {
        let look = users((10_000, 58), (10_000, 50));
        assert!(repeated(CountTest::worse(0.0), &look, 1_000).finding(0.01).proved);
        assert!(!repeated(CountTest::worse(0.2), &look, 1_000).finding(0.01).proved);
    }

    #[test]
    fn looks_with_nobody_in_one_variant_add_nothing() {
        let before = repeated(CountTest::worse(0.0), &users((100, 3), (900, 4)), 3);
        let mut after = before.clone();
        after.look(&users((100, 50), (0, 0)), MINUTE);
        after.look(&users((0, 0), (900, 1)), MINUTE);
        assert_eq!(after, before);
        assert_eq!(CountTest::worse(0.0).finding(0.01).outlook, Outlook::Unknown);
    }

    #[test]
    fn the_outlook_meets_what_then_happens() {
        let look = users((1_000, 10), (9_000, 45));
        let test = repeated(CountTest::worse(0.0), &look, 2);
        let Outlook::After { more, of, takes } = test.finding(0.01).outlook else { panic!("a decision is in sight") };
        assert_eq!(of, Sampled::AffectedUsers);
        let takes = takes.unwrap();
        assert!((takes.as_secs_f64() / 60.0 - more as f64 / 55.0).abs() < 0.1, "{takes:?} for {more}");
        let mut test = test;
        let further = (1..).find(|_| {
            test.look(&look, MINUTE);
            test.finding(0.01).proved
        });
        let further = further.unwrap() * 55;
        assert!((more / 2..=more * 2).contains(&further), "{further} instead of {more}");
        assert_eq!(
            repeated(CountTest::worse(0.0), &users((9, 0), (9, 9)), 1).finding(0.01).outlook,
            Outlook::NotInSight
        );
    }

    #[test]
    fn a_late_regression_is_not_hidden_by_old_good_looks() {
        let (good, bad) = (users((60, 1), (540, 9)), users((60, 4), (540, 9)));
        for test in [CountTest::worse_lately(0.0), CountTest::suspected_worse(0.0)] {
            let late = repeated(repeated(test, &good, 10_000), &bad, 20).finding(0.01);
            assert!(late.proved);
            assert!(late.samples <= 30 * 600, "it shows what happened since the regression began");
        }
        assert!(!repeated(repeated(CountTest::worse(0.0), &good, 10_000), &bad, 20).finding(0.01).proved);
    }

    #[test]
    fn single_events_count_for_less_than_users() {
        let look = |of| counts((60, 3), (540, 6), of);
        let of_users = repeated(CountTest::worse(0.0), &look(Counted::Users), 4).finding(0.01);
        let of_events = repeated(CountTest::worse(0.0), &look(Counted::Events), 4).finding(0.01);
        assert!(e_value(&of_events) < e_value(&of_users) / 2.0);
        assert!(of_events.evidence.to_string().contains("heuristic"));
    }

    #[test]
    fn no_numbers_are_too_large_too_small_or_too_many() {
        let most = u64::MAX;
        let odd = [
            users((most, most), (most, most)),
            users((1, most), (most, 0)),
            users((most, 0), (1, most)),
            users((1, 5), (1, 0)),
            counts((most, most), (1, most), Counted::Events),
            counts((1, most), (most, most), Counted::Events),
            counts((1_000_000_000_000, 1_000_000_000), (1_000_000_000_000, 1_000_000_000), Counted::Events),
        ];
        for start in [f64::NAN, f64::INFINITY, -5.0, 0.0, 1e300] {
            for mut test in [
                CountTest::worse(start),
                CountTest::worse_lately(start),
                CountTest::suspected_worse(start),
                CountTest::safe(start),
            ] {
                for look in odd.iter().cycle().take(100) {
                    test.look(look, Duration::MAX);
                    for alpha in [0.01, 0.0, 1.0, f64::NAN, f64::MIN_POSITIVE] {
                        let finding = test.finding(alpha);
                        assert!(
                            e_value(&finding).is_finite() && finding.value.is_finite() && finding.bound.is_finite()
                        );
                        let _ = finding.outlook.to_string();
                    }
                }
            }
        }
        // A trillion healthy events in every look are no proof of anything, whatever is lost in the last digits.
        let huge = users((100_000_000_000, 1_000_000_000), (900_000_000_000, 9_000_000_000));
        assert!(e_value(&repeated(CountTest::worse(0.0), &huge, 1_000).finding(0.01)) < 0.0);
    }

    #[test]
    fn nothing_is_lost_over_a_million_looks() {
        let many = repeated(CountTest::worse(0.2), &users((60, 1), (540, 4)), 1_000_000);
        let one = repeated(CountTest::worse(0.2), &users((60_000_000, 1_000_000), (540_000_000, 4_000_000)), 1);
        for (many, one) in many.evidence.logs.iter().zip(one.evidence.logs) {
            assert!((many - one).abs() < 1e-6 * one.abs(), "{many} {one}");
        }
        assert_eq!((many.candidate, many.control), (one.candidate, one.control));
    }

    #[test]
    fn shares_of_traffic_may_change_between_looks() {
        // Equal rates while the candidate goes from 1 % to 99 %: totals alone would show a regression.
        let mut test = CountTest::worse(0.0);
        for share in 1..=99_u64 {
            let rate = share;
            test.look(&users((share * 1_000, share * rate), ((100 - share) * 1_000, (100 - share) * rate)), MINUTE);
        }
        assert!(test.candidate.rate() > 1.5 * test.control.rate());
        assert!(e_value(&test.finding(0.01)) < 0.0);
    }

    #[test]
    fn an_alpha_that_is_no_probability_proves_nothing() {
        let test = repeated(CountTest::worse(0.0), &users((100, 90), (900, 1)), 10);
        assert!(test.finding(0.01).proved);
        for alpha in [0.0, -1.0, 1.0, 2.0, f64::NAN] {
            assert!(!test.finding(alpha).proved, "{alpha}");
        }
    }
}
