//! `/metrics`: how the server stands, in Prometheus' text format, on a listener of its own.
//!
//! It is off unless `--metrics-listen` names an address, for numbers tell who listens how busy a chat is. No label has the
//! name of a room or a user.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::State,
    http::{Method, StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric as _, text::encode},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
    registry::{Registry, Unit},
};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    driver::{HubHandle, Report},
    hub::Counts,
};

/// HTTP requests by route, method and status.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requests(Arc<Mutex<BTreeMap<Kind, u64>>>);

/// What is counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    route: &'static str,
    method: &'static str,
    status: u16,
}

impl Requests {
    /// Counts a request for `path` that was answered with `status`.
    pub(crate) fn count(&self, path: &str, method: &Method, status: StatusCode) {
        let kind = Kind {
            route: route(path),
            method: method_name(method),
            status: status.as_u16(),
        };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(kind).or_default() += 1;
    }

    fn counts(&self) -> BTreeMap<Kind, u64> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// The route of a path below the chat's root: one of a few, whatever clients ask for.
pub(crate) fn route(path: &str) -> &'static str {
    let first = path.trim_start_matches('/').split('/').next();
    match first.unwrap_or_default() {
        "" | "room" => "page",
        "http-bind" => "bosh",
        "xmpp-websocket" => "websocket",
        "upload" => "upload",
        "config.json" => "config",
        "admin" => "admin",
        "converse" => "converse",
        ".well-known" => "host-meta",
        "healthz" => "health",
        "css" | "js" | "icon.svg" => "asset",
        _ => "other",
    }
}

fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

struct Source {
    hubs: Vec<HubHandle>,
    requests: Requests,
}

/// Serves `/metrics` at `address` until the task is aborted.
///
/// # Errors
///
/// When the address cannot be listened on.
pub(crate) async fn serve(
    address: &str,
    hubs: Vec<HubHandle>,
    requests: Requests,
) -> io::Result<(std::net::SocketAddr, JoinHandle<()>)> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let router = Router::new()
        .route("/metrics", get(metrics))
        .with_state(Arc::new(Source { hubs, requests }));
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the metrics are served no more");
        }
    });
    Ok((address, task))
}

async fn metrics(State(source): State<Arc<Source>>) -> impl IntoResponse {
    let mut report = Report::default();
    for hub in &source.hubs {
        if let Some(more) = hub.report().await {
            report.add(&more);
        }
    }
    let mut registry = Registry::with_prefix("webchat");
    registry.register_collector(Box::new(Snapshot {
        report,
        requests: source.requests.counts(),
    }));
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => (
            StatusCode::OK,
            [(
                header::CONTENT_TYPE,
                "application/openmetrics-text; version=1.0.0; charset=utf-8",
            )],
            text,
        ),
        Err(error) => {
            tracing::error!(%error, "metrics");
            let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
            (StatusCode::INTERNAL_SERVER_ERROR, plain, String::new())
        }
    }
}

/// The numbers of one moment.
#[derive(Debug)]
struct Snapshot {
    report: Report,
    requests: BTreeMap<Kind, u64>,
}

impl Collector for Snapshot {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let (stats, report) = (&self.report.stats, &self.report);
        let mut out = Out(&mut encoder);
        out.gauges(
            "sessions",
            "Sessions by transport",
            &[
                (&[("transport", "bosh")], stats.bosh_sessions),
                (&[("transport", "websocket")], stats.websocket_sessions),
            ],
        )?;
        out.gauge("users", "Users who are logged in", stats.users)?;
        out.gauge("rooms", "Rooms", stats.rooms)?;
        out.gauge("occupants", "Occupants of all rooms", stats.occupants)?;
        out.gauge(
            "slowed_sessions",
            "Sessions that flood control slows down",
            stats.slowed,
        )?;
        out.gauge(
            "held_requests",
            "BOSH requests that wait for their answer",
            report.held_requests,
        )?;
        out.gauge(
            "client_backlog_bytes",
            "Bytes that wait for clients to fetch them",
            stats.backlog_bytes,
        )?;
        out.gauge(
            "store_backlog_bytes",
            "Bytes of room changes that wait for the store",
            stats.store_backlog_bytes,
        )?;
        out.gauge(
            "hub_commands",
            "Inputs that wait for the hub",
            report.waiting_commands,
        )?;
        let traffic = &stats.traffic;
        for (name, help, counts) in [
            (
                "stanzas_received",
                "Stanzas from clients by kind",
                traffic.received,
            ),
            ("stanzas_sent", "Stanzas to clients by kind", traffic.sent),
        ] {
            out.stanzas(name, help, counts)?;
        }
        for (name, help, counts) in [
            (
                "stanza_errors",
                "Stanza errors to clients by condition",
                &traffic.stanza_errors,
            ),
            (
                "stream_errors",
                "Stream errors by condition",
                &traffic.stream_errors,
            ),
        ] {
            let rows = counts
                .iter()
                .map(|(c, n)| (vec![("condition", (*c).to_owned())], *n));
            out.counters(name, help, rows.collect())?;
        }
        out.counters(
            "store_commits",
            "Transactions of the store by result",
            vec![
                (vec![("result", "durable".to_owned())], report.commits),
                (vec![("result", "failed".to_owned())], report.failed_commits),
            ],
        )?;
        out.counters(
            "archive_reads",
            "Reads of rooms' archives",
            vec![(Vec::new(), report.archive_reads)],
        )?;
        let rows = self.requests.iter().map(|(kind, n)| {
            let labels = vec![
                ("route", kind.route.to_owned()),
                ("method", kind.method.to_owned()),
                ("status", kind.status.to_string()),
            ];
            (labels, *n)
        });
        out.counters(
            "http_requests",
            "HTTP requests by route, method and status; files that were uploaded are PUT with 201",
            rows.collect(),
        )
    }
}

/// Writes families.
struct Out<'a, 'b>(&'a mut DescriptorEncoder<'b>);

impl Out<'_, '_> {
    fn gauge(&mut self, name: &str, help: &str, value: usize) -> std::fmt::Result {
        self.gauges(name, help, &[(&[], value)])
    }

    fn gauges(
        &mut self,
        name: &str,
        help: &str,
        rows: &[(&[(&str, &str)], usize)],
    ) -> std::fmt::Result {
        let none: Option<&Unit> = None;
        let mut family = self
            .0
            .encode_descriptor(name, help, none, MetricType::Gauge)?;
        for (labels, value) in rows {
            let gauge = ConstGauge::new(i64::try_from(*value).unwrap_or(i64::MAX));
            if labels.is_empty() {
                return gauge.encode(family);
            }
            gauge.encode(family.encode_family(labels)?)?;
        }
        Ok(())
    }

    fn counters(
        &mut self,
        name: &str,
        help: &str,
        rows: Vec<(Vec<(&str, String)>, u64)>,
    ) -> std::fmt::Result {
        let none: Option<&Unit> = None;
        let mut family = self
            .0
            .encode_descriptor(name, help, none, MetricType::Counter)?;
        for (labels, value) in rows {
            if labels.is_empty() {
                return ConstCounter::new(value).encode(family);
            }
            ConstCounter::new(value).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn stanzas(&mut self, name: &str, help: &str, counts: Counts) -> std::fmt::Result {
        let row = |kind: &str, n| (vec![("kind", kind.to_owned())], n);
        let rows = vec![
            row("message", counts.messages),
            row("presence", counts.presences),
            row("iq", counts.iqs),
        ];
        self.counters(name, help, rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_clients_make_up_have_one_route() {
        for (path, wanted) in [
            ("/", "page"),
            ("/room/secret", "page"),
            ("/http-bind", "bosh"),
            ("/upload/abc/holiday.jpg", "upload"),
            ("/js/main.js", "asset"),
            ("/wp-login.php", "other"),
        ] {
            assert_eq!(route(path), wanted, "{path}");
        }
    }
}
