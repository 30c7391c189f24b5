#![allow(unreachable_pub, reason = "a test binary has no outside")]
//! One binary for all tests that need more than one room. What they check is text that anyone can
//! read: `../transcripts`, `../broken`, `../phrases`.

mod broken;
mod commands;
mod crash;
mod desk;
mod disk;
mod eligibility;
mod fuzz;
mod handoff;
mod house;
mod knowledge;
mod phrases;
mod procedures;
mod queue;
mod road;
mod running;
mod slow;
mod staff;
#[path = "../stand_in/mod.rs"]
mod stand_in;
mod stand_in_itself;
mod telegram;
mod tidy;
mod transcripts;
mod web;
mod words;
