//! Candidate and control side by side, from what applications posted.

use super::band::band;
use super::latencies::Bin;
use super::look::Look;
use super::outcomes::{Claim, Outcomes, locked, no_room};
use super::ring::Slot;
use super::series::Series;
use super::tally::{nearly_all, under};
use super::users::{Sample, Users};
use crate::analysis::{Compared, Counted, Counts, Group, NoData};
use crate::rollout::{Measure, Plan, Split, Versus};
use crate::units::UnixMillis;

/// Which outcomes count against a variant.
#[derive(Debug, Clone, Copy)]
enum Bad {
    Failed,
    /// Slower than this.
    Slower(Bin),
}

/// One variant's part in a look.
struct Part {
    events: Group,
    /// `None` when too many outcomes came without a user.
    users: Option<Sample>,
}

impl Outcomes {
    /// Both variants of a plan in one of their figures: counts since the last look, and bands and sums since the wave
    /// began. Latencies are in milliseconds, values as they were posted.
    ///
    /// Counts are of whole slots that are over, and say up to when. The next look begins there: then every outcome is
    /// in one look and no other, as long as looks come no rarer than each 10 hours, and it does not matter how late
    /// they come as long as that is less than a fifth of the time between them or at most a minute. Of what is older
    /// only wide slots are left, and counting begins with the first whole one of them. What is posted while a look
    /// closes its slot is in the next one.
    ///
    /// Counts are of distinct users where, in this look and for each of both variants, at least 99 % of the outcomes
    /// came with a targeting key; otherwise of outcomes. Up to 1,024 users of a variant in a slot they are exact.
    /// Beyond, they are exact counts within one part of all users, chosen by hash and the same for both variants: what
    /// would be seen if there were fewer users. Whoever had a bad outcome in several looks is in each of them.
    ///
    /// # Errors
    /// When nothing was posted that a comparison could rest on, or the figure cannot be compared.
    pub fn compare(&self, plan: &Plan, measure: Measure, versus: &Versus, now: UnixMillis) -> Result<Compared, NoData> {
        match measure {
            Measure::ErrorRatio | Measure::SuccessRatio | Measure::Errors => {
                self.counts(plan, Bad::Failed, versus.looked, now)
            }
            Measure::SlowRatio(bound) => self.counts(plan, Bad::Slower(under(bound)), versus.looked, now),
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
    /// same for both: all of them up to 8,192 for each variant. Who is given one variant first and another later is
    /// counted for both.
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
        let (candidate, control) = Sample::in_common(candidate, control);
        Ok(Split { candidate: candidate.count(), control: control.count() })
    }

    fn counts(&self, plan: &Plan, bad: Bad, looked: UnixMillis, now: UnixMillis) -> Result<Compared, NoData> {
        let look = Look::following(looked, now);
        let (candidate, control) = self.both(plan, now, |series| {
            let slots: Vec<&Slot> = series.look(look, now).collect();
            Part::of(&slots, bad)
        })?;
        Ok(Compared::Counts(match candidate.users.zip(control.users) {
            Some((candidate, control)) => {
                let (candidate, control) = Sample::in_common(candidate, control);
                let group = |users: &Sample| Group { exposed: users.count(), bad: bad.users(users) };
                let (candidate, control) = (group(&candidate), group(&control));
                Counts { candidate, control, of: Counted::Users, until: look.until }
            }
            None => {
                let (candidate, control) = (candidate.events, control.events);
                Counts { candidate, control, of: Counted::Events, until: look.until }
            }
        }))
    }

    fn bands(&self, plan: &Plan, quantile: f64, versus: &Versus, now: UnixMillis) -> Result<Compared, NoData> {
        let (candidate, control) = self.both(plan, now, |series| {
            band(series.since(versus.entered, now)?.tally().latencies()?, quantile, versus.alpha)
        })?;
        let (candidate, control) = candidate.zip(control).ok_or(NoData::Empty)?;
        Ok(Compared::Bands { candidate, control })
    }

    fn sums(&self, plan: &Plan, entered: UnixMillis, now: UnixMillis) -> Result<Compared, NoData> {
        let (candidate, control) = self.both(plan, now, |series| {
            series.since(entered, now).map_or(Err(NoData::Empty), |standing| standing.tally().sums())
        })?;
        Ok(Compared::Sums { candidate: candidate?, control: control? })
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

impl Part {
    fn of(slots: &[&Slot], bad: Bad) -> Self {
        let mut events = Group::default();
        for slot in slots {
            let (exposed, bad) = bad.events(slot);
            events.exposed = events.exposed.saturating_add(exposed);
            events.bad = events.bad.saturating_add(bad);
        }
        let (mut keyed, mut count) = (0_u64, 0_u64);
        for slot in slots {
            keyed = keyed.saturating_add(slot.tally.keyed());
            count = count.saturating_add(slot.tally.count());
        }
        let users = slots.iter().map(|slot| slot.users.as_ref()).collect::<Option<Vec<_>>>();
        let users = users.filter(|_| nearly_all(keyed, count)).map(|users| Users::all(users.into_iter()));
        Self { events, users }
    }
}

impl Bad {
    /// All outcomes of a slot that could be bad, and those that are.
    fn events(self, slot: &Slot) -> (u64, u64) {
        match self {
            Self::Failed => (slot.tally.count(), slot.tally.errors()),
            Self::Slower(than) => (slot.tally.timed(), slot.tally.slow(than)),
        }
    }

    fn users(self, of: &Sample) -> u64 {
        match self {
            Self::Failed => of.failed(),
            Self::Slower(than) => of.slower_than(than),
        }
    }
}
