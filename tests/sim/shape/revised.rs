//! A plan that somebody changes while its rollout is under way.

use super::kinds::Shape;
use super::rule::{Bound, Leaf, When};
use super::{stages, written};
use crate::dice::Dice;

impl Shape {
    /// Another plan for the same rollout, and up to which wave it may still take this one's place: `None`
    /// where it changes what is always looked at.
    pub fn revised(&self, dice: &mut Dice) -> (Self, Option<usize>) {
        let mut other = self.clone();
        let until = match dice.percent(75) {
            true => {
                let doc = usize::try_from(dice.below(other.docs.len() as u64)).unwrap();
                let wave = &mut other.docs[doc];
                wave.bake += wave.every;
                wave.approval &= other.waves.iter().any(|wave| wave.doc == doc && wave.approval);
                Some(self.last_of(doc))
            }
            false => {
                other.eases();
                None
            }
        };
        other.waves = stages::opened(&other.docs);
        other.stages = stages::stages(&other);
        other.text = written::written(&other);
        (other, until)
    }

    /// The first bound that closes lies further off.
    fn eases(&mut self) {
        for rule in &mut self.rules {
            if let When::One(Leaf::Compare { bound: Bound::Fixed(bound), above: true, lasting: None, .. }) =
                &mut rule.when
                && rule.list == super::List::Close
                && !rule.observe
                && *bound < 1.0
            {
                *bound += 0.01;
                return;
            }
        }
    }
}
