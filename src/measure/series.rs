//! One flag's variant over the last three days.

use super::bytes::{Reader, Writer};
use super::exposed::Exposed;
use super::look::Look;
use super::outcome::Noted;
use super::ring::{Part, Ring, Shape};
use super::standing::Standing;
use super::tally::Tally;
use crate::units::{UnixMillis, User};
use std::time::Duration;

/// The rings from fine to wide. Each width is a multiple of the one before, so that wide slots begin where narrow
/// ones do, and each ring but the last knows its users for at least 1.2 widths of the next: looks rely on it.
pub(super) const SHAPES: [Shape; 4] = [
    Shape { width: 1_000, slots: 60, with_users: 30 },
    Shape { width: 10_000, slots: 60, with_users: 30 },
    Shape { width: 60_000, slots: 90, with_users: 90 },
    Shape { width: 4_320_000, slots: 60, with_users: 10 },
];

/// The longest window that can be read: what the widest ring holds.
pub const LONGEST_WINDOW: Duration = Duration::from_hours(72);

/// A clock that is behind the newest outcome by more than this was set back.
pub(super) const SET_BACK: Duration = Duration::from_hours(1);

/// When the clock is behind the end of the last look by no more than this, the next look is for what comes.
const STRAGGLES: Duration = Duration::from_secs(10);

/// Who has not been heard of or asked for in this time may go when there is no room.
const IDLE_AFTER: Duration = Duration::from_hours(1);

/// How many moments are remembered from which on everything is added up: the wave's beginning, and the one before.
const MOST_STANDING: usize = 2;

/// A flag's variant: rings from fine to wide. A window is read from the finest ring that spans it, so
/// it is longer than asked for by at most a second up to a minute, ten seconds up to ten minutes, a
/// minute up to 90 minutes and 72 minutes up to three days, and never shorter.
#[derive(Debug)]
pub(super) struct Series {
    rings: [Ring; SHAPES.len()],
    recorded: Option<UnixMillis>,
    read: Option<UnixMillis>,
    /// Up to where a look has counted: nothing is added before it any more.
    counted: Option<UnixMillis>,
    /// The last one asked for comes first.
    standing: Vec<Standing>,
    /// Who was served it, where that is counted.
    exposed: Option<Exposed>,
    /// Whether anything has changed since it was last written down.
    changed: bool,
}

/// What is to be written down of a series.
#[derive(Debug)]
pub(super) struct ChangedSeries {
    pub(super) head: Vec<u8>,
    /// By ring and number.
    pub(super) slots: Vec<(u8, i64, Vec<u8>)>,
    /// The numbers of the oldest and the newest slot of each ring: there are no others.
    pub(super) ends: [Option<(i64, i64)>; SHAPES.len()],
}

impl ChangedSeries {
    /// How many bytes it holds.
    pub(super) fn bytes(&self) -> usize {
        self.slots.iter().fold(self.head.len(), |bytes, (_, _, data)| bytes.saturating_add(data.len()))
    }
}

/// What a look finds.
pub(super) struct Looked<'s> {
    /// What came in it.
    pub(super) parts: Vec<&'s Part>,
    /// What came in the wave before it, by the beginnings of the slots.
    pub(super) earlier: Vec<(UnixMillis, &'s Part)>,
    /// What is added up since the wave began.
    pub(super) standing: Option<&'s Standing>,
}

impl Series {
    pub(super) fn new() -> Self {
        Self {
            rings: SHAPES.map(Ring::new),
            recorded: None,
            read: None,
            counted: None,
            standing: Vec::new(),
            exposed: None,
            changed: true,
        }
    }

    /// Counts an outcome that happened `at` some time up to `now`. Windows have it at its own time, as far back as
    /// each reaches. So do looks; but when a look has counted that time already, the next one has it, so that it is
    /// in one look and no other. What happened before the wave is in none of the wave's figures.
    ///
    /// Of what was counted over some time, from `began` up to `at`, windows have it when it was over, so that it is
    /// news however long that took; and looks when it began, so that a wave has nothing of the time before it.
    pub(super) fn add(&mut self, noted: &Noted, began: UnixMillis, at: UnixMillis, now: UnixMillis) {
        self.start_afresh_if_set_back(now);
        self.recorded = self.recorded.max(Some(now));
        self.changed = true;
        // A clock that is behind by more than a moment was set back a little: looks wait until it is where it was.
        let over = |counted: &UnixMillis| *counted > began && (*counted <= now || counted.since(now) <= STRAGGLES);
        let over = self.counted.filter(over);
        // A wave that begins in the future began before the clock was set back.
        let is_in = |standing: &Standing| began >= standing.since() || standing.since() > now;
        let in_the_wave = self.standing.first().is_none_or(is_in);
        for standing in self.standing.iter_mut().filter(|standing| is_in(standing)) {
            standing.add(noted, over.unwrap_or(began));
        }
        match over {
            None if began == at => self.rings.iter_mut().for_each(|ring| ring.add(noted, at)),
            None => self.rings.iter_mut().for_each(|ring| ring.add_apart(noted, at, Some(began))),
            Some(looked) => {
                let looked = in_the_wave.then_some(looked);
                self.rings.iter_mut().for_each(|ring| ring.add_apart(noted, at, looked));
            }
        }
    }

    /// When the clock is far behind what was recorded, then it was set back: what was recorded before belongs to no
    /// time any more and is forgotten, or nothing could be recorded until the clock is where it once was, and then
    /// would be mixed with it.
    fn start_afresh_if_set_back(&mut self, now: UnixMillis) {
        let behind = |moment: UnixMillis| moment.since(now) > SET_BACK;
        if self.recorded.is_some_and(behind) || self.counted.is_some_and(behind) {
            self.rings.iter_mut().for_each(Ring::clear);
            self.standing.iter_mut().for_each(Standing::forget_failures);
            self.recorded = None;
            self.counted = None;
        }
    }

    /// The window that ends at `now`; `None` when it is longer than [`LONGEST_WINDOW`].
    pub(super) fn total(&mut self, window: Duration, now: UnixMillis) -> Option<Tally<u64>> {
        self.read = Some(now);
        self.rings.iter().find(|ring| window <= ring.span()).map(|ring| ring.total(window, now))
    }

    /// What came in a look of a wave, and what is known of the time before it. From now on nothing is added before its
    /// end, so that a look that begins there misses nothing.
    pub(super) fn look(&mut self, look: Look, entered: UnixMillis, now: UnixMillis) -> Looked<'_> {
        self.read = Some(now);
        self.start_afresh_if_set_back(now);
        self.counted = self.counted.max(Some(look.until));
        self.changed = true;
        self.stand(entered, look.from, now);
        let before = Look { from: entered.min(look.from), until: look.from };
        let parts = self.parts_of(look, now).map(|(_, part)| part).collect();
        Looked { parts, earlier: self.parts_of(before, now).collect(), standing: self.standing.first() }
    }

    /// All that was recorded since then, as far as it is known. Remembered from the first time it is asked for, so
    /// that nothing is lost as slots grow old.
    pub(super) fn since(&mut self, since: UnixMillis, now: UnixMillis) -> Option<&Standing> {
        self.read = Some(now);
        self.stand(since, since, now);
        self.standing.first()
    }

    /// What all that was recorded since then adds up to, also where its users are forgotten.
    pub(super) fn all_since(&mut self, since: UnixMillis, now: UnixMillis) -> Tally<u64> {
        let mut all = Tally::new();
        if let Some(standing) = self.since(since, now) {
            all.merge(standing.tally());
            all.merge(standing.earlier());
        }
        all
    }

    /// Puts what is added up since a moment first. When it begins only now, the slots tell what came before: who failed
    /// before `looked` and who after it by slots of their own, for none that reaches over it can tell.
    fn stand(&mut self, since: UnixMillis, looked: UnixMillis, now: UnixMillis) {
        let standing = match self.standing.iter().position(|standing| standing.since() == since) {
            Some(position) => self.standing.remove(position),
            None => {
                let mut standing = Standing::new(since);
                let all = Look::all_since(since, now);
                let [.., widest] = &self.rings;
                standing.take_earlier(widest.without_users(since, now));
                self.parts_of(all, now).for_each(|(_, part)| standing.take(part));
                let looked = looked.max(since);
                for part in [Look { until: looked, ..all }, Look { from: looked, ..all }] {
                    self.parts_of(part, now).for_each(|(begins, part)| standing.take_failures(part, begins));
                }
                self.standing.truncate(MOST_STANDING.saturating_sub(1));
                // To be written down also when nothing is recorded yet: slots would remember fewer of its users.
                self.changed = true;
                standing
            }
        };
        self.standing.insert(0, standing);
    }

    /// What looks count in a stretch of time, each part with the beginning of its slot.
    fn parts_of(&self, look: Look, now: UnixMillis) -> impl Iterator<Item = (UnixMillis, &Part)> {
        let slots = look.slots(now).filter_map(|(ring, begins)| Some((begins, self.rings.get(ring)?.at(begins)?)));
        slots.flat_map(|(begins, slot)| slot.looked_at().map(move |part| (begins, part)))
    }

    /// Notes who was served it in a stage that began then. What comes of a stage before it is too late.
    pub(super) fn expose(&mut self, stage: u64, since: UnixMillis, users: impl Iterator<Item = User>, now: UnixMillis) {
        if self.exposed.as_ref().is_some_and(|exposed| !exposed.is_of(stage) && exposed.since() > since) {
            return;
        }
        self.read = Some(now);
        self.changed = true;
        let known = self.exposed.take().filter(|exposed| exposed.is_of(stage));
        let exposed = self.exposed.insert(known.unwrap_or_else(|| Exposed::new(stage, since)));
        users.for_each(|user| exposed.add(user));
    }

    /// Who was served it in the stage that was entered then; `None` when that is not counted.
    pub(super) fn exposed(&mut self, entered: UnixMillis, now: UnixMillis) -> Option<&Exposed> {
        self.read = Some(now);
        self.exposed.as_ref().filter(|exposed| exposed.since() >= entered)
    }

    /// What has changed since this was last called, written down: the head, and slots by ring and number. `None` when
    /// nothing did.
    pub(super) fn take_changed(&mut self) -> Option<ChangedSeries> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        let rings = (0..).zip(self.rings.iter_mut());
        let slots = rings
            .flat_map(|(ring, slots)| slots.take_changed().into_iter().map(move |(slot, data)| (ring, slot, data)));
        Some(ChangedSeries { slots: slots.collect(), head: self.head(), ends: self.rings.each_ref().map(Ring::ends) })
    }

    /// Everything is to be written down once more.
    pub(super) fn all_changed(&mut self) {
        self.changed = true;
        self.rings.iter_mut().for_each(Ring::all_changed);
    }

    /// The head is to be written down once more, and these slots, by ring and number.
    pub(super) fn changed_still(&mut self, slots: impl Iterator<Item = (u8, i64)>) {
        self.changed = true;
        for (ring, slot) in slots {
            if let Some(ring) = self.rings.get_mut(usize::from(ring)) {
                ring.changed_still(slot);
            }
        }
    }

    /// Whether anything has changed since it was last written down.
    pub(super) const fn is_changed(&self) -> bool {
        self.changed
    }

    fn head(&self) -> Vec<u8> {
        let mut out = Writer::new();
        for moment in [self.recorded, self.read, self.counted] {
            out.maybe(moment, |out, moment| out.signed(moment.get()));
        }
        out.length(self.standing.len());
        self.standing.iter().for_each(|standing| standing.keep(&mut out));
        out.maybe(self.exposed.as_ref(), |out, exposed| exposed.keep(out));
        out.sealed()
    }

    /// What was written down, slots in the order of ring and time; `None` when something of it is damaged.
    pub(super) fn restored<'b>(head: &[u8], slots: impl Iterator<Item = (usize, i64, &'b [u8])>) -> Option<Self> {
        let mut from = Reader::open(head)?;
        let mut moment = || from.maybe(|from| from.signed().map(UnixMillis::new));
        let (recorded, read, counted) = (moment()?, moment()?, moment()?);
        let length = from.length(MOST_STANDING)?;
        let standing = std::iter::repeat_with(|| Standing::kept(&mut from)).take(length).collect::<Option<Vec<_>>>()?;
        let exposed = from.maybe(Exposed::kept)?;
        if !from.is_done() {
            return None;
        }
        let mut rings = SHAPES.map(Ring::new);
        for (ring, slot, data) in slots {
            rings.get_mut(ring)?.restore(slot, data)?;
        }
        Some(Self { rings, recorded, read, counted, standing, exposed, changed: false })
    }

    /// Whether it was read lately: a rollout is looking at it.
    pub(super) fn is_watched(&self, now: UnixMillis) -> bool {
        self.read.is_some_and(|read| now.since(read) <= IDLE_AFTER)
    }

    /// Whether nobody has posted or read for a while.
    pub(super) fn is_idle(&self, now: UnixMillis) -> bool {
        let silent = self.recorded.is_none_or(|recorded| now.since(recorded) > IDLE_AFTER);
        silent && !self.is_watched(now)
    }

    /// When it was last heard of or asked for.
    pub(super) fn used(&self) -> Option<UnixMillis> {
        self.recorded.max(self.read)
    }

    /// The newest outcome's time.
    pub(super) const fn recorded(&self) -> Option<UnixMillis> {
        self.recorded
    }

    #[cfg(test)]
    pub(super) fn slots(&self) -> usize {
        self.rings.iter().map(Ring::slots).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{NoData, Reading};
    use crate::rollout::Measure;

    fn outcome() -> Noted {
        Noted { user: None, ok: true, latency: None, value: None, times: 1 }
    }

    fn add(series: &mut Series, now: i64) {
        let now = UnixMillis::new(now);
        series.add(&outcome(), now, now, now);
    }

    fn count(series: &mut Series, window: Duration, now: i64) -> u64 {
        let now = UnixMillis::new(now);
        match series.total(window, now).unwrap().read(Measure::Count, 0, now) {
            Reading::Value { samples, .. } => samples.unwrap(),
            Reading::NoData(NoData::Empty) => 0,
            Reading::NoData(other) => panic!("{other}"),
        }
    }

    #[test]
    fn every_window_from_ten_seconds_to_hours_is_close_to_what_was_asked() {
        let mut series = Series::new();
        for second in 0..18_000 {
            add(&mut series, second * 1_000);
        }
        for (seconds, error) in
            [(10, 1), (30, 1), (60, 1), (61, 10), (300, 10), (600, 10), (601, 60), (5_400, 60), (5_401, 4_320)]
        {
            let counted = count(&mut series, Duration::from_secs(seconds), 17_999_400);
            assert!((seconds..=seconds + error).contains(&counted), "{seconds}s: {counted}");
        }
        assert!(series.total(LONGEST_WINDOW + Duration::from_millis(1), UnixMillis::new(0)).is_none());
        assert!(series.slots() <= 61 + 61 + 91 + 61, "{}", series.slots());
    }

    /// A wave that begins at noon has nothing of what came before noon, however wide the slots are by then.
    #[test]
    fn what_came_before_a_moment_is_never_counted_from_it_on() {
        let minute = 60_000;
        let mut series = Series::new();
        // One outcome a minute: a hundred of the wave before, and then those of the wave.
        let at = |number: i64| UnixMillis::new(7 * 4_320_000 + number * minute + 500);
        (0..100).for_each(|number| add(&mut series, at(number).get()));
        let entered = UnixMillis::new(7 * 4_320_000 + 100 * minute);
        let counted =
            |now: UnixMillis, series: &mut Series| match series.all_since(entered, now).read(Measure::Count, 0, now) {
                Reading::Value { samples, .. } => samples.unwrap(),
                Reading::NoData(_) => 0,
            };
        assert_eq!(counted(entered, &mut series), 0);
        for number in 100..10_000 {
            add(&mut series, at(number).get());
            if number % 97 == 0 {
                assert_eq!(
                    counted(at(number), &mut series),
                    u64::try_from(number - 99).unwrap(),
                    "none is lost either"
                );
            }
        }
        // Asked for only after two days, by when only wide slots without users are left of it.
        let (mut series, now) = (Series::new(), at(100 + 2_880));
        (0..=100 + 2_880).for_each(|number| add(&mut series, at(number).get()));
        let late = counted(now, &mut series);
        assert!((2_881 - 72..=2_881).contains(&late), "{late}");
    }

    #[test]
    fn a_clock_that_is_a_little_behind_loses_nothing_and_one_far_behind_starts_afresh() {
        let hour = 3_600_000;
        let mut series = Series::new();
        [10 * hour, 10 * hour - 5_000, 10 * hour - 120_000].into_iter().for_each(|now| add(&mut series, now));
        assert_eq!(count(&mut series, LONGEST_WINDOW, 10 * hour), 3, "late for the finest ring, not for the hour");

        add(&mut series, 8 * hour);
        assert_eq!(count(&mut series, Duration::from_secs(10), 8 * hour), 1, "the clock was set back two hours");
        assert_eq!(count(&mut series, LONGEST_WINDOW, 10 * hour), 1, "what was before it is forgotten");
    }
}
