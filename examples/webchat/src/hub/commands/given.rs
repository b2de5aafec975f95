//! What was filled in so far.

use xmpp_core::BareJid;
use xmpp_stanza::DataForm;

/// The forms of a run that were filled in, one for each step.
#[derive(Clone, Debug, Default)]
pub(super) struct Given(Vec<DataForm>);

impl Given {
    /// How many steps were taken.
    pub(super) fn stage(&self) -> usize {
        self.0.len()
    }

    pub(super) fn add(&mut self, form: &DataForm) {
        self.0.push(form.clone());
    }

    /// Takes the last step back.
    pub(super) fn back(&mut self) {
        self.0.pop();
    }

    /// The values of a field.
    pub(super) fn all(&self, var: &str) -> Vec<&str> {
        let forms = self.0.iter().rev();
        let values = forms.map(|form| form.values(var)).find(|v| !v.is_empty());
        let values = values.into_iter().flatten();
        values.map(|v| v.trim()).filter(|v| !v.is_empty()).collect()
    }

    /// The value of a field that may stay empty.
    pub(super) fn one(&self, var: &str) -> Option<&str> {
        self.all(var).first().copied()
    }

    /// The value of a field that may not.
    pub(super) fn required(&self, var: &str, name: &str) -> Result<&str, String> {
        self.one(var).ok_or_else(|| format!("{name} is missing"))
    }

    /// Lines of text.
    pub(super) fn text(&self, var: &str) -> Option<String> {
        let text = self.all(var).join("\n");
        (!text.is_empty()).then_some(text)
    }

    /// A tick.
    pub(super) fn flag(&self, var: &str) -> bool {
        matches!(self.one(var), Some("1" | "true"))
    }

    /// A bare JID.
    pub(super) fn jid(&self, var: &str, name: &str) -> Result<BareJid, String> {
        let text = self.required(var, name)?;
        BareJid::new(text).map_err(|e| format!("{name} '{text}' is no address: {e}"))
    }
}
