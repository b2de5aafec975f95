//! Chat rooms watched from the seats of their occupants.
//!
//! A [`Host`] runs a service with a clock of its own and carries out its effects. Its [`Checker`] keeps for each session
//! the view that a client would have, for each room what was stored, and for each request whether it was answered, and
//! panics with the number of the rule (MUC …) when an outcome contradicts them:
//!
//! | rule | what holds after every outcome |
//! |---|---|
//! | EN2, SU1 | a newcomer gets roster, itself, history, one subject, and only then what is new |
//! | EN3, EN5, PR6 | each view has exactly the occupants whose role is shown, and itself |
//! | EN6, ST5 | codes ascend; 110 is in every presence about oneself, once, and in no other |
//! | EN8, SE1 | nobody but moderators (or everybody, where the room says so) reads a real address of another |
//! | NI3 | one nick is one user |
//! | PR1, PR2, PE2 | affiliations shown are those stored, roles and shows the same in all views |
//! | GC1, GC2, GC3 | a message reaches every session inside and nobody else, in one order, with the room's own ids |
//! | HI1, HI5, SE6 | history repeats what was said in this room, in that order |
//! | IQ1, IQ3 | every request is answered exactly once |
//! | LV7, SE10 | who was told that it is out gets nothing more of the room |
//! | RS4 | a room has an owner |
//!
//! [`act`] is one step of some client, drawn from a seed or from the bytes of a fuzzer.
mod acts;
mod archive;
mod checker;
mod host;
mod messages;
mod requests;
mod room;
mod view;

pub use acts::{Bytes, Choose, ROOMS, SESSIONS, act};
pub use archive::Archive;
pub use checker::Checker;
pub use host::{Host, Out};
