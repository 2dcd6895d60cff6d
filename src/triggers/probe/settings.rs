//! What a probe looks at, and when it says so.

use crate::units::Credential;
use reqwest::Url;
use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

/// What is looked at. The address stands in the server's own settings, so it may be any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An HTTP or HTTPS address: a GET without a body.
    Http {
        /// The address, without a user.
        url: Url,
        /// A bearer token that is sent.
        token: Option<Credential>,
        /// The statuses that are right.
        status: Vec<u16>,
        /// What the body must have in it.
        body: Option<String>,
    },
    /// An address to which a connection must come about.
    Tcp {
        /// A name or an address.
        host: String,
        /// The port.
        port: u16,
    },
}

/// For people: what stands behind a `?` may be a key.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { url, .. } => {
                write!(f, "{}://{}", url.scheme(), url.host_str().unwrap_or_default())?;
                if let Some(port) = url.port() {
                    write!(f, ":{port}")?;
                }
                f.write_str(url.path())
            }
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp [{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp {host}:{port}"),
        }
    }
}

/// A probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeSettings {
    /// What is looked at.
    pub target: Target,
    /// The time between two looks.
    pub every: Duration,
    /// How long one look may take.
    pub timeout: Duration,
    /// So many failures in a row, and it fires.
    pub failures: NonZeroU32,
    /// So many successes in a row, and it ends.
    pub successes: NonZeroU32,
}
