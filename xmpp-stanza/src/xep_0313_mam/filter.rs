//! Which messages of an archive are asked for.

use xmpp_core::{Jid, xml::ns};

use crate::{DataForm, DateTime, FieldType, FormError, FormField};

/// Which messages are asked for ([XEP-0313 §4.1](https://xmpp.org/extensions/xep-0313.html)): those
/// that satisfy all of these, all messages without any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArchiveFilter {
    /// To or from this address; any resource of a bare one.
    pub with: Option<Jid>,
    /// Not before this time.
    pub start: Option<DateTime>,
    /// Not after this time.
    pub end: Option<DateTime>,
    /// Before the message with this id.
    pub before_id: Option<String>,
    /// After the message with this id.
    pub after_id: Option<String>,
    /// With one of these ids; with any when it is empty.
    pub ids: Vec<String>,
    /// Whether messages of rooms are wanted too; the archive decides without it.
    pub include_groupchat: Option<bool>,
}

/// Why a form is no filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveFilterError {
    /// Not a submission, about something else, or a field with a bad value: `bad-request`.
    #[error(transparent)]
    Form(#[from] FormError),
    /// A field that this archive does not know, which must not be passed over:
    /// `feature-not-implemented`.
    #[error("unknown field '{var}'")]
    UnknownField {
        /// Its name.
        var: String,
    },
}

impl ArchiveFilter {
    /// As a form; `None` when all messages are asked for.
    pub fn to_form(&self) -> Option<DataForm> {
        if *self == Self::default() {
            return None;
        }
        let mut form = DataForm::submit(ns::MAM.as_str());
        let mut set = |var: &str, value: Option<String>| {
            if let Some(value) = value {
                form.set(var, [value]);
            }
        };
        set("with", self.with.as_ref().map(ToString::to_string));
        set("start", self.start.map(|time| time.to_string()));
        set("end", self.end.map(|time| time.to_string()));
        set("before-id", self.before_id.clone());
        set("after-id", self.after_id.clone());
        set(
            "include-groupchat",
            self.include_groupchat.map(|b| b.to_string()),
        );
        if !self.ids.is_empty() {
            form.set("ids", self.ids.iter());
        }
        Some(form)
    }

    /// From the form of a query.
    ///
    /// # Errors
    ///
    /// [`ArchiveFilterError`] names the field.
    pub fn from_form(form: &DataForm) -> Result<Self, ArchiveFilterError> {
        form.expect_submission(ns::MAM.as_str())?;
        for var in form.fields.iter().filter_map(|field| field.var.as_deref()) {
            if !FIELDS.contains(&var) {
                let var = var.chars().take(64).collect();
                return Err(ArchiveFilterError::UnknownField { var });
            }
        }
        let text = |var: &str| form.value(var).map(str::to_owned);
        Ok(Self {
            with: form.typed("with")?,
            start: form.typed("start")?,
            end: form.typed("end")?,
            before_id: text("before-id"),
            after_id: text("after-id"),
            ids: form.values("ids").to_vec(),
            include_groupchat: form.flag("include-groupchat")?,
        })
    }

    /// The form that tells which fields there are.
    pub fn description() -> DataForm {
        let none: [&str; 0] = [];
        let field = |var, field_type| FormField::typed(var, field_type, none);
        DataForm::form(ns::MAM.as_str())
            .with_field(field("with", FieldType::JidSingle))
            .with_field(field("start", FieldType::TextSingle))
            .with_field(field("end", FieldType::TextSingle))
            .with_field(field("before-id", FieldType::TextSingle))
            .with_field(field("after-id", FieldType::TextSingle))
            .with_field(field("ids", FieldType::ListMulti))
            .with_field(field("include-groupchat", FieldType::Boolean))
    }
}

const FIELDS: [&str; 8] = [
    "FORM_TYPE",
    "with",
    "start",
    "end",
    "before-id",
    "after-id",
    "ids",
    "include-groupchat",
];
