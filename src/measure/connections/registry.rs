//! All systems outside.

use super::address::Address;
use super::connection::{Connection, ConnectionKind, ConnectionSettings};
use crate::analysis::NoData;
use crate::measure::fetch::{Allowance, Allowances, Fetcher, FetcherSettings, Reach};
use crate::rollout::Query;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The most addresses of plans that are remembered at once.
const MOST_ADDRESSES: usize = 1_000;

/// Addresses of plans, each for the kind of system that is to be there.
type Addressed = HashMap<(&'static str, Arc<str>), Arc<Connection>>;

/// The systems that metrics may be asked from.
#[derive(Debug)]
pub struct Connections {
    named: HashMap<Arc<str>, Arc<Connection>>,
    /// What addresses of plans may lead to, beside the public internet.
    allowed: Arc<Allowances>,
    /// Where the connections of each kind lead. What a plan asks there is of that kind too: a web metric may send
    /// anything, and a Prometheus has more doors than that for queries.
    own: HashMap<&'static str, Allowances>,
    /// Asks at addresses of plans, where what is allowed by its name is known to be so.
    by_name: Fetcher,
    /// Asks at all other addresses of plans.
    guarded: Fetcher,
    addressed: Mutex<Addressed>,
}

impl Connections {
    /// These connections. Addresses of plans may lead to the public internet, to what is allowed beside it, and to
    /// where a connection of the same kind leads.
    #[must_use]
    pub fn new(settings: Vec<ConnectionSettings>, allowed: Vec<Allowance>) -> Self {
        let mut own: HashMap<&'static str, Vec<Allowance>> = HashMap::new();
        for settings in &settings {
            let leads_to = settings.address.as_ref().and_then(|address| Allowance::of(address.url()));
            own.entry(settings.kind.word()).or_default().extend(leads_to);
        }
        let allowed = Arc::new(Allowances::new(allowed));
        let reach = Reach::Public(Arc::clone(&allowed));
        let named =
            settings.into_iter().map(|settings| (Arc::clone(&settings.name), Arc::new(Connection::new(settings))));
        Self {
            named: named.collect(),
            allowed,
            own: own.into_iter().map(|(kind, allowed)| (kind, Allowances::new(allowed))).collect(),
            by_name: Fetcher::new(FetcherSettings::default()),
            guarded: Fetcher::new(FetcherSettings { reach, ..FetcherSettings::default() }),
            addressed: Mutex::default(),
        }
    }

    /// The connection of that name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Arc<Connection>> {
        self.named.get(name)
    }

    /// The system that a query asks.
    ///
    /// # Errors
    /// When there is none of its name, or it is of another kind; when the plan's address is none.
    pub fn of(&self, query: &Query) -> Result<Arc<Connection>, NoData> {
        let kind = query.ask.kind();
        if let Some(address) = &query.address {
            return self.at(kind, address);
        }
        let name = query.connection();
        let found = self.named.get(name).ok_or_else(|| NoData::NoProvider(name.to_owned()))?;
        match found.kind.word() {
            own if own == kind => Ok(Arc::clone(found)),
            own => {
                Err(NoData::NotAsked(format!("the connection `{name}` is one to {own}, and the metric asks {kind}")))
            }
        }
    }

    /// What is at an address of a plan. Nothing that belongs to a connection of the settings is sent there.
    fn at(&self, kind: &'static str, address: &Arc<str>) -> Result<Arc<Connection>, NoData> {
        let mut known = self.addressed.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (kind, Arc::clone(address));
        if let Some(found) = known.get(&key) {
            return Ok(Arc::clone(found));
        }
        let parsed = Address::parse(address).map_err(|why| NoData::NotAsked(why.to_string()))?;
        let needs =
            || NoData::NotAsked(format!("{kind} cannot be asked at an address alone: name a connection instead"));
        let is_own = self.own.get(kind).is_some_and(|own| own.names(parsed.url()));
        let kind = ConnectionKind::at_address(kind).ok_or_else(needs)?;
        let fetcher = if is_own || self.allowed.names(parsed.url()) { &self.by_name } else { &self.guarded };
        let (name, fetcher) = (Arc::from(parsed.to_string()), fetcher.with_own_room());
        let found = Arc::new(Connection { name, address: Some(parsed), fetcher, kind });
        if known.len() >= MOST_ADDRESSES {
            known.clear();
        }
        known.insert(key, Arc::clone(&found));
        Ok(found)
    }
}
