//! What is given out to be kept, so that it outlives the process, and what is taken up of it again.

use super::batches::{Batches, Counted, REMEMBERED};
use super::outcomes::{LONGEST_WINDOW, Named, Outcomes, Recorded, locked};
use super::series::{ChangedSeries, SHAPES, Series};
use crate::units::{FlagKey, UnixMillis, VariantName};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How many series are kept: those that rollouts look at come first.
const MOST_KEPT: usize = 200;

/// A piece with so many bytes is large enough. One more series may be in it: some megabytes at most.
const ENOUGH: usize = 1 << 20;

/// The ring of a part that is no slot but the head of its series.
const HEAD: u8 = u8::MAX;

/// A part of a series. What it holds is known here only, and checked when it is taken up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPart {
    /// Whose flag.
    pub flag: FlagKey,
    /// Whose variant.
    pub variant: VariantName,
    /// Which list it is in.
    pub ring: u8,
    /// Its number there.
    pub slot: i64,
    /// What it holds.
    pub data: Vec<u8>,
}

/// The slots that a ring of a series has: from one number up to another. What else is kept of it is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRing {
    /// Whose flag.
    pub flag: FlagKey,
    /// Whose variant.
    pub variant: VariantName,
    /// Which ring.
    pub ring: u8,
    /// The oldest slot's number.
    pub oldest: i64,
    /// The newest slot's number; under the oldest when there is none.
    pub newest: i64,
}

/// A batch that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptBatch {
    /// The hash of its name.
    pub id: [u8; 16],
    /// The hash of what it held.
    pub content: [u8; 16],
    /// When it was counted.
    pub at: UnixMillis,
    /// What came of it.
    pub recorded: Recorded,
}

/// What is to be kept from now on.
#[derive(Debug, Default)]
pub struct Kept {
    /// Batches that were counted since the last time. They must be kept before the parts or with them: a batch that is
    /// in the parts and not remembered could be counted once more.
    pub batches: Vec<KeptBatch>,
    /// The same of exports of telemetry.
    pub exports: Vec<KeptBatch>,
    /// Batches and exports from before this moment are forgotten.
    pub batches_from: UnixMillis,
    /// New parts, and those that replace others with the same flag, variant, ring and slot.
    pub parts: Vec<KeptPart>,
    /// Which parts of these rings are left.
    pub left: Vec<KeptRing>,
    /// Of these everything is gone.
    pub gone: Vec<(FlagKey, VariantName)>,
}

impl Kept {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { batches, exports, batches_from: _, parts, left, gone } = self;
        batches.is_empty() && exports.is_empty() && parts.is_empty() && left.is_empty() && gone.is_empty()
    }

    /// How many bytes its parts hold.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.parts.iter().fold(0, |bytes, part| bytes.saturating_add(part.data.len()))
    }
}

/// What was kept before this process began.
#[derive(Debug, Default)]
pub struct KeptBefore {
    /// In the order of their rings and slots.
    pub parts: Vec<KeptPart>,
    /// In the order of time.
    pub batches: Vec<KeptBatch>,
    /// In the order of time.
    pub exports: Vec<KeptBatch>,
}

/// The series of which everything is kept, but for what has changed since.
#[derive(Debug, Default)]
pub struct KeptSeries(BTreeSet<(FlagKey, VariantName)>);

impl KeptSeries {
    /// Those of which these parts were kept.
    #[must_use]
    pub fn of(parts: &[KeptPart]) -> Self {
        Self(parts.iter().map(|part| (part.flag.clone(), part.variant.clone())).collect())
    }

    /// What is kept of it is gone.
    pub fn forget(&mut self, name: &(FlagKey, VariantName)) {
        self.0.remove(name);
    }
}

/// A part of what is to be kept, of one series at least and of few when they are large: however much has changed, it is
/// in memory a second time only piece by piece. Unless it is said to be kept, it is given out once more.
#[derive(Debug)]
pub struct Piece<'o> {
    outcomes: &'o Outcomes,
    kept: Kept,
}

impl Piece<'_> {
    /// What is to be kept.
    #[must_use]
    pub const fn kept(&self) -> &Kept {
        &self.kept
    }

    /// It is kept now.
    pub fn is_kept(mut self, so_far: &mut KeptSeries) {
        let kept = std::mem::take(&mut self.kept);
        so_far.0.extend(kept.parts.into_iter().filter(|part| part.ring == HEAD).map(|part| (part.flag, part.variant)));
        kept.gone.iter().for_each(|name| so_far.forget(name));
    }
}

impl Drop for Piece<'_> {
    fn drop(&mut self) {
        self.outcomes.not_kept(&self.kept);
    }
}

/// All that has changed at one time, piece by piece.
#[derive(Debug)]
pub struct Pieces<'o> {
    outcomes: &'o Outcomes,
    /// Those that are still to come, each with whether all of it is to be written down.
    series: VecDeque<(Named, bool)>,
    gone: Vec<(FlagKey, VariantName)>,
    batches_from: UnixMillis,
    /// The last one was given out.
    done: bool,
}

impl<'o> Iterator for Pieces<'o> {
    type Item = Piece<'o>;

    fn next(&mut self) -> Option<Piece<'o>> {
        if self.done {
            return None;
        }
        let mut kept = Kept { batches_from: self.batches_from, ..Kept::default() };
        let mut bytes = 0_usize;
        while bytes < ENOUGH
            && let Some(((name, series), all)) = self.series.pop_front()
        {
            let changed = {
                let mut series = locked(&series);
                if all {
                    series.all_changed();
                }
                series.take_changed()
            };
            if let Some(changed) = changed {
                bytes = bytes.saturating_add(changed.bytes());
                kept.take(&name, changed);
            }
        }
        self.done = self.series.is_empty();
        if self.done {
            kept.gone = std::mem::take(&mut self.gone);
        }
        // After the series: what they have of a batch is remembered of it.
        kept.batches = fresh(self.outcomes.batches());
        kept.exports = fresh(self.outcomes.exports());
        let piece = Piece { outcomes: self.outcomes, kept };
        if piece.kept.is_empty() { None } else { Some(piece) }
    }
}

/// Those that nobody looks at come last. Each is asked once: a rollout may begin to look while they are ordered, and an
/// order that changes while it is made may break down.
fn watched_first<T>(all: &mut [T], is_watched: impl Fn(&T) -> bool) {
    all.sort_by_cached_key(|one| !is_watched(one));
}

fn fresh(batches: &Batches) -> Vec<KeptBatch> {
    let batch = |(id, counted): (u128, Counted)| {
        let Counted { content, at, recorded } = counted;
        KeptBatch { id: id.to_le_bytes(), content: content.to_le_bytes(), at, recorded }
    };
    batches.take_fresh().into_iter().map(batch).collect()
}

fn remember(batches: &Batches, kept: Vec<KeptBatch>) {
    for KeptBatch { id, content, at, recorded } in kept {
        let counted = Counted { content: u128::from_le_bytes(content), at, recorded };
        batches.restore(u128::from_le_bytes(id), counted);
    }
}

impl Outcomes {
    /// What has changed since it was last kept.
    pub fn changed(&self, so_far: &KeptSeries, now: UnixMillis) -> Pieces<'_> {
        let mut all = self.all_series();
        watched_first(&mut all, |(_, series)| locked(series).is_watched(now));
        all.truncate(MOST_KEPT);
        let there: BTreeSet<_> = all.iter().map(|(name, _)| name).collect();
        let gone = so_far.0.iter().filter(|name| !there.contains(name)).cloned().collect();
        let series = all.into_iter().map(|named| {
            let known = so_far.0.contains(&named.0);
            (named, !known)
        });
        Pieces { outcomes: self, series: series.collect(), gone, batches_from: now.minus(REMEMBERED), done: false }
    }

    /// Of how many flags and variants something has changed that is not kept, or is being kept.
    #[must_use]
    pub fn unkept(&self) -> usize {
        self.all_series().iter().filter(|(_, series)| locked(series).is_changed()).count()
    }

    /// What was given out was not kept: it is given out once more, and nothing else.
    fn not_kept(&self, kept: &Kept) {
        self.batches().put_back(kept.batches.len());
        self.exports().put_back(kept.exports.len());
        if kept.parts.is_empty() {
            return;
        }
        let series: BTreeMap<_, _> = self.all_series().into_iter().collect();
        for parts in kept.parts.chunk_by(|one, next| one.variant == next.variant && one.flag == next.flag) {
            let name = parts.first().map(|part| (part.flag.clone(), part.variant.clone()));
            if let Some(series) = name.and_then(|name| series.get(&name)) {
                locked(series).changed_still(parts.iter().map(|part| (part.ring, part.slot)));
            }
        }
    }

    /// Takes up what was kept before this process began. What is too old is left. Says whose series are damaged: they
    /// begin afresh.
    pub fn restore(&self, before: KeptBefore, now: UnixMillis) -> Vec<(FlagKey, VariantName)> {
        let KeptBefore { parts, batches, exports } = before;
        remember(self.batches(), batches);
        remember(self.exports(), exports);
        let mut by_name: BTreeMap<_, Vec<KeptPart>> = BTreeMap::new();
        for part in parts {
            by_name.entry((part.flag.clone(), part.variant.clone())).or_default().push(part);
        }
        let mut damaged = Vec::new();
        for ((flag, variant), parts) in by_name {
            match restored(&parts) {
                Some(series) => {
                    if series.used().is_some_and(|at| now.since(at) <= LONGEST_WINDOW) {
                        self.put_back(flag, variant, series);
                    }
                }
                None => damaged.push((flag, variant)),
            }
        }
        damaged
    }
}

fn restored(parts: &[KeptPart]) -> Option<Series> {
    let head = parts.iter().find(|part| part.ring == HEAD)?;
    let mut slots: Vec<_> = parts.iter().filter(|part| part.ring != HEAD).collect();
    slots.sort_by_key(|part| (part.ring, part.slot));
    Series::restored(&head.data, slots.into_iter().map(|part| (usize::from(part.ring), part.slot, &*part.data)))
}

impl Kept {
    fn take(&mut self, (flag, variant): &(FlagKey, VariantName), changed: ChangedSeries) {
        let ChangedSeries { head, slots, ends } = changed;
        let part = |ring, slot, data| KeptPart { flag: flag.clone(), variant: variant.clone(), ring, slot, data };
        self.parts.push(part(HEAD, 0, head));
        self.parts.extend(slots.into_iter().map(|(ring, slot, data)| part(ring, slot, data)));
        debug_assert!(SHAPES.len() < usize::from(HEAD), "no ring is the head");
        for (ring, ends) in (0..).zip(ends) {
            // A ring that was cleared, for the clock was set back, has nothing at all.
            let (oldest, newest) = ends.unwrap_or((i64::MAX, i64::MIN));
            self.left.push(KeptRing { flag: flag.clone(), variant: variant.clone(), ring, oldest, newest });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::outcomes::Claim;
    use crate::measure::users::Users;
    use crate::measure::{BatchId, Outcome, User};
    use std::cell::Cell;

    const NOW: UnixMillis = UnixMillis::new(1_795_341_600_000);

    fn outcome(flag: u32, user: u32) -> Outcome {
        Outcome {
            flag: FlagKey::new(&format!("flag-{flag}")).unwrap(),
            variant: VariantName::new("on").unwrap(),
            user: Some(User::of(&user.to_string())),
            at: Some(NOW.minus(std::time::Duration::from_secs(u64::from(user % 600)))),
            ok: user.is_multiple_of(2),
            latency_ms: Some(f64::from(user)),
            value: Some(1.0),
        }
    }

    fn post(outcomes: &Outcomes, flag: u32, users: u32) {
        outcomes.record(&(0..users).map(|user| outcome(flag, user)).collect::<Vec<_>>(), NOW);
    }

    /// While they are put in order rollouts begin to look at them.
    #[test]
    fn a_series_is_asked_once_whether_anybody_looks_at_it() {
        let asked = Cell::new(0_u32);
        let mut all: Vec<u32> = (0..1_000).collect();
        watched_first(&mut all, |one| {
            asked.set(asked.get() + 1);
            // Whoever is asked again may say something else.
            (one ^ asked.get()).is_multiple_of(2)
        });
        assert_eq!(asked.get(), 1_000);
    }

    /// After the store was away for long, all that has changed would take as much memory again as all outcomes do.
    #[test]
    fn however_much_has_changed_it_is_written_down_piece_by_piece() {
        let outcomes = Outcomes::new();
        (0..30).for_each(|flag| post(&outcomes, flag, 6_000));
        let mut so_far = KeptSeries::default();
        let largest = {
            let sizes: BTreeMap<_, usize> = outcomes
                .changed(&so_far, NOW)
                .flat_map(|piece| {
                    piece.kept().parts.iter().map(|part| (part.flag.clone(), part.data.len())).collect::<Vec<_>>()
                })
                .fold(BTreeMap::new(), |mut sizes, (flag, bytes)| {
                    *sizes.entry(flag).or_default() += bytes;
                    sizes
                });
            assert_eq!(sizes.len(), 30, "all of it is given out");
            sizes.into_values().max().unwrap()
        };
        // Nothing of that was kept, and so it is given out again.
        let (mut pieces, mut names) = (0, BTreeSet::new());
        for piece in outcomes.changed(&KeptSeries::default(), NOW) {
            assert!(piece.kept().bytes() <= ENOUGH + largest, "{} bytes", piece.kept().bytes());
            names.extend(piece.kept().parts.iter().map(|part| part.flag.clone()));
            pieces += 1;
            piece.is_kept(&mut so_far);
        }
        assert!(pieces > 3 && names.len() == 30, "{pieces} pieces of {} flags", names.len());
        assert_eq!(outcomes.changed(&so_far, NOW).count(), 0, "all of it is kept now");
    }

    /// Who is asked for since the wave began is remembered since then, also when the process is killed before anybody
    /// came: slots know fewer users.
    #[test]
    fn users_are_counted_from_when_they_were_asked_for_also_over_a_restart() {
        let (outcomes, again) = (Outcomes::new(), Outcomes::new());
        let (flag, variant) = (FlagKey::new("flag-1").unwrap(), VariantName::new("on").unwrap());
        let wave = NOW.minus(std::time::Duration::from_secs(700));
        let users = |outcomes: &Outcomes| {
            let series = outcomes.series(&flag, &variant, Claim::Read, NOW).unwrap();
            let mut series = locked(&series);
            let sample = Users::all([series.since(wave, NOW).unwrap().users()].into_iter()).each_once();
            (sample.count(), sample.part())
        };
        let (mut so_far, mut parts) = (KeptSeries::default(), Vec::new());
        let mut keep = || {
            for piece in outcomes.changed(&so_far, NOW) {
                parts.extend(piece.kept().parts.clone());
                piece.is_kept(&mut so_far);
            }
            std::mem::take(&mut parts)
        };
        drop(outcomes.series(&flag, &variant, Claim::Read, NOW));
        assert_eq!(keep().len(), 1, "it is kept as it was before the wave");
        assert_eq!(users(&outcomes), (0, 1_000_000));
        let parts = keep();
        assert!(again.restore(KeptBefore { parts, ..KeptBefore::default() }, NOW).is_empty());
        let at_once = |user: u32| Outcome { at: Some(NOW), ..outcome(1, user) };
        again.record(&(0..6_000).map(at_once).collect::<Vec<_>>(), NOW);
        assert_eq!(users(&again), (6_000, 1_000_000));
    }

    #[test]
    fn what_was_not_kept_is_given_out_again_and_nothing_else() {
        let outcomes = Outcomes::new();
        let mut so_far = KeptSeries::default();
        post(&outcomes, 1, 6_000);
        outcomes.changed(&so_far, NOW).for_each(|piece| piece.is_kept(&mut so_far));
        post(&outcomes, 1, 1);
        outcomes.exports().once(BatchId::of_content(b"x"), b"x", NOW, Recorded::default);
        let parts = |piece: &Piece<'_>| (piece.kept().parts.clone(), piece.kept().exports.clone());
        let first: Vec<_> = outcomes.changed(&so_far, NOW).map(|piece| parts(&piece)).collect();
        let second: Vec<_> = outcomes.changed(&so_far, NOW).map(|piece| parts(&piece)).collect();
        assert_eq!(first, second);
        assert_eq!(first.iter().map(|(parts, _)| parts.len()).sum::<usize>(), 5, "the head and a slot of each ring");
        assert_eq!(first.iter().map(|(_, exports)| exports.len()).sum::<usize>(), 1);
    }
}
