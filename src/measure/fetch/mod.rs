//! Asking other systems over HTTP, with suspicion: bounded in time and size, without following redirects, and only
//! where nobody minds. What goes wrong is a reason that may be shown to anybody.

mod allowance;
mod asked;
mod body;
mod failure;
mod fetcher;
mod message;
mod names;
mod patience;
mod range;
mod redacted;
mod resolver;

pub use allowance::{Allowance, AllowanceError, Allowances};
pub use asked::{Answer, Asked};
pub use fetcher::{Fetcher, FetcherSettings, Reach};
pub(super) use message::shown;
pub use names::addresses;
pub(super) use redacted::redacted;
pub use resolver::ByTheSystem;
