//! Reading again only what changed in a large file of flags.
//!
//! Two texts that begin and end alike differ in between. Where both ends of that lie between flags of one
//! mapping, whatever stands outside is read as it was: a reader comes to the difference in the same state and
//! leaves it in the same state. So only the flags in between are checked, built and lowered.

use super::catalog::{File, Flag, entry_over};
use super::document::{FLAG_FIELDS, FlagEntry, Ground, Place, set};
use super::set::Set;
use crate::source::{Problems, Span, Text, Unread};
use crate::units::FlagKey;
use std::sync::Arc;

/// Up to so many flags are put in their places one by one.
const FEW: usize = 32;

/// Takes the new content, if it is of this kind and without a fault; whether it was.
pub(super) fn amend(file: &mut File, content: &str, now: u64) -> bool {
    let Some(ground) = file.ground.clone().filter(|_| file.problems.is_empty()) else { return false };
    let Some(change) = Change::between(file, &ground, content) else { return false };
    let text = Text::new(file.text.name(), content);
    let Some(read) = read(&text, &ground, &change, file) else { return false };
    change.apply(file, text, ground, read, now);
    true
}

/// What differs between a file's text and the new one, widened to whole flags.
struct Change {
    /// The same in both: the byte after the flag before the change, or after the opening brace.
    start: usize,
    /// No flag stands before the change.
    is_first: bool,
    /// In the old text: the key of the flag after the change, or the closing brace.
    old_end: usize,
    /// The same in the new text.
    new_end: usize,
    /// How many lines end in the change, before and now.
    lines: (usize, usize),
    /// A place before the change and its line, from which others are counted.
    counted: (usize, usize),
}

impl Change {
    fn between(file: &File, ground: &Ground, new: &str) -> Option<Self> {
        let old = file.text.content();
        let from = common_prefix(old.as_bytes(), new.as_bytes());
        let limit = old.len().min(new.len()).saturating_sub(from);
        let same_end = common_suffix(old.as_bytes(), new.as_bytes(), limit);
        let upto = old.len().saturating_sub(same_end);
        let brace = ground.flags.end.saturating_sub(1);
        if from <= ground.flags.start || upto > brace {
            return None;
        }
        let (mut start, mut old_end, mut counted) = (ground.flags.start.saturating_add(1), brace, (0, 1));
        let is_before = |text: Span| text.end <= from;
        let is_behind = |key: Span| key.start >= upto;
        for flag in &file.flags {
            // A flag about which there was something to tell would have to be told about again.
            let text = flag.place.text?;
            match (is_before(text), is_behind(flag.place.key)) {
                (true, _) if text.end > start => {
                    start = text.end;
                    counted = (flag.place.key.start, flag.place.line);
                }
                (true, _) => {}
                (false, true) => old_end = old_end.min(flag.place.key.start),
                (false, false) => {}
            }
        }
        let is_first = start == ground.flags.start.saturating_add(1);
        let new_end = new.len().checked_sub(old.len().saturating_sub(old_end))?;
        let breaks = |text: &str, end| Some(memchr::memchr_iter(b'\n', text.as_bytes().get(start..end)?).count());
        let lines = (breaks(old, old_end)?, breaks(new, new_end)?);
        Some(Self { start, is_first, old_end, new_end, lines, counted })
    }

    fn is_touched(&self, place: &Place) -> bool {
        place.key.start >= self.start && place.key.start < self.old_end
    }

    /// Where something behind the change is now.
    fn moved(&self, span: Span) -> Span {
        let by = |offset: usize| offset.saturating_add(self.new_end).saturating_sub(self.old_end);
        Span { start: by(span.start), end: by(span.end) }
    }

    fn apply(&self, file: &mut File, text: Text, ground: Ground, read: Vec<FlagEntry>, now: u64) {
        let mut replaced = Vec::new();
        file.flags.retain_mut(|flag| {
            if self.is_touched(&flag.place) {
                replaced.push(flag.clone());
                return false;
            }
            if flag.place.key.start >= self.old_end {
                self.move_flag(flag);
            }
            true
        });
        let few = read.len() <= FEW;
        for new in read {
            let before = replaced.binary_search_by(|old| old.key.cmp(&new.key)).ok().and_then(|at| replaced.get(at));
            let since = before.map_or(now, |old| old.since);
            let entry = entry_over(before.map(|old| old.entry.clone()), new.outcome, new.place.line);
            let at = if few { file.flags.partition_point(|flag| flag.key < new.key) } else { file.flags.len() };
            file.flags.insert(at, Flag { key: new.key, place: new.place, since, entry });
        }
        if !few {
            file.flags.sort_by(|a, b| a.key.cmp(&b.key));
        }
        let flags = Span { start: ground.flags.start, end: self.moved(ground.flags).end };
        file.ground = Some(Ground { flags, ..ground });
        file.text = text;
    }

    fn move_flag(&self, flag: &mut Flag) {
        flag.place.key = self.moved(flag.place.key);
        flag.place.text = flag.place.text.map(|text| self.moved(text));
        if self.lines.0 != self.lines.1 {
            flag.place.line = flag.place.line.saturating_add(self.lines.1).saturating_sub(self.lines.0);
            flag.entry.move_to(flag.place.line);
        }
    }
}

/// Reads the flags between the two ends of the change; `None` when there is any fault, or the text goes on at
/// the end in another way than it did.
fn read(text: &Text, ground: &Ground, change: &Change, file: &File) -> Option<Vec<FlagEntry>> {
    let mut problems = Problems::new(text);
    let mut set = set(&ground.document, true, &mut problems);
    let mut unread = match change.is_first {
        true => Unread::after(text, ground.flags.start),
        false => Unread::after(text, change.start),
    };
    if change.is_first {
        unread.begin_mapping().ok()?;
    }
    let to_brace = change.old_end == ground.flags.end.saturating_sub(1);
    let (mut read, mut counted) = (Vec::new(), change.counted);
    while let Some((key, place)) = unread.next_key().ok()? {
        if place.start >= change.new_end {
            let goes_on = !to_brace && place.start == change.new_end;
            return (goes_on && are_distinct(&mut read)).then_some(read);
        }
        let line = counted.1.saturating_add(text.breaks(Span { start: counted.0, end: place.start }));
        counted = (place.start, line);
        let entry = flag(&key, place, line, &mut unread, &mut set, &mut problems)?;
        let known = file.flags.binary_search_by(|known| known.key.cmp(&entry.key));
        if known.is_ok_and(|at| file.flags.get(at).is_some_and(|known| !change.is_touched(&known.place))) {
            return None;
        }
        read.push(entry);
    }
    let goes_on = to_brace && unread.offset() == change.new_end.saturating_add(1);
    (goes_on && are_distinct(&mut read)).then_some(read)
}

fn flag<'t>(
    key: &str,
    place: Span,
    line: usize,
    unread: &mut Unread<'t>,
    set: &mut Set<'_>,
    problems: &mut Problems<'_>,
) -> Option<FlagEntry> {
    let flag = unread.checked_value()?;
    let key = FlagKey::new(key).ok()?;
    let definition = set.definition(key.clone(), line, &flag, &FLAG_FIELDS, problems)?;
    let place = Place { key: place, line, text: Some(flag.span) };
    (problems.count() == 0).then(|| FlagEntry { key, place, outcome: Ok(Arc::new(definition)) })
}

/// Whether no key stands twice among flags, which are sorted for that.
fn are_distinct(flags: &mut [FlagEntry]) -> bool {
    flags.sort_by(|a, b| a.key.cmp(&b.key));
    flags.is_sorted_by(|a, b| a.key < b.key)
}

/// The bytes that are compared at once.
const BLOCK: usize = 4_096;

/// How many bytes two texts begin alike with.
fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    let mut same = 0_usize;
    for (a, b) in one.chunks(BLOCK).zip(other.chunks(BLOCK)) {
        if a != b {
            return same.saturating_add(a.iter().zip(b).take_while(|(a, b)| a == b).count());
        }
        same = same.saturating_add(a.len());
    }
    same
}

/// How many bytes two texts end alike with, at most `limit`.
fn common_suffix(one: &[u8], other: &[u8], limit: usize) -> usize {
    let last = |text: &'_ [u8]| text.len().saturating_sub(limit);
    let (one, other) = (one.get(last(one)..).unwrap_or_default(), other.get(last(other)..).unwrap_or_default());
    let mut same = 0_usize;
    for (a, b) in one.rchunks(BLOCK).zip(other.rchunks(BLOCK)) {
        if a != b {
            return same.saturating_add(a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count());
        }
        same = same.saturating_add(a.len());
    }
    same
}
