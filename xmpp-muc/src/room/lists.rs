//! Lists of users and occupants (XEP-0045 §8.5, §9.2, §9.5, §9.8, §10.5, §10.8; MUC LI1 to LI4).

use xmpp_core::xml::{ElementRef, Payload as _};

use super::state::RoomState;
use crate::{
    AdminItem, Affiliation, MucAdmin, Role,
    context::Context,
    request::{Fault, Request, errors},
};

impl RoomState {
    /// A `get` of muc#admin, from inside or outside.
    pub(super) fn answer_list(
        &self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        payload: ElementRef<'_>,
    ) {
        let items = asked(payload).and_then(|list| {
            if self.may_read(cx, request, list) {
                Ok(self.list(list))
            } else {
                Err(errors::forbidden())
            }
        });
        match items {
            Ok(items) => request.reply(cx, &MucAdmin { items }),
            Err(error) => request.refuse(cx, error),
        }
    }

    /// MUC LI3, LI4.
    fn may_read(&self, cx: &Context<'_>, request: Request<'_>, list: List) -> bool {
        let affiliation = self.standing_affiliation(cx, &request.from.to_bare());
        let role = self
            .occupants
            .by_session(request.from)
            .map_or(Role::None, |(_, occupant)| occupant.role);
        self.opens(affiliation, role, list)
    }

    /// Whether a list is open to somebody of this affiliation and role.
    pub(super) fn opens(&self, affiliation: Affiliation, role: Role, list: List) -> bool {
        let reads_members = affiliation >= Affiliation::Admin
            || (self.config.non_anonymous()
                && (affiliation == Affiliation::Member
                    || self.config.get_member_list.contains(role)));
        match list {
            List::Affiliation(Affiliation::Member) => reads_members,
            List::Affiliation(Affiliation::Owner | Affiliation::Admin) => {
                affiliation == Affiliation::Owner || (self.config.non_anonymous() && reads_members)
            }
            List::Affiliation(_) | List::Role(Role::Moderator) => affiliation >= Affiliation::Admin,
            List::Role(_) => role == Role::Moderator,
        }
    }

    /// MUC LI2.
    fn list(&self, list: List) -> Vec<AdminItem> {
        match list {
            List::Affiliation(affiliation) => self
                .affiliations
                .list(affiliation)
                .map(|(user, entry)| AdminItem {
                    affiliation: Some(affiliation),
                    jid: Some(user.clone().into()),
                    nick: entry.nick.as_deref().map(str::to_owned),
                    reason: entry
                        .reason
                        .as_deref()
                        .filter(|_| affiliation == Affiliation::Outcast)
                        .map(str::to_owned),
                    ..AdminItem::default()
                })
                .collect(),
            List::Role(role) => self
                .occupants
                .iter()
                .filter(|(_, occupant)| occupant.role == role)
                .map(|(_, occupant)| AdminItem {
                    affiliation: Some(occupant.affiliation),
                    role: Some(role),
                    jid: Some(occupant.primary().jid.clone().into()),
                    nick: Some(occupant.nick().to_owned()),
                    ..AdminItem::default()
                })
                .collect(),
        }
    }
}

/// Which list.
#[derive(Clone, Copy, Debug)]
pub(super) enum List {
    Affiliation(Affiliation),
    Role(Role),
}

/// MUC LI1: exactly one item with exactly one of role and affiliation, and not `none`.
fn asked(payload: ElementRef<'_>) -> Result<List, Fault> {
    let query = MucAdmin::from_element(payload).map_err(|_| errors::bad_request())?;
    let [item] = &*query.items else {
        return Err(errors::bad_request());
    };
    match (item.affiliation, item.role) {
        (Some(affiliation), None) if affiliation != Affiliation::None => {
            Ok(List::Affiliation(affiliation))
        }
        (None, Some(role)) if role != Role::None => Ok(List::Role(role)),
        _ => Err(errors::bad_request()),
    }
}
