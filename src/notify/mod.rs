//! Tells the world outside what happened.

mod outbox;

pub use outbox::deliver;
