//! Candidate and control side by side, from what applications posted.

use super::band::band;
use super::exposed::Exposed;
use super::look::Look;
use super::outcomes::{Claim, Outcomes, locked, no_room};
use super::ring::Part;
use super::series::{Looked, Series};
use super::tally::{nearly_all, under};
use super::users::{Bad, Before, Gathered, Sample, Users};
use crate::analysis::{Compared, Counted, Counts, Group, NoData, Sampled};
use crate::rollout::{Measure, Plan, Split, Versus};
use crate::units::UnixMillis;
use std::time::Duration;

/// One variant's part in a look.
struct Side {
    events: Group,
    /// Who was there, and for whom it had gone badly before; `None` when too many outcomes came without a user.
    users: Option<(Gathered, Before)>,
}

impl Outcomes {
    /// Both variants of a plan in one of their figures: counts since the last look, and bands and sums since the wave
    /// began. Latencies are in milliseconds, values as they were posted.
    ///
    /// Counts are of whole slots that are over, and say up to when: a second for looks that are up to 25 s apart, ten
    /// seconds up to 4 min, a minute up to 75 min, 72 minutes up to 10 hours. The next look begins there, and every
    /// outcome is in one look and no other, those too that are posted while a look closes their slot. A look that
    /// takes more than a fifth longer to come than the one before may find that only wider slots are left, and begins
    /// with the first whole one of them. So does the first look of a wave, which begins in the middle of a slot.
    ///
    /// Counts are of distinct users where, in this look and for each of both variants, at least 99 % of the outcomes
    /// came with a targeting key; otherwise of outcomes. Up to 1,024 users of a variant in a slot they are exact.
    /// Beyond, they are exact counts within a part of the variant's users, chosen by hash: what would be seen if there
    /// were fewer of them. The part need not be the same for both variants, for what is compared is the share of bad
    /// ones among the users of each; so a small candidate is counted whole beside a large control group, and how large
    /// the parts are is told.
    ///
    /// Whoever failed is counted as bad only in the look of their first failure in the wave. That is remembered of up to
    /// 32,768 users of a variant who failed in the wave; when there are more, of half of all users, and only that half is
    /// counted from then on. What is slow is not known before somebody asks: who was slow before in the wave is known as
    /// far as the slots of both variants remember their users, twelve hours and of busy slots a part; others are counted as
    /// slow again, of both variants alike.
    ///
    /// # Errors
    /// When nothing was posted that a comparison could rest on, or the figure cannot be compared.
    pub fn compare(&self, plan: &Plan, measure: Measure, versus: &Versus, now: UnixMillis) -> Result<Compared, NoData> {
        match measure {
            Measure::ErrorRatio | Measure::SuccessRatio | Measure::Errors => {
                self.counts(plan, Bad::Failed, versus, now)
            }
            Measure::SlowRatio(bound) => self.counts(plan, Bad::Slower(under(bound)), versus, now),
            Measure::LatencyP50 => self.bands(plan, 0.50, versus, now),
            Measure::LatencyP95 => self.bands(plan, 0.95, versus, now),
            Measure::LatencyP99 => self.bands(plan, 0.99, versus, now),
            Measure::ValueMean => self.sums(plan, versus.entered, now),
            Measure::Count => Err(NoData::Refused(
                "how many outcomes a variant has follows from how many users have it: compare a ratio".to_owned(),
            )),
        }
    }

    /// How many distinct users had outcomes under each variant since a moment, among a part of all users that is the
    /// same for both: all of them up to 8,192 for each variant, or 1,024 for those who came before this was first asked.
    /// Beyond, the part is halved as often as the users double, and the counts fall. Who is given one variant first
    /// and another later is counted for both.
    ///
    /// # Errors
    /// When more than 1 % of the outcomes of a variant came without a targeting key.
    pub fn split(&self, plan: &Plan, since: UnixMillis, now: UnixMillis) -> Result<Split, NoData> {
        let (candidate, control) = self.both(plan, now, |series| {
            let standing = series.since(since, now)?;
            standing.tally().tells_users().then(|| Users::all([standing.users()].into_iter()))
        })?;
        let without_users =
            || NoData::Refused("outcomes come without `targetingKey`: users cannot be counted".to_owned());
        let (candidate, control) = candidate.zip(control).ok_or_else(without_users)?;
        let (candidate, control) = Sample::in_common(candidate.each_once(), control.each_once());
        Ok(Split { candidate: candidate.count(), control: control.count() })
    }

    /// The same by what evaluations gave to whom, where the plan says that they are counted. Who was served nothing is
    /// not there: an exposure is no outcome.
    ///
    /// # Errors
    /// While nobody was served either variant since then.
    pub fn split_of_evaluations(&self, plan: &Plan, since: UnixMillis, now: UnixMillis) -> Result<Split, NoData> {
        let nobody = || Users::all([&Users::new(1)].into_iter());
        let ask = |series: &mut Series| series.exposed(since, now).map(Exposed::users);
        let (candidate, control) = match self.both(plan, now, ask)? {
            (None, None) => return Err(NoData::Empty),
            (candidate, control) => (candidate.unwrap_or_else(nobody), control.unwrap_or_else(nobody)),
        };
        let (candidate, control) = Sample::in_common(candidate.each_once(), control.each_once());
        Ok(Split { candidate: candidate.count(), control: control.count() })
    }

    fn counts(&self, plan: &Plan, bad: Bad, versus: &Versus, now: UnixMillis) -> Result<Compared, NoData> {
        let look = Look::following(versus.looked, now);
        let (candidate, control) =
            self.both(plan, now, |series| Side::of(&series.look(look, versus.entered, now), look.from, bad))?;
        let events = Some((candidate.events, control.events));
        Ok(Compared::Counts(match candidate.users.zip(control.users) {
            Some((mut candidate, mut control)) => {
                Before::alike(&mut candidate.1, &mut control.1);
                let first_time = |(users, before): (Gathered, Before)| users.each_once().first_time(before, bad);
                let ((of_candidate, candidate), (of_control, control)) = (first_time(candidate), first_time(control));
                let sampled = Sampled { candidate: of_candidate.part(), control: of_control.part() };
                Counts {
                    candidate,
                    control,
                    of: Counted::Users,
                    until: look.until,
                    behind: Duration::ZERO,
                    sampled,
                    events,
                }
            }
            None => {
                let (candidate, control) = (candidate.events, control.events);
                let sampled = Sampled::default();
                Counts {
                    candidate,
                    control,
                    of: Counted::Events,
                    until: look.until,
                    behind: Duration::ZERO,
                    sampled,
                    events,
                }
            }
        }))
    }

    fn bands(&self, plan: &Plan, quantile: f64, versus: &Versus, now: UnixMillis) -> Result<Compared, NoData> {
        let (candidate, control) = self.both(plan, now, |series| {
            band(series.since(versus.entered, now)?.tally().latencies()?, quantile, versus.alpha)
        })?;
        let candidate = candidate.ok_or(NoData::Empty)?;
        let control = control.ok_or_else(|| NoData::Empty.in_control())?;
        Ok(Compared::Bands { candidate, control })
    }

    fn sums(&self, plan: &Plan, entered: UnixMillis, now: UnixMillis) -> Result<Compared, NoData> {
        let (candidate, control) = self.both(plan, now, |series| {
            series.since(entered, now).map_or(Err(NoData::Empty), |standing| standing.tally().sums())
        })?;
        Ok(Compared::Sums { candidate: candidate?, control: control.map_err(NoData::in_control)? })
    }

    /// Asks both variants' series, first the candidate's.
    fn both<T>(&self, plan: &Plan, now: UnixMillis, ask: impl Fn(&mut Series) -> T) -> Result<(T, T), NoData> {
        let ask = |variant| {
            let series = self.series(&plan.flag, variant, Claim::Read, now).ok_or_else(no_room)?;
            let answer = ask(&mut locked(&series));
            Ok(answer)
        };
        Ok((ask(&plan.candidate)?, ask(&plan.stable)?))
    }
}

impl Side {
    fn of(looked: &Looked<'_>, from: UnixMillis, bad: Bad) -> Self {
        let parts = &looked.parts;
        let mut events = Group::default();
        for part in parts {
            let (exposed, bad) = bad.events(part);
            events.exposed = events.exposed.saturating_add(exposed);
            events.bad = events.bad.saturating_add(bad);
        }
        let (mut keyed, mut count) = (0_u64, 0_u64);
        for part in parts {
            keyed = keyed.saturating_add(part.tally.keyed());
            count = count.saturating_add(part.tally.count());
        }
        let users = parts.iter().map(|part| part.users.as_ref()).collect::<Option<Vec<_>>>();
        let users = users.filter(|_| nearly_all(keyed, count)).map(|users| Users::all(users.into_iter()));
        let users = users.and_then(|users| {
            let before = looked.before(&users, from, bad)?;
            Some((users, before))
        });
        Self { events, users }
    }
}

impl Looked<'_> {
    /// For whom it had gone badly before the look that begins then.
    fn before(&self, users: &Gathered, from: UnixMillis, bad: Bad) -> Option<Before> {
        match bad {
            Bad::Failed => self.standing.map(|standing| Before::failed(users, standing.firsts(), from)),
            Bad::Slower(under) => {
                let earlier = self.earlier.iter().filter_map(|(begins, part)| Some((*begins, part.users.as_ref()?)));
                Some(Before::slow(users, earlier, under))
            }
        }
    }
}

impl Bad {
    /// All outcomes of a slot that could be bad, and those that are. What took no time is neither slow nor fast.
    fn events(self, part: &Part) -> (u64, u64) {
        match self {
            Self::Failed => (part.tally.count(), part.tally.errors()),
            Self::Slower(than) => (part.tally.timed(), part.tally.slow(than)),
        }
    }
}
