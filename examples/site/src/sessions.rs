//! Who is logged in at the site: a cookie with a random name, which says nothing itself.

use std::{collections::HashMap, time::Duration};

use axum::http::{HeaderMap, header};
use xmpp_core::Timestamp;

use crate::encode::random_name;

/// The cookie's name.
const COOKIE: &str = "site-session";
/// How long somebody stays logged in.
const LIFETIME: Duration = Duration::from_hours(8);
/// Sessions at a time; beyond, nobody new is let in until some have ended.
const MAX: usize = 10_000;

/// Sessions by the cookies' values.
#[derive(Debug, Default)]
pub(crate) struct Sessions(HashMap<String, (&'static str, Timestamp)>);

impl Sessions {
    /// A session for `user`: what to set as a cookie. `None` when there are too many.
    pub(crate) fn begin(
        &mut self,
        now: Timestamp,
        user: &'static str,
        is_https: bool,
    ) -> Option<String> {
        self.0.retain(|_, (_, end)| *end > now);
        if self.0.len() >= MAX {
            return None;
        }
        let name = random_name();
        let secure = if is_https { "; Secure" } else { "" };
        // Lax: it comes along when a link leads here, and to requests of pages of the same site, the chat's among them.
        let cookie = format!("{COOKIE}={name}; Path=/; HttpOnly; SameSite=Lax{secure}");
        self.0.insert(name, (user, now.saturating_add(LIFETIME)));
        Some(cookie)
    }

    /// Who sent a request.
    pub(crate) fn user(&self, now: Timestamp, headers: &HeaderMap) -> Option<&'static str> {
        let (user, end) = self.0.get(cookie(headers)?)?;
        (*end > now).then_some(user)
    }

    /// Ends the session that a request belongs to.
    pub(crate) fn end(&mut self, headers: &HeaderMap) {
        if let Some(name) = cookie(headers) {
            self.0.remove(name);
        }
    }
}

/// The value of our cookie.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).iter();
    all.filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
}
