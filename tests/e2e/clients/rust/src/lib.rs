//! The client that build.rs generates.

pub mod client;
