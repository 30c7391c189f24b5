//! luzhu
pub mod message;
pub mod text;
pub mod library;
pub mod conversation;
