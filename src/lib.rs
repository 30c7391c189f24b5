//! luzhu (鹭助): an accessible conversational assistant for job seekers in Xiamen.
//!
//! A message comes in at a door ([`channels`]), is written down ([`inbox`], [`store`]), is thought
//! about by a pure core ([`conversation`], which reads the [`library`]), and what the core says is
//! written down before anyone sends it ([`outbox`]). The modules below stand in reading order.
//!
//! What always holds:
//! - `conversation` and `library` never wait, never fail at run time, and never ask the time: the
//!   day is a parameter.
//! - Nothing is said that is not first stored.
//! - There is no message without words: every choice can be typed, by number, by label, in either
//!   script.
//! - A figure or a condition reaches a person only with its source and the day it was true. No
//!   confirmed period that covers the day: no figure; we say that it is not confirmed and offer a
//!   person.
//! - Eligibility is computed by rules, never phrased by search; an unconfirmed rule never decides alone.
//! - The place in a procedure is found by going through the answers; nothing else remembers it.
//! - A person can be asked for in every state, and asking once is enough.
//! - A conversation has exactly one speaker at any moment, the assistant or one counsellor. While a
//!   person waits, it is the assistant; once somebody took over, nothing of the assistant is sent.
//! - The index is derived; deleting it loses nothing.
//! - No channel is named outside its own room and the list of channels.
//! - No SQL outside `store`; no applied migration is ever edited.
//! - No personal text in logs: ids only. Identity, phone and card numbers are masked before
//!   anything is stored.
//!
//! `tests/it/tidy.rs` holds the sources to who may use whom.

pub mod message;
pub mod text;

pub mod library;

pub mod conversation;

pub mod store;

pub mod clock;
pub mod crash;
pub mod dispatch;
pub mod inbox;
pub mod metrics;
pub mod outbox;

pub mod channels;
pub mod desk;
pub mod html;
pub mod http;

pub mod commands;
pub mod config;
