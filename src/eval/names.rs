//! Which attributes the rules of a snapshot look at: what else a request says need not be kept.

use super::context::TARGETING_KEY;
use crate::flag::{Expression, Looked};
use hashbrown::HashSet;
use std::sync::Arc;

/// Names of attributes. What no rule looks at any more stays among them until all is built anew.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// A rule may look at any.
    all: bool,
    known: HashSet<Arc<str>>,
}

impl Names {
    /// Whether some rule may look at the attribute.
    pub(super) fn have(&self, name: &str) -> bool {
        self.all || name == TARGETING_KEY || self.known.contains(name)
    }

    /// Whether these have everything that a rule looks at.
    pub(super) fn have_all_of(&self, rule: &Expression) -> bool {
        let mut all = true;
        rule.looks(&mut |looked| {
            all &= match looked {
                Looked::Anywhere => self.all,
                Looked::At(path) => self.have(first(path)),
            };
        });
        all
    }

    /// Adds what a rule looks at.
    pub(super) fn add(&mut self, rule: &Expression) {
        rule.looks(&mut |looked| match looked {
            Looked::Anywhere => self.all = true,
            Looked::At(path) => self.add_path(path),
        });
    }

    /// Adds an attribute, or what it is in: of `company.plan` the company.
    pub(super) fn add_path(&mut self, path: &str) {
        if !self.known.contains(first(path)) {
            self.known.insert(first(path).into());
        }
    }

    pub(super) fn have_path(&self, path: &str) -> bool {
        self.have(first(path))
    }
}

fn first(path: &str) -> &str {
    path.split_once('.').map_or(path, |(first, _)| first)
}
