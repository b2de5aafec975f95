//! What the site answers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Form, Json, Router,
    extract::{Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use example_support::Clock;
use serde::Deserialize;
use serde_json::json;

use crate::{
    Settings, encode, pages,
    sessions::Sessions,
    tokens::{self, Opaque},
    users,
};

/// What the handlers share.
#[derive(Debug)]
struct Site {
    settings: Settings,
    clock: Clock,
    known: Mutex<Known>,
}

/// What the site remembers.
#[derive(Debug, Default)]
struct Known {
    sessions: Sessions,
    opaque: Opaque,
}

type Shared = State<Arc<Site>>;

/// The site.
pub fn router(settings: Settings) -> Router {
    let site = Arc::new(Site {
        settings,
        clock: Clock::start(),
        known: Mutex::default(),
    });
    Router::new()
        .route("/", get(home))
        .route("/login", post(log_in))
        .route("/logout", post(log_out))
        .route("/chat", get(chat))
        .route("/credentials", get(credentials))
        .route("/check", post(check))
        .layer(middleware::map_response_with_state(site.clone(), careful))
        .with_state(site)
}

/// `signed` or `opaque`; what is signed is preferred.
#[derive(Debug, Default, Deserialize)]
struct Wish {
    kind: Option<String>,
    channel: Option<String>,
}

async fn home(State(site): Shared, headers: HeaderMap) -> Html<String> {
    Html(match site.user(&headers) {
        Some(user) => pages::home(user, site.settings.signer.is_some()),
        None => pages::login(None, false),
    })
}

#[derive(Deserialize)]
struct Login {
    name: String,
    password: String,
    channel: Option<String>,
}

async fn log_in(State(site): Shared, Form(login): Form<Login>) -> Response {
    let channel = login.channel.as_deref();
    let Some(user) = users::log_in(&login.name, &login.password) else {
        let page = Html(pages::login(channel, true));
        return (StatusCode::FORBIDDEN, page).into_response();
    };
    let is_https = site.settings.public_url.starts_with("https:");
    let begun = site
        .known()
        .sessions
        .begin(site.clock.now(), user, is_https);
    let Some(cookie) = begun else {
        return (StatusCode::SERVICE_UNAVAILABLE, "Too many are here.\n").into_response();
    };
    // Relative to this path, so that all may live below a prefix.
    let next = match channel {
        Some(channel) => format!("chat?channel={}", encode::url(channel)),
        None => "./".to_owned(),
    };
    ([(header::SET_COOKIE, cookie)], Redirect::to(&next)).into_response()
}

async fn log_out(State(site): Shared, headers: HeaderMap) -> Redirect {
    site.known().sessions.end(&headers);
    Redirect::to("./")
}

/// Opens the chat. The token goes in the fragment, which no server gets and no log has.
async fn chat(State(site): Shared, Query(wish): Query<Wish>, headers: HeaderMap) -> Response {
    let channel = wish.channel.as_deref();
    let Some(user) = site.user(&headers) else {
        return Html(pages::login(Some(channel.unwrap_or("lobby")), false)).into_response();
    };
    let query = channel.map(|channel| format!("?channel={}", encode::url(channel)));
    let token = site.token(user, wish.kind.as_deref());
    let to = format!(
        "{}{}#token={}",
        site.settings.chat,
        query.unwrap_or_default(),
        encode::url(&token)
    );
    Redirect::to(&to).into_response()
}

/// What Converse.js logs in with: its user's address, and the token as the password. Pages of the chat's origin get it, and no
/// others.
async fn credentials(
    State(site): Shared,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
) -> Response {
    const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
    let is = |name: HeaderName, wanted: &str| {
        headers
            .get(name)
            .is_some_and(|value| value.as_bytes() == wanted.as_bytes())
    };
    let is_chat = is(header::ORIGIN, &site.settings.chat_origin);
    // A page of the same origin says none.
    let is_own = !headers.contains_key(header::ORIGIN) && is(FETCH_SITE, "same-origin");
    if !is_chat && !is_own {
        return (StatusCode::FORBIDDEN, "This is for the chat's pages.\n").into_response();
    }
    let mut response = match site.user(&headers) {
        Some(user) => Json(json!({
            "jid": format!("{user}@{}", site.settings.domain),
            "password": site.token(user, wish.kind.as_deref()),
        }))
        .into_response(),
        None => (StatusCode::UNAUTHORIZED, "Nobody is logged in.\n").into_response(),
    };
    let out = response.headers_mut();
    out.insert(header::VARY, HeaderValue::from_static("origin"));
    if is_chat && let Ok(origin) = HeaderValue::try_from(&site.settings.chat_origin) {
        out.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        out.insert(
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
    }
    response
}

#[derive(Deserialize)]
struct Question {
    token: String,
    domain: String,
}

/// Whose a one-time token is. It is a secret of 256 bits, so that whoever can ask for one that is good has it anyway.
async fn check(State(site): Shared, Form(question): Form<Question>) -> Json<serde_json::Value> {
    let Question { token, domain } = question;
    let user = site
        .known()
        .opaque
        .redeem(site.clock.now(), &token, &domain);
    Json(match user {
        Some(user) => json!({ "active": true, "sub": user }),
        None => json!({ "active": false }),
    })
}

/// What every answer carries: no address and no token is to be kept or told.
async fn careful(State(site): Shared, mut response: Response) -> Response {
    let policy = format!(
        // A form's own redirect to the chat counts as where it leads.
        "default-src 'none'; img-src data:; form-action 'self' {}; base-uri 'none'; frame-ancestors 'none'",
        site.settings.chat_origin
    );
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

impl Site {
    fn user(&self, headers: &HeaderMap) -> Option<&'static str> {
        self.known().sessions.user(self.clock.now(), headers)
    }

    fn token(&self, user: &str, kind: Option<&str>) -> String {
        let now = self.clock.now();
        match &self.settings.signer {
            Some(signer) if kind != Some("opaque") => tokens::signed(signer, now, user),
            _ => {
                let domain = &self.settings.domain;
                self.known().opaque.issue(now, user, domain)
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Whoever panicked has left whole maps.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
