//! Names of hosts, of which only those addresses are used that may be reached.

use super::allowance::Allowances;
use super::names::addresses;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Resolves names as the system does.
#[derive(Debug, Clone, Copy)]
pub struct ByTheSystem;

impl Resolve for ByTheSystem {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Addrs = Box::new(addresses(name.as_str(), 0).await?.into_iter());
            Ok(found)
        })
    }
}

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
            let found: Vec<SocketAddr> = addresses(name.as_str(), 0).await?;
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

#[cfg(test)]
mod tests {
    use super::super::Allowance;
    use super::*;

    fn answer(addresses: &[&str], allowed: &[&str]) -> Result<Vec<String>, Forbidden> {
        let allowed = Allowances::new(allowed.iter().map(|text| Allowance::parse(text).unwrap()).collect());
        let found = addresses.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect();
        Ok(reachable(found, &allowed)?.map(|address| address.ip().to_string()).collect())
    }

    /// Each answer is judged for itself, and what was judged is what is connected to: a name that leads to the public
    /// internet first and inside the next moment is refused the next moment.
    #[test]
    fn a_name_whose_answer_changes_is_judged_by_each_answer() {
        assert_eq!(answer(&["93.184.216.34"], &[]).unwrap(), ["93.184.216.34"]);
        for inside in
            ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"]
        {
            assert_eq!(answer(&[inside], &[]).unwrap_err().address.to_string(), inside);
            // Nor where it comes along with one that may be reached, in either order.
            assert!(answer(&["93.184.216.34", inside], &[]).is_err(), "{inside}");
            assert!(answer(&[inside, "93.184.216.34"], &[]).is_err(), "{inside}");
        }
        assert_eq!(answer(&["10.0.0.1", "8.8.8.8"], &["10.0.0.0/8"]).unwrap(), ["10.0.0.1", "8.8.8.8"]);
        assert!(answer(&["10.0.0.1", "192.168.0.1"], &["10.0.0.0/8"]).is_err());
    }
}
