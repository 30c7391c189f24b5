//! What we decide: one pure step from what a person sent to what is said, and what is remembered.

pub mod answer;
pub mod dialog;
pub mod eligibility;
mod follow;
pub mod handoff;
pub mod state;
pub mod step;
pub mod told;
pub mod understand;
pub mod wording;

pub use state::Conversation;
pub use step::{Carried, Code, Moment, Turn, step};
pub use understand::code_in;
