//! A flag as it is evaluated: its definition compiled, its answers prebuilt, its overlay laid on.

use super::answer::Answers;
use super::bucket::Bucketing;
use super::rule::Rule;
use super::share::Laid;
use crate::flag::{CatalogEntry, Definition, Overlay};
use crate::units::FlagKey;
use std::sync::Arc;

/// One flag of a snapshot.
#[derive(Debug)]
pub struct Flag {
    pub(super) position: usize,
    pub(super) built: Arc<Built>,
    pub(super) bucketing: Bucketing,
    pub(super) laid: Option<Laid>,
}

/// The part that depends on the definition alone, and is kept as long as that stays the same.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) key: FlagKey,
    pub(super) body: Body,
    pub(super) answers: Answers,
}

#[derive(Debug)]
pub(super) enum Body {
    /// Never right since the start; why.
    Broken(Arc<str>),
    Sound {
        definition: Arc<Definition>,
        rule: Option<Rule>,
    },
}

impl Built {
    pub(super) fn new(key: &FlagKey, entry: CatalogEntry) -> Self {
        let key = key.clone();
        match entry {
            CatalogEntry::Broken(why) => Self { answers: Answers::of_broken(&key), key, body: Body::Broken(why) },
            CatalogEntry::Serving(definition) => {
                let answers = Answers::of(&definition);
                let rule = definition.targeting.as_ref().map(Rule::from);
                Self { key, body: Body::Sound { definition, rule }, answers }
            }
        }
    }

    /// Whether it was built from just this.
    pub(super) fn is_of(&self, entry: &CatalogEntry) -> bool {
        match (&self.body, entry) {
            (Body::Broken(old), CatalogEntry::Broken(new)) => old == new,
            (Body::Sound { definition, .. }, CatalogEntry::Serving(new)) => Arc::ptr_eq(definition, new),
            (Body::Broken(_), CatalogEntry::Serving(_)) | (Body::Sound { .. }, CatalogEntry::Broken(_)) => false,
        }
    }

    pub(super) const fn definition(&self) -> Option<&Arc<Definition>> {
        match &self.body {
            Body::Broken(_) => None,
            Body::Sound { definition, .. } => Some(definition),
        }
    }
}

impl Flag {
    pub(super) fn new(position: usize, built: Arc<Built>, bucketing: Bucketing, overlay: Option<Overlay>) -> Self {
        let laid = overlay.map(|overlay| Laid::new(overlay, built.definition().map(Arc::as_ref)));
        Self { position, built, bucketing, laid }
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> &str {
        self.built.key.as_str()
    }

    /// Its key, typed.
    #[must_use]
    pub fn flag_key(&self) -> &FlagKey {
        &self.built.key
    }

    /// Its position among the snapshot's flags.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// What it is served from; `None` when it is broken.
    #[must_use]
    pub fn definition(&self) -> Option<&Arc<Definition>> {
        self.built.definition()
    }

    /// The names of its variants, in the order of the document; none when it is broken.
    pub fn variants(&self) -> impl ExactSizeIterator<Item = &str> {
        let variants = self.built.definition().map_or(&[][..], |definition| &definition.variants);
        variants.iter().map(|variant| variant.name.as_str())
    }

    /// What a rollout lays over it.
    #[must_use]
    pub fn overlay(&self) -> Option<&Overlay> {
        self.laid.as_ref().map(|laid| &laid.overlay)
    }

    /// In one line why it is broken; `None` when it serves.
    #[must_use]
    pub fn broken(&self) -> Option<&str> {
        match &self.built.body {
            Body::Broken(why) => Some(why),
            Body::Sound { .. } => None,
        }
    }
}
