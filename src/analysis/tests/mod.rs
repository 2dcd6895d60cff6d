//! The condition language as its users meet it: what is read, what is refused and where.

mod canonical;
mod mentioned;
mod read;
mod refused;
mod refused_relative;
mod refused_statistical;
mod threshold;
mod vocabulary;
