//! Positions by key. The keys themselves stay with the flags.

use xxhash_rust::xxh3::xxh3_64;

/// Open addressing, with as much of the hash beside each position as tells nearly all keys apart: the way
/// from a key to its flag is a good part of what an evaluation takes, and each step of it waits for the one
/// before. The keys are the operators', so nobody else can make them collide.
#[derive(Debug)]
pub(super) struct Positions {
    /// A power of two of them, at most three in four taken.
    places: Box<[Place]>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    /// The upper half of the hash.
    tag: u32,
    position: u32,
}

const FREE: Place = Place { tag: 0, position: u32::MAX };

impl Positions {
    /// Of keys that differ, each at the position at which it comes.
    pub(super) fn of<'k>(keys: impl ExactSizeIterator<Item = &'k str>) -> Self {
        let places = keys.len().saturating_add(keys.len() / 3).saturating_add(1).next_power_of_two();
        let mut positions = Self { places: vec![FREE; places].into() };
        for (position, key) in (0..FREE.position).zip(keys) {
            let hash = hash(key);
            let mut at = positions.first(hash);
            while positions.places.get(at).is_some_and(|place| place.position != FREE.position) {
                at = positions.next(at);
            }
            if let Some(place) = positions.places.get_mut(at) {
                *place = Place { tag: tag(hash), position };
            }
        }
        positions
    }

    /// The position of a key; `is_it` tells whether the one at a position is it.
    #[inline]
    pub(super) fn find<T>(&self, key: &str, is_it: impl Fn(usize) -> Option<T>) -> Option<T> {
        let hash = hash(key);
        let mut at = self.first(hash);
        loop {
            let place = self.places.get(at)?;
            if place.tag == tag(hash)
                && let Some(found) = usize::try_from(place.position).ok().and_then(&is_it)
            {
                return Some(found);
            }
            // At least one is, so that this ends.
            if place.position == FREE.position {
                return None;
            }
            at = self.next(at);
        }
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the lower bits are all that is wanted")]
    const fn first(&self, hash: u64) -> usize {
        hash as usize & self.places.len().wrapping_sub(1)
    }

    #[inline]
    const fn next(&self, at: usize) -> usize {
        at.wrapping_add(1) & self.places.len().wrapping_sub(1)
    }
}

#[inline]
const fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// Of a short key the two halves multiplied, which is half the time of a hash for all lengths.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the halves of a product")]
fn hash(key: &str) -> u64 {
    // Digits of the golden ratio and of the square root of 3: bits without a pattern.
    const MARKS: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xBB67_AE85_84CA_A73B];
    let bytes = key.as_bytes();
    let (first, last) = match (ends::<8>(bytes), ends::<4>(bytes)) {
        _ if bytes.len() > 16 => return xxh3_64(bytes),
        (Some((first, last)), _) => (u64::from_le_bytes(first), u64::from_le_bytes(last)),
        (None, Some((first, last))) => (u32::from_le_bytes(first).into(), u32::from_le_bytes(last).into()),
        (None, None) => (bytes.iter().fold(0, |all, byte| (all << 8) | u64::from(*byte)), 0),
    };
    let [low, high] = MARKS;
    let length = u64::try_from(bytes.len()).unwrap_or(0);
    let product = u128::from(first ^ low ^ length).wrapping_mul(u128::from(last ^ high));
    product as u64 ^ (product >> 64) as u64
}

/// The first and the last N bytes.
#[inline]
fn ends<const N: usize>(bytes: &[u8]) -> Option<([u8; N], [u8; N])> {
    Some((*bytes.first_chunk()?, *bytes.last_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_where_it_is_and_no_other() {
        for count in [0, 1, 2, 3, 48, 1_000, 20_000] {
            let keys: Vec<String> = (0..count).map(|number| format!("{}-{number}", "k".repeat(number % 20))).collect();
            let positions = Positions::of(keys.iter().map(String::as_str));
            let find = |key: &str| positions.find(key, |at| (keys[at] == key).then_some(at));
            assert!(keys.iter().enumerate().all(|(at, key)| find(key) == Some(at)), "{count}");
            assert!(
                ["", "k", "k-", "another", "a key longer than sixteen bytes"].map(find).iter().all(Option::is_none)
            );
        }
    }

    #[test]
    fn the_way_to_a_key_is_short_also_where_keys_resemble_each_other() {
        let forms: [fn(u32) -> String; 3] =
            [|n| format!("{n}"), |n| format!("flag-{n:06}"), |n| format!("shop/checkout/step-{n}")];
        for form in forms {
            let keys: Vec<String> = (0..10_000).map(form).collect();
            let positions = Positions::of(keys.iter().map(String::as_str));
            let way = |(at, place): (usize, &Place)| {
                let first = positions.first(hash(&keys[place.position as usize]));
                at.wrapping_sub(first) & (positions.places.len() - 1)
            };
            let taken = positions.places.iter().enumerate().filter(|(_, place)| place.position != FREE.position);
            let all: usize = taken.map(way).sum();
            assert!(all < 30_000, "{} places are passed for {} keys", all, keys.len());
        }
    }

    #[test]
    fn two_keys_seldom_look_like_one() {
        let keys: Vec<String> = (0..10_000).map(|number| format!("flag-{number:06}")).collect();
        let positions = Positions::of(keys.iter().map(String::as_str));
        let asked = std::cell::Cell::new(0);
        for key in &keys {
            positions.find(key, |at| {
                asked.set(asked.get() + 1);
                (keys[at] == *key).then_some(())
            });
        }
        assert!(asked.get() < 10_010, "{} keys looked like another's", asked.get() - 10_000);
    }
}
