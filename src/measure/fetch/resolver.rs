//! Names of hosts, of which only those addresses are used that may be reached.

use super::allowance::Allowances;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Resolves names as the system does and lets through what may be reached. The address that is looked at is the one
/// that is connected to: a name that leads elsewhere the next moment gains nothing by it.
#[derive(Debug, Clone)]
pub(super) struct Guarded(pub(super) Arc<Allowances>);

/// That a name leads only to where nothing may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it leads to {address}, which is {kind}")]
pub(super) struct Forbidden {
    pub(super) address: IpAddr,
    pub(super) kind: &'static str,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = Arc::clone(&self.0);
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(reachable(found, &allowed)?)
        })
    }
}

/// One forbidden address among several is enough to refuse them all: nobody means a name to lead to both.
fn reachable(found: Vec<SocketAddr>, allowed: &Allowances) -> Result<Addrs, Forbidden> {
    for address in &found {
        if let Some(kind) = allowed.forbids(address.ip()) {
            return Err(Forbidden { address: address.ip(), kind });
        }
    }
    Ok(Box::new(found.into_iter()))
}
