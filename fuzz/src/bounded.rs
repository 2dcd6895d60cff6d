//! Nothing may take long, whatever it is given.

use cpu_time::ThreadTime;
use std::time::Duration;

/// For one evaluation. Fifty times what a server may spend: the build counts edges and checks overflows.
pub const EVALUATION: Duration = Duration::from_millis(250);

/// For reading one document of the sizes that are tried here.
pub const LOADING: Duration = Duration::from_secs(3);

/// Does it and ends the process when it took longer. The thread's own time is measured, so that
/// a busy machine is no finding.
pub fn within<T>(bound: Duration, what: &str, work: impl FnOnce() -> T) -> T {
    let begun = ThreadTime::now();
    let result = work();
    let took = begun.elapsed();
    assert!(took <= bound, "{what} took {took:?}, the bound is {bound:?}");
    result
}
