//! A small web site whose users are signed in to the chat: the other half of `webchat`'s single sign-on.
//!
//! It shows all that a site has to do, and is no more than an example: **its users are a list in the program, with their
//! passwords beside them** ([`users`]). A real site has users already, and takes from here what `tokens.rs` and three of the routes
//! do:
//!
//! | route | what for |
//! |---|---|
//! | `GET /`, `POST /login`, `POST /logout` | the site's own login: a form and a cookie |
//! | `GET /chat` | opens the chat, with a token in the fragment of its address; `webchat`'s `login-url` |
//! | `GET /credentials` | name and token as JSON, for the chat's origin alone; Converse.js's `credentials_url` |
//! | `POST /check` | whose a one-time token is (RFC 7662); it is used up by that; `webchat`'s `check-url` |
//!
//! Tokens are signed (with `--key-file`; the chat verifies them by itself) or opaque (the chat asks at `/check`).
#![forbid(unsafe_code)]

mod encode;
mod options;
mod pages;
mod routes;
mod sessions;
mod tokens;
pub mod users;

pub use options::{Options, Settings};
pub use routes::router;
