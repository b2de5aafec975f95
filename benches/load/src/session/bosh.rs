//! A session over BOSH.

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use xmpp_bosh::{Client, ClientConfig, ClientEvent};
use xmpp_core::stream::{ClientSession, Session as _};

use super::{Conduct, Visitor, alarm::Alarm, http::Connections};

/// Runs it until it is over. An error says why it is in the transport's words.
pub(super) async fn run(visitor: &mut Visitor, mut session: ClientSession) -> Result<(), String> {
    let world = visitor.world.clone();
    let (clock, board) = (world.clock, &world.board);
    let connections = Connections::new(&world.plan.target);
    let config = ClientConfig {
        // Browsers' clients have none.
        acks: false,
        ..ClientConfig::default()
    };
    let mut bosh = Client::new(config, Box::new(example_support::secure_random()));
    let mut under_way = FuturesUnordered::new();
    let mut alarm = Alarm::new(clock);
    let mut over = None;
    let mut heard = None;
    loop {
        // What is under way stays where it is, and nothing is asked for.
        visitor.be_deaf(&mut session).await;
        loop {
            bosh.pump(clock.now(), &mut session);
            if let Some(event) = session.poll_event() {
                visitor.handle(&mut session, event);
            } else if let Some(event) = bosh.poll_event() {
                if let ClientEvent::Closed(reason) = event {
                    visitor.transport_end = Some(format!("{reason:?}"));
                    over = Some(reason);
                    bosh.pump(clock.now(), &mut session);
                    session.handle_eof(clock.now());
                }
            } else {
                break;
            }
        }
        if let Some(before) = heard.take() {
            board.response(before);
        }
        while let Some(request) = bosh.poll_request() {
            let (id, answer) = (request.id, connections.post(request.body));
            under_way.push(async move { (id, answer.await) });
        }
        match over {
            Some(_) if visitor.end.is_some() => return Ok(()),
            Some(reason) => return Err(format!("{reason:?}")),
            None if visitor.conduct == Conduct::Abandons => return Ok(()),
            None => {}
        }
        let deadline = [bosh.poll_timeout(), session.poll_timeout()];
        tokio::select! {
            Some((id, answer)) = under_way.next() => match answer {
                Ok((status, body)) => {
                    heard = Some(board.deliveries());
                    bosh.handle_response(clock.now(), id, status, &body);
                }
                Err(error) if bosh.sid().is_none() => return Err(error.to_string()),
                Err(_) => {
                    board.lost_request();
                    bosh.handle_lost(clock.now(), id);
                }
            },
            command = visitor.next_command() => visitor.obey(&mut session, command),
            () = alarm.at(deadline.into_iter().flatten().min()) => {
                bosh.handle_timeout(clock.now());
                session.handle_timeout(clock.now());
            }
        }
    }
}
