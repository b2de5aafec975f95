//! Lists and changes of roles and affiliations (XEP-0045 §8 to §10; MUC AD1 to AD14, LI1 to LI4).

use xmpp_core::xml::ElementRef;

use super::state::RoomState;
use crate::{
    context::Context,
    request::{Request, errors},
};

impl RoomState {
    pub(super) fn answer_list(
        &self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        _: ElementRef<'_>,
    ) {
        request.refuse(cx, errors::forbidden());
    }

    pub(super) fn change_occupants(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        _: ElementRef<'_>,
    ) {
        request.refuse(cx, errors::forbidden());
    }
}
