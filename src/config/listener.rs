//! A listener: where, and who may come in.

use super::fault::{Fault, Origin};
use super::key::Key;
use super::raw::Raw;
use super::secret::Secret;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

/// The largest key file that is read.
const LARGEST_KEY_FILE: u64 = 4096;

/// Where a listener binds and which key opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// The address. Port 0 lets the system choose.
    pub address: SocketAddr,
    /// The key; always there when the address can be reached from outside this machine.
    pub key: Option<Secret>,
}

/// The keys under which one listener is described.
#[derive(Debug, Clone, Copy)]
pub(super) struct Described {
    pub(super) address: Key,
    pub(super) key: Key,
    pub(super) key_file: Key,
    pub(super) default: SocketAddr,
}

impl Described {
    /// Builds the listener, or notes everything that is wrong with it.
    pub(super) fn build(self, raw: &Raw, faults: &mut Vec<Fault>) -> Option<Listener> {
        let (address, origin) = match raw.text(self.address) {
            None => (Some(self.default), &Origin::Default),
            Some((text, origin)) => {
                (address(text).map_err(|message| faults.push(Fault::new(origin, message))).ok(), origin)
            }
        };
        let key = self.secret(raw, faults);
        let (address, key) = (address?, key.ok()?);
        if key.is_none() && !address.ip().is_loopback() {
            let name = self.address.name();
            let message =
                format!("{address} can be reached from outside this machine, and the {name} listener has no key");
            let file_flag = self.key_file.flag().unwrap_or_default();
            let hint =
                format!("set {} or {file_flag}, or bind it to 127.0.0.1:{}", self.key.variable(), address.port());
            faults.push(Fault::new(origin, message).hint(hint));
            return None;
        }
        Some(Listener { address, key })
    }

    fn secret(self, raw: &Raw, faults: &mut Vec<Fault>) -> Result<Option<Secret>, ()> {
        let (text, origin) = match (raw.text(self.key), raw.text(self.key_file)) {
            (None, None) => return Ok(None),
            (Some(_), Some((_, origin))) => {
                let message = format!("both {} and {} are set", self.key.variable(), self.key_file.variable());
                faults.push(Fault::new(origin, message).hint("keep one of the two"));
                return Err(());
            }
            (Some((text, origin)), None) => (text.to_owned(), origin),
            (None, Some((path, origin))) => match read_key(Path::new(path)) {
                Ok(text) => (text, origin),
                Err(message) => {
                    faults.push(Fault::new(origin, message));
                    return Err(());
                }
            },
        };
        let hint = "make one with `openssl rand -hex 32`";
        Secret::new(&text).map(Some).map_err(|message| faults.push(Fault::new(origin, message).hint(hint)))
    }
}

/// An address as people write it: `127.0.0.1:8016`, `[::1]:8016`, `localhost:8016`.
fn address(text: &str) -> Result<SocketAddr, String> {
    if let Some(port) = text.strip_prefix("localhost:").and_then(|port| port.parse().ok()) {
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    text.parse().map_err(|_| {
        format!("`{text}` is not an address: write IP and port such as `127.0.0.1:8080` or `0.0.0.0:8080`")
    })
}

fn read_key(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let size = std::fs::metadata(path).map_err(|error| format!("cannot read the key file {shown}: {error}"))?.len();
    if size > LARGEST_KEY_FILE {
        return Err(format!("the key file {shown} is larger than {LARGEST_KEY_FILE} bytes"));
    }
    std::fs::read_to_string(path).map_err(|error| format!("cannot read the key file {shown}: {error}"))
}
