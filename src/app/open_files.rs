//! Open files: each connection is one, and the system lets a process have only so many.

/// As many as the shipped unit of systemd asks for.
#[cfg(unix)]
const ENOUGH: u64 = 65_536;

/// How many files this process may have open, after asking for as many as are enough; `None` where there is no
/// limit that is known. Most systems begin with 1,024, and let every process raise that by itself.
#[cfg(unix)]
pub(super) fn allowed() -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let now = limit.current?;
    let wanted = limit.maximum.map_or(ENOUGH, |most| most.min(ENOUGH));
    let raised =
        wanted > now && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum }).is_ok();
    usize::try_from(if raised { wanted } else { now }).ok()
}

#[cfg(not(unix))]
pub(super) fn allowed() -> Option<usize> {
    None
}
