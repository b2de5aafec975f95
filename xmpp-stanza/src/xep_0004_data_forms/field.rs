//! The fields of a form.

use std::fmt;

use xmpp_core::{
    Jid, Payload, XmlText,
    xml::{Element, XmlText as _, ns},
};

use super::FormError;

/// A field of a form ([XEP-0004 §3.2](https://xmpp.org/extensions/xep-0004.html)).
#[derive(Clone, Default, PartialEq, Eq, Payload)]
#[xml(name = "field", ns = ns::DATA_FORMS)]
pub struct FormField {
    /// Its name; only a field of type [`FieldType::Fixed`] may go without.
    #[xml(attr)]
    pub var: Option<String>,
    /// Its type; needed in a form only. See [`FormField::effective_type`].
    #[xml(attr, name = "type")]
    pub field_type: Option<FieldType>,
    /// Its name for people.
    #[xml(attr)]
    pub label: Option<String>,
    /// A description for people.
    #[xml(child_text)]
    pub desc: Option<String>,
    /// Whether it must be filled in.
    #[xml(flag)]
    pub required: bool,
    /// Its values: in a form the defaults, else what was filled in.
    #[xml(child_text, name = "value")]
    pub values: Vec<String>,
    /// The values to choose from.
    #[xml(child)]
    pub options: Vec<FieldOption>,
    /// Extensions, such as media (XEP-0221) and rules of validation (XEP-0122).
    #[xml(rest)]
    pub extensions: Vec<Element>,
}

/// Without the values of a field that looks like a password.
impl fmt::Debug for FormField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret = self.field_type == Some(FieldType::TextPrivate)
            || self
                .var
                .as_ref()
                .is_some_and(|var| var.contains("password") || var.contains("secret"));
        let mut out = f.debug_struct("FormField");
        out.field("var", &self.var)
            .field("field_type", &self.field_type)
            .field("label", &self.label)
            .field("required", &self.required);
        if secret {
            out.field("values", &"…");
        } else {
            out.field("values", &self.values);
        }
        out.field("options", &self.options).finish_non_exhaustive()
    }
}

/// What values a field takes ([XEP-0004 §3.3](https://xmpp.org/extensions/xep-0004.html)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, XmlText)]
pub enum FieldType {
    /// Yes or no.
    Boolean,
    /// Text to read, nothing to fill in.
    Fixed,
    /// Given back as it is, without showing it.
    Hidden,
    /// Any number of addresses.
    JidMulti,
    /// An address.
    JidSingle,
    /// Any number of the options.
    ListMulti,
    /// One of the options.
    ListSingle,
    /// Lines of text, one value each.
    TextMulti,
    /// A line of text that is not shown while it is typed.
    TextPrivate,
    /// A line of text.
    #[default]
    TextSingle,
    /// One that this version of XEP-0004 does not have, to be treated as [`FieldType::TextSingle`].
    #[xml(other)]
    Other(String),
}

/// A value to choose.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "option", ns = ns::DATA_FORMS)]
pub struct FieldOption {
    /// The value for people.
    #[xml(attr)]
    pub label: Option<String>,
    /// The value.
    #[xml(child_text)]
    pub value: String,
}

impl FormField {
    /// A field of that name.
    pub fn named(var: impl Into<String>) -> Self {
        Self {
            var: Some(var.into()),
            ..Self::default()
        }
    }

    /// A field of that name and value, without a type: for a submission or a result.
    pub fn value(var: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            values: vec![value.into()],
            ..Self::named(var)
        }
    }

    /// A field of that name, type and values.
    pub fn typed<V: Into<String>>(
        var: impl Into<String>,
        field_type: FieldType,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Self {
            field_type: Some(field_type),
            values: values.into_iter().map(Into::into).collect(),
            ..Self::named(var)
        }
    }

    /// A line of text.
    pub fn text(var: impl Into<String>, value: impl Into<String>) -> Self {
        Self::typed(var, FieldType::TextSingle, [value])
    }

    /// Yes or no.
    pub fn boolean(var: impl Into<String>, value: bool) -> Self {
        Self::typed(var, FieldType::Boolean, [if value { "1" } else { "0" }])
    }

    /// A choice of one.
    pub fn choice<'a>(
        var: impl Into<String>,
        value: impl Into<String>,
        options: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        Self {
            options: options
                .into_iter()
                .map(|(value, label)| FieldOption {
                    label: Some(label.to_owned()),
                    value: value.to_owned(),
                })
                .collect(),
            ..Self::typed(var, FieldType::ListSingle, [value])
        }
    }

    /// Text between the fields.
    pub fn fixed(text: impl Into<String>) -> Self {
        Self {
            var: None,
            ..Self::typed("", FieldType::Fixed, [text])
        }
    }

    /// The same with a name for people.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// The same as a field that must be filled in.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Its type; [`FieldType::TextSingle`] where none is given.
    pub fn effective_type(&self) -> &FieldType {
        self.field_type.as_ref().unwrap_or(&FieldType::TextSingle)
    }

    pub(super) fn is(&self, var: &str) -> bool {
        self.var.as_deref() == Some(var)
    }

    /// Whether these are values for this field.
    pub(super) fn check(&self, var: &str, values: &[String]) -> Result<(), FormError> {
        use FieldType::{Boolean, Fixed, JidMulti, JidSingle, ListMulti, ListSingle, TextMulti};
        let field_type = self.effective_type();
        if self.required && values.iter().all(String::is_empty) {
            return Err(FormError::Missing {
                var: var.to_owned(),
            });
        }
        if values.len() > 1 && !matches!(field_type, JidMulti | ListMulti | TextMulti | Fixed) {
            return Err(FormError::TooMany {
                var: var.to_owned(),
            });
        }
        for value in values.iter().filter(|value| !value.is_empty()) {
            let wrong = match field_type {
                Boolean => bool::from_xml_text(value).err().map(|e| e.to_string()),
                JidMulti | JidSingle => Jid::new(value).err().map(|e| e.to_string()),
                ListMulti | ListSingle => self
                    .options
                    .iter()
                    .all(|option| option.value != *value)
                    .then(|| "not one of the options".to_owned()),
                _ => None,
            };
            if let Some(reason) = wrong {
                return Err(invalid(var, value, reason));
            }
        }
        Ok(())
    }
}

pub(super) fn invalid(var: &str, value: &str, reason: String) -> FormError {
    FormError::Invalid {
        var: var.to_owned(),
        value: value.chars().take(64).collect(),
        reason,
    }
}
