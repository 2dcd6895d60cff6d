//! Which variant a user had, where the targeting key alone decides it.

use crate::eval::{Context, Flag, Snapshot};
use crate::flag::{Expression, Gate};
use crate::live::{Live, Published, Stretch, Then};
use crate::measure::{OLDEST, Served};
use crate::units::{FlagKey, UnixMillis, VariantName};
use std::sync::Arc;

/// How many flags of the past one request may have at hand. The next ones are put together again and again.
const MOST_AT_HAND: usize = 64;

/// What is served now and was before, for one request.
pub(super) struct ServedThen<'l> {
    live: &'l Live,
    /// Loaded before anything of the past is asked for.
    published: Arc<Published>,
    now: UnixMillis,
    at_hand: Vec<(FlagKey, Stretch)>,
}

impl<'l> ServedThen<'l> {
    pub(super) fn new(live: &'l Live, now: UnixMillis) -> Self {
        Self { live, published: live.load_full(), now, at_hand: Vec::new() }
    }

    /// What is served now.
    pub(super) fn snapshot(&self) -> &Snapshot {
        self.published.snapshot()
    }

    /// The variant that a key had of a flag at a time, or has now.
    pub(super) fn variant(&mut self, flag: &FlagKey, targeting_key: &str, at: Option<UnixMillis>) -> Served {
        // Whose clock is a little ahead of this one speaks of now.
        let Some(at) = at.filter(|at| *at < self.now) else {
            return served(self.snapshot(), flag, targeting_key, self.now);
        };
        if self.now.since(at) > OLDEST {
            // It is not counted anyway, and is told as late.
            return served(self.snapshot(), flag, targeting_key, at);
        }
        if let Some((_, stretch)) = self.at_hand.iter().find(|(known, stretch)| known == flag && stretch.has(at)) {
            return self.served_in(stretch, flag, targeting_key, at);
        }
        let stretch = self.live.past().at(flag, at, self.snapshot());
        let answer = self.served_in(&stretch, flag, targeting_key, at);
        if self.at_hand.len() < MOST_AT_HAND {
            self.at_hand.push((flag.clone(), stretch));
        }
        answer
    }

    fn served_in(&self, stretch: &Stretch, flag: &FlagKey, targeting_key: &str, at: UnixMillis) -> Served {
        match &stretch.then {
            Then::Now => served(self.snapshot(), flag, targeting_key, at),
            Then::Was(then) => served(then, flag, targeting_key, at),
            // Of a flag that is not there now either nothing can be meant.
            Then::Nothing | Then::Unknown if self.snapshot().flag(flag.as_str()).is_none() => Served::NotByKey,
            Then::Nothing | Then::Unknown => Served::Forgotten,
        }
    }
}

fn served(snapshot: &Snapshot, flag: &FlagKey, targeting_key: &str, at: UnixMillis) -> Served {
    let Some(flag) = snapshot.flag(flag.as_str()).filter(|flag| decided_by_key(*flag)) else {
        return Served::NotByKey;
    };
    let context = Context::of(targeting_key).at(at.get().div_euclid(1_000));
    let variant = flag.resolve(&context).variant().and_then(|name| VariantName::new(name).ok());
    variant.map_or(Served::NotByKey, Served::Variant)
}

/// Whether the answer needs no more of a context than the targeting key. Where it does, guessing would
/// count the candidate's failures as the stable variant's.
fn decided_by_key(flag: Flag<'_>) -> bool {
    let only_key = |rule: &Expression| rule.looks_only_at("targetingKey");
    let ruled = flag.definition().and_then(|definition| definition.targeting.as_ref()).is_none_or(only_key);
    let shared = match flag.overlay().map(|overlay| &overlay.gate) {
        None | Some(Gate::Closed) => true,
        Some(Gate::Open(share)) => {
            let audiences = share.parts.as_slice().iter().filter_map(|part| part.audience.as_deref());
            &*share.bucket_by == "targetingKey" && audiences.into_iter().all(only_key)
        }
    };
    ruled && shared
}
