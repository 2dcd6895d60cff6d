//! A mutator that knows JSON: most of what it makes is read to the end, so that the reading is not all
//! that is tried. One mutation in four is libFuzzer's own, on bytes.

use crate::tree::Tree;
use crate::words::{KEYS, LEAVES, OPERATORS};
use fastrand::Rng;
use libfuzzer_sys::fuzzer_mutate;

/// Changes the first `size` bytes in place and says how many they are then.
pub fn json(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut random = Rng::with_seed(seed.into());
    let tree = match random.u8(0..4) {
        0 => None,
        _ => std::str::from_utf8(&data[..size]).ok().and_then(Tree::parse),
    };
    let Some(mut tree) = tree else { return fuzzer_mutate(data, size, max_size) };
    for _ in 0..random.usize(1..4) {
        change(&mut tree, &mut random);
    }
    let text = tree.to_string();
    if text.len() > max_size || text.len() > data.len() {
        return fuzzer_mutate(data, size, max_size);
    }
    data[..text.len()].copy_from_slice(text.as_bytes());
    text.len()
}

fn change(tree: &mut Tree, random: &mut Rng) {
    let size = tree.size();
    let other = tree.at(random.usize(0..size)).map_or_else(|| leaf(random), |other| other.clone());
    let Some(place) = tree.at(random.usize(0..size)) else { return };
    match random.u8(0..10) {
        0 | 1 => *place = leaf(random),
        2 => *place = other,
        3 | 4 => {
            let inner = std::mem::replace(place, Tree::List(Vec::new()));
            *place = operation(inner, other, random);
        }
        5 => unwrap(place, random),
        6 | 7 => add(place, other, random),
        8 => remove(place, random),
        _ => respell(place, random),
    }
}

fn leaf(random: &mut Rng) -> Tree {
    let text = pick(LEAVES, random);
    Tree::parse(text).unwrap_or_else(|| Tree::Leaf(text.to_owned()))
}

/// The value as an operand of something.
fn operation(inner: Tree, other: Tree, random: &mut Rng) -> Tree {
    let operands = match random.u8(0..6) {
        0 => inner,
        1 => Tree::List(vec![inner]),
        2 => Tree::List(vec![leaf(random), inner]),
        3 => Tree::List(vec![inner, leaf(random), other]),
        _ => Tree::List(vec![inner, leaf(random)]),
    };
    match random.u8(0..8) {
        0 => operands,
        _ => Tree::Object(vec![(quoted(pick(OPERATORS, random)), operands)]),
    }
}

fn unwrap(place: &mut Tree, random: &mut Rng) {
    let children = match place {
        Tree::Leaf(_) => return,
        Tree::List(items) => std::mem::take(items),
        Tree::Object(members) => std::mem::take(members).into_iter().map(|(_, value)| value).collect(),
    };
    let count = children.len();
    if let Some(child) = children.into_iter().nth(random.usize(0..count.max(1))) {
        *place = child;
    }
}

fn add(place: &mut Tree, other: Tree, random: &mut Rng) {
    match place {
        Tree::Leaf(_) => *place = Tree::List(vec![place.clone(), other]),
        Tree::List(items) => items.insert(random.usize(0..=items.len()), other),
        Tree::Object(members) => {
            let key = match random.bool() {
                true => pick(KEYS, random),
                false => pick(OPERATORS, random),
            };
            members.insert(random.usize(0..=members.len()), (quoted(key), other));
        }
    }
}

fn remove(place: &mut Tree, random: &mut Rng) {
    match place {
        Tree::Leaf(_) => {}
        Tree::List(items) => drop((!items.is_empty()).then(|| items.remove(random.usize(0..items.len())))),
        Tree::Object(members) => drop((!members.is_empty()).then(|| members.remove(random.usize(0..members.len())))),
    }
}

/// The same thing under another name, or a number that is nearly the same.
fn respell(place: &mut Tree, random: &mut Rng) {
    match place {
        Tree::Leaf(spelling) => match spelling.parse::<i64>() {
            Ok(number) => *spelling = number.wrapping_add(random.i64(-2..=2)).to_string(),
            Err(_) => *place = leaf(random),
        },
        Tree::List(items) => items.reverse(),
        Tree::Object(members) => {
            let count = members.len();
            if let Some((key, _)) = members.get_mut(random.usize(0..count.max(1))) {
                *key = quoted(pick(OPERATORS, random));
            }
        }
    }
}

fn pick<'w>(words: &[&'w str], random: &mut Rng) -> &'w str {
    words[random.usize(0..words.len())]
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}
