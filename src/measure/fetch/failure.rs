//! What went wrong with a request, in words that may be shown.

use super::asked::origin;
use super::message::shown;
use super::resolver::Forbidden;
use crate::analysis::NoData;
use reqwest::Url;
use std::error::Error;
use std::io;
use std::net::IpAddr;

/// Why there is no answer, and whether another attempt may bring one.
pub(super) struct Failure {
    pub(super) why: NoData,
    pub(super) passes: bool,
}

/// The innermost reason: the outer ones repeat the URL, which holds the query and may hold credentials.
pub(super) fn failure(url: &Url, error: &reqwest::Error) -> Failure {
    let causes = || causes_of(error);
    if let Some(found) = causes().find_map(|cause| cause.downcast_ref::<Forbidden>()) {
        return Failure { why: forbidden(url, found.address, found.kind), passes: false };
    }
    let why = match causes().last() {
        None => "the request could not be made".to_owned(),
        Some(innermost) => shown(&innermost.to_string()),
    };
    let refused = |cause: &(dyn Error + 'static)| {
        let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        matches!(kind, Some(io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset))
    };
    // Only where nothing of an answer has come: a broken one may be broken by what was asked for.
    let passes = error.is_connect() && causes().any(refused);
    Failure { why: NoData::Unreachable(format!("{}: {why}", origin(url))), passes }
}

fn causes_of<'e>(error: &'e reqwest::Error) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

/// That an address leads to where addresses of plans must not lead.
pub(super) fn forbidden(url: &Url, address: IpAddr, kind: &str) -> NoData {
    NoData::NotAsked(format!(
        "{} leads to {address}, which is {kind}: allow it in the server's `metric_addresses`, or name a connection of \
         its settings instead",
        origin(url)
    ))
}
