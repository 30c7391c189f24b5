//! luzhu
pub mod clock;
pub mod message;
pub mod text;
pub mod library;
pub mod conversation;
pub mod store;
pub mod inbox;
pub mod channels;
pub mod outbox;
pub mod http;
pub mod commands;
pub mod config;
