//! The event stream: whoever listens is told that answers may have changed, and asks anew.

mod directory;
mod herald;
mod place;
mod position;
mod stream;

pub(super) use directory::Directory;
pub(super) use stream::Events;
