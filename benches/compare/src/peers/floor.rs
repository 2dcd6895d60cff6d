//! What one would write by hand for exactly these two shapes, and nothing else: the floor.
//!
//! A single answer is one look-up in a hash map of the standard library, at most three comparisons and one
//! MurmurHash3 over the user's key. All answers for one person are a loop that the compiler makes
//! vectors of; it only counts who gets the feature, and so stores no answers.

use crate::Peer;
use std::collections::HashMap;
use std::hint::black_box;
use tidegate_cases::flags::{COUNTRIES, SUFFIX, Shape, joined};
use tidegate_cases::people::Person;

/// With a look-up of the flag by its key.
#[derive(Debug)]
pub struct Floor<'p> {
    flags: HashMap<Box<str>, Flag>,
    /// The seeds of shape A and of shape B, for all answers at once.
    seeds: [Vec<u32>; 2],
    people: &'p [Person],
}

/// Without: whoever asks has the flag in hand.
#[derive(Debug)]
pub struct Direct<'p>(Floor<'p>);

#[derive(Debug)]
struct Flag {
    seed: u32,
    share: u32,
    rule: Option<Box<Rule>>,
}

#[derive(Debug)]
struct Rule {
    suffix: Box<str>,
    countries: Box<[Box<str>]>,
    version: [u32; 3],
}

pub(super) fn document(flags: usize) -> String {
    joined(flags, |key, shape| format!("{key} {shape:?}"))
}

impl Floor<'_> {
    pub(super) fn load(document: &str) -> Self {
        let mut flags = HashMap::new();
        let mut seeds = [Vec::new(), Vec::new()];
        for line in document.split(",\n") {
            let (key, shape) = line.split_once(' ').expect("a key and a shape");
            let seed = murmur3(key.as_bytes(), 0);
            let ruled = shape == format!("{:?}", Shape::Ruled);
            seeds[usize::from(ruled)].push(seed);
            let rule = ruled.then(|| {
                Box::new(Rule {
                    suffix: SUFFIX.into(),
                    countries: COUNTRIES.iter().map(|country| (*country).into()).collect(),
                    version: [2, 1, 0],
                })
            });
            flags.insert(key.into(), Flag { seed, share: u32::MAX / 4, rule });
        }
        Self { flags, seeds, people: &[] }
    }
}

impl Direct<'_> {
    pub(super) fn load(document: &str) -> Self {
        Self(Floor::load(document))
    }
}

impl Flag {
    fn is_on(&self, person: &Person) -> bool {
        self.rule.as_ref().is_some_and(|rule| rule.holds(person))
            || murmur3(person.key.as_bytes(), self.seed) < self.share
    }
}

impl Rule {
    fn holds(&self, person: &Person) -> bool {
        person.email.ends_with(&*self.suffix)
            && self.countries.iter().any(|country| **country == *person.country)
            && version(person.version).is_some_and(|version| version >= self.version)
    }
}

fn version(text: &str) -> Option<[u32; 3]> {
    let mut numbers = text.split('.').map(str::parse);
    Some([numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?])
}

fn scrambled(word: u32) -> u32 {
    word.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593)
}

fn mixed(hash: u32, scrambled: u32) -> u32 {
    (hash ^ scrambled).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64)
}

fn finished(mut hash: u32, length: u32) -> u32 {
    hash ^= length;
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

/// MurmurHash3, x86, 32 bits.
fn murmur3(bytes: &[u8], seed: u32) -> u32 {
    let (words, rest) = bytes.as_chunks::<4>();
    let hash = words.iter().fold(seed, |hash, word| mixed(hash, scrambled(u32::from_le_bytes(*word))));
    let tail = rest.iter().rev().fold(0, |tail, byte| (tail << 8) | u32::from(*byte));
    finished(hash ^ scrambled(tail), bytes.len() as u32)
}

/// How many of the seeds put the person into the first quarter.
fn count(seeds: &[u32], key: &str) -> usize {
    let (words, rest) = key.as_bytes().as_chunks::<4>();
    assert!(rest.is_empty(), "a UUID has 36 bytes");
    let words: Vec<_> = words.iter().map(|word| scrambled(u32::from_le_bytes(*word))).collect();
    let first = |hash| finished(hash, key.len() as u32) < u32::MAX / 4;
    let words: [u32; 9] = words.try_into().expect("36 bytes");
    seeds.iter().map(|seed| usize::from(first(words.iter().fold(*seed, |hash, word| mixed(hash, *word))))).sum()
}

impl<'p> Peer<'p> for Floor<'p> {
    fn meet(&mut self, people: &'p [Person]) {
        self.people = people;
    }

    fn ask_each(&mut self, key: &str) {
        for person in self.people {
            black_box(self.flags.get(black_box(key)).map(|flag| flag.is_on(black_box(person))));
        }
    }

    fn ask_all(&mut self, person: usize) {
        let person = black_box(&self.people[person]);
        let any = self.flags.values().find_map(|flag| flag.rule.as_ref());
        let ruled = match any.is_some_and(|rule| rule.holds(person)) {
            true => self.seeds[1].len(),
            false => count(&self.seeds[1], &person.key),
        };
        black_box(count(&self.seeds[0], &person.key) + ruled);
    }

    fn is_on(&mut self, key: &str, person: usize) -> bool {
        self.flags[key].is_on(&self.people[person])
    }
}

impl<'p> Peer<'p> for Direct<'p> {
    fn meet(&mut self, people: &'p [Person]) {
        self.0.meet(people);
    }

    fn ask_each(&mut self, key: &str) {
        let flag = &self.0.flags[key];
        for person in self.0.people {
            black_box(black_box(flag).is_on(black_box(person)));
        }
    }

    fn ask_all(&mut self, person: usize) {
        self.0.ask_all(person);
    }

    fn is_on(&mut self, key: &str, person: usize) -> bool {
        self.0.is_on(key, person)
    }
}
