//! XEP-0004: Data Forms, version 2.13.2 (with `FORM_TYPE` of XEP-0068: Field Standardization,
//! version 1.3.0).

use xmpp_core::{
    Payload, XmlText,
    xml::{Element, ns},
};

mod field;

pub use field::{FieldOption, FieldType, FormField};

use field::invalid;

/// A form: a description of fields to fill in, or the values that were filled in
/// ([XEP-0004 §3](https://xmpp.org/extensions/xep-0004.html)).
///
/// ```
/// # use xmpp_stanza::{DataForm, FormField};
/// let form = DataForm::form("http://jabber.org/protocol/muc#roomconfig")
///     .with_field(FormField::text("muc#roomconfig_roomname", "A Dark Cave").with_label("Name"))
///     .with_field(FormField::boolean("muc#roomconfig_persistentroom", false));
/// let mut submission = form.submission();
/// submission.set("muc#roomconfig_persistentroom", ["1"]);
/// assert_eq!(submission.flag("muc#roomconfig_persistentroom")?, Some(true));
/// form.check(&submission)?;
/// # Ok::<(), xmpp_stanza::FormError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "x", ns = ns::DATA_FORMS)]
pub struct DataForm {
    /// What the form is for.
    #[xml(attr, name = "type")]
    pub form_type: DataFormType,
    /// Its title.
    #[xml(child_text)]
    pub title: Option<String>,
    /// What to do with it, in paragraphs.
    #[xml(child_text)]
    pub instructions: Vec<String>,
    /// Its fields.
    #[xml(child)]
    pub fields: Vec<FormField>,
    /// The columns of a table of results.
    #[xml(child)]
    pub reported: Option<FormReported>,
    /// The rows of a table of results.
    #[xml(child)]
    pub items: Vec<FormItem>,
    /// Extensions, such as the layout of XEP-0141.
    #[xml(rest)]
    pub extensions: Vec<Element>,
}

/// What a form is for ([XEP-0004 §3.1](https://xmpp.org/extensions/xep-0004.html)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, XmlText)]
pub enum DataFormType {
    /// To be filled in.
    Form,
    /// Filled in.
    Submit,
    /// Not filled in: the request is withdrawn.
    Cancel,
    /// Information, such as the results of a search.
    Result,
}

/// The columns of a table ([XEP-0004 §3.4](https://xmpp.org/extensions/xep-0004.html)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "reported", ns = ns::DATA_FORMS)]
pub struct FormReported {
    /// One for each column.
    #[xml(child)]
    pub fields: Vec<FormField>,
}

/// A row of a table ([XEP-0004 §3.4](https://xmpp.org/extensions/xep-0004.html)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "item", ns = ns::DATA_FORMS)]
pub struct FormItem {
    /// One for each column, in any order.
    #[xml(child)]
    pub fields: Vec<FormField>,
}

/// Why the values of a form are not what they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// Not a form of that type: a `cancel` where a `submit` is expected.
    #[error("a form of type {found} instead of {expected}")]
    WrongType {
        /// What it is.
        found: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// It is about something else.
    #[error("a form about '{found}' instead of '{expected}'")]
    WrongFormType {
        /// Its `FORM_TYPE`, empty for none.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// A required field has no value.
    #[error("no value for the field '{var}'")]
    Missing {
        /// The field.
        var: String,
    },
    /// A field has more values than its type takes.
    #[error("several values for the field '{var}'")]
    TooMany {
        /// The field.
        var: String,
    },
    /// A value is not of the field's type, or not one of its options.
    #[error("the field '{var}' cannot be '{value}': {reason}")]
    Invalid {
        /// The field.
        var: String,
        /// The value, cut to 64 characters.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl DataForm {
    /// An empty form of that type, about `form_type`
    /// ([XEP-0068](https://xmpp.org/extensions/xep-0068.html)).
    pub fn new(form_type: DataFormType, about: &str) -> Self {
        let hidden = (form_type != DataFormType::Submit).then_some(FieldType::Hidden);
        Self::bare(form_type).with_field(FormField {
            field_type: hidden,
            ..FormField::value(FORM_TYPE, about)
        })
    }

    /// A form to fill in, about `about`.
    pub fn form(about: &str) -> Self {
        Self::new(DataFormType::Form, about)
    }

    /// A form that is filled in, about `about`.
    pub fn submit(about: &str) -> Self {
        Self::new(DataFormType::Submit, about)
    }

    /// Information about `about`, as in an answer to disco#info (XEP-0128).
    pub fn result(about: &str) -> Self {
        Self::new(DataFormType::Result, about)
    }

    /// The form that withdraws a request.
    pub const fn cancel() -> Self {
        Self::bare(DataFormType::Cancel)
    }

    /// An empty form without a `FORM_TYPE`.
    pub const fn bare(form_type: DataFormType) -> Self {
        Self {
            form_type,
            title: None,
            instructions: Vec::new(),
            fields: Vec::new(),
            reported: None,
            items: Vec::new(),
            extensions: Vec::new(),
        }
    }

    /// The same with a title.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// The same with one more field.
    #[must_use]
    pub fn with_field(mut self, field: FormField) -> Self {
        self.fields.push(field);
        self
    }

    /// What the form is about: the value of its field `FORM_TYPE`, which must be hidden outside of
    /// a submission ([XEP-0068 §3.1](https://xmpp.org/extensions/xep-0068.html)).
    pub fn about(&self) -> Option<&str> {
        let field = self.field(FORM_TYPE)?;
        let hidden = matches!(field.field_type, Some(FieldType::Hidden));
        (hidden || self.form_type == DataFormType::Submit)
            .then(|| field.values.first())
            .flatten()
            .map(String::as_str)
    }

    /// Whether it is a submission about `about`, or says nothing at all, as `<x type='submit'/>`
    /// accepts all defaults.
    ///
    /// # Errors
    ///
    /// [`FormError::WrongType`], [`FormError::WrongFormType`].
    pub fn expect_submission(&self, about: &str) -> Result<(), FormError> {
        if self.form_type != DataFormType::Submit {
            return Err(FormError::WrongType {
                found: self.form_type.as_str(),
                expected: DataFormType::Submit.as_str(),
            });
        }
        match self.about() {
            None if self.fields.is_empty() => Ok(()),
            Some(found) if found == about => Ok(()),
            found => Err(FormError::WrongFormType {
                found: found.unwrap_or_default().to_owned(),
                expected: about.to_owned(),
            }),
        }
    }

    /// The field of that name.
    pub fn field(&self, var: &str) -> Option<&FormField> {
        self.fields.iter().find(|field| field.is(var))
    }

    /// The first value of the field of that name.
    pub fn value(&self, var: &str) -> Option<&str> {
        self.values(var).first().map(String::as_str)
    }

    /// All values of the field of that name.
    pub fn values(&self, var: &str) -> &[String] {
        self.field(var).map_or(&[], |field| &field.values)
    }

    /// The first value of the field of that name as a boolean; `None` without one.
    ///
    /// # Errors
    ///
    /// [`FormError::Invalid`] when it is none.
    pub fn flag(&self, var: &str) -> Result<Option<bool>, FormError> {
        self.typed(var)
    }

    /// The first value of the field of that name as a `T`; `None` without one, or when it is empty.
    ///
    /// # Errors
    ///
    /// [`FormError::Invalid`] when it is no `T`.
    pub fn typed<T: xmpp_core::xml::XmlText>(&self, var: &str) -> Result<Option<T>, FormError> {
        self.value(var)
            .filter(|value| !value.is_empty())
            .map(|value| T::from_xml_text(value).map_err(|e| invalid(var, value, e.to_string())))
            .transpose()
    }

    /// Gives a field other values; adds it where there is none of that name.
    pub fn set<V: Into<String>>(&mut self, var: &str, values: impl IntoIterator<Item = V>) {
        let values = values.into_iter().map(Into::into).collect();
        match self.fields.iter_mut().find(|field| field.is(var)) {
            Some(field) => field.values = values,
            None => self.fields.push(FormField {
                values,
                ..FormField::named(var)
            }),
        }
    }

    /// The submission that leaves every field of this form as it is.
    #[must_use]
    pub fn submission(&self) -> Self {
        let mut submission = Self::bare(DataFormType::Submit);
        submission.fields = self
            .fields
            .iter()
            .filter(|field| field.var.is_some() && *field.effective_type() != FieldType::Fixed)
            .filter(|field| !field.values.is_empty())
            .map(|field| FormField {
                var: field.var.clone(),
                values: field.values.clone(),
                ..FormField::default()
            })
            .collect();
        submission
    }

    /// Whether `submission` is one of this form: every required field has a value, every value is
    /// one that the type and the options of its field allow. Fields that this form does not have
    /// are passed over, and fields that the submission does not have keep their defaults.
    ///
    /// # Errors
    ///
    /// The first [`FormError`] in the order of this form's fields.
    pub fn check(&self, submission: &Self) -> Result<(), FormError> {
        match self.about() {
            Some(about) => submission.expect_submission(about)?,
            None if submission.form_type != DataFormType::Submit => {
                return Err(FormError::WrongType {
                    found: submission.form_type.as_str(),
                    expected: DataFormType::Submit.as_str(),
                });
            }
            None => {}
        }
        self.fields.iter().try_for_each(|field| {
            let Some(var) = &field.var else { return Ok(()) };
            match submission.field(var) {
                Some(answer) => field.check(var, &answer.values),
                None if field.required && field.values.is_empty() => {
                    Err(FormError::Missing { var: var.clone() })
                }
                None => Ok(()),
            }
        })
    }
}

/// The name of the field that says what a form is about.
const FORM_TYPE: &str = "FORM_TYPE";

#[cfg(test)]
mod tests;
