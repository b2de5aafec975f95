//! Configuration and destruction by the owner (XEP-0045 §10; MUC CF1 to CF9, CR4, CR5, DE1).

use xmpp_core::xml::{ElementRef, Payload as _};
use xmpp_stanza::DataFormType;

use super::state::RoomState;
use crate::{
    Affiliation, DestroyCause, MucOwner,
    context::Context,
    request::{Request, errors},
};

impl RoomState {
    pub(super) fn answer_form(&self, cx: &mut Context<'_>, request: Request<'_>) {
        request.refuse(cx, errors::forbidden());
    }

    pub(super) fn configure(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        payload: ElementRef<'_>,
    ) {
        if self.standing_affiliation(cx, &request.from.to_bare()) != Affiliation::Owner {
            request.refuse(cx, errors::forbidden());
            return;
        }
        match MucOwner::from_element(payload) {
            Ok(MucOwner {
                form: Some(form),
                destroy: None,
            }) => match form.form_type {
                DataFormType::Submit => {
                    self.locked_until = None; // CR4
                    request.result(cx);
                }
                DataFormType::Cancel => {
                    if self.locked_until.is_some() {
                        self.destroy(cx, DestroyCause::NeverConfigured, None); // CR5
                    }
                    request.result(cx);
                }
                _ => request.refuse(cx, errors::bad_request()),
            },
            _ => request.refuse(cx, errors::bad_request()),
        }
    }
}
