//! The real SDKs and OFREP providers of Python, Node, the web and Rust against a real server.

mod access;
mod case;
mod driver;
mod exposure;
mod reload;
mod server;
mod stream;
mod typed;
mod web;
