//! XEP-0157: Contact Addresses for XMPP Services, version 1.1.1.

use crate::{DataForm, FieldType, FormField};

/// Whom to write to about a service ([XEP-0157 §2](https://xmpp.org/extensions/xep-0157.html)): a
/// form in its disco#info.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactAddresses {
    /// About abuse.
    pub abuse: Vec<String>,
    /// The administrators.
    pub admin: Vec<String>,
    /// With an opinion.
    pub feedback: Vec<String>,
    /// To buy something.
    pub sales: Vec<String>,
    /// About a weakness.
    pub security: Vec<String>,
    /// Where its state is published.
    pub status: Vec<String>,
    /// For help.
    pub support: Vec<String>,
}

impl ContactAddresses {
    /// The `FORM_TYPE` of the form.
    pub const FORM_TYPE: &'static str = "http://jabber.org/network/serverinfo";

    /// As a form.
    pub fn to_form(&self) -> DataForm {
        let mut form = DataForm::result(Self::FORM_TYPE);
        for (var, uris) in [
            ("abuse-addresses", &self.abuse),
            ("admin-addresses", &self.admin),
            ("feedback-addresses", &self.feedback),
            ("sales-addresses", &self.sales),
            ("security-addresses", &self.security),
            ("status-addresses", &self.status),
            ("support-addresses", &self.support),
        ] {
            if !uris.is_empty() {
                form.fields
                    .push(FormField::typed(var, FieldType::ListMulti, uris));
            }
        }
        form
    }

    /// From a form. The values are untrusted text: check the scheme before one is shown as a link.
    pub fn from_form(form: &DataForm) -> Self {
        let uris = |var: &str| form.values(var).to_vec();
        Self {
            abuse: uris("abuse-addresses"),
            admin: uris("admin-addresses"),
            feedback: uris("feedback-addresses"),
            sales: uris("sales-addresses"),
            security: uris("security-addresses"),
            status: uris("status-addresses"),
            support: uris("support-addresses"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::round_trip;

    #[test]
    fn in_disco_info() {
        let form: DataForm = round_trip(
            "<x xmlns='jabber:x:data' type='result'>\
             <field var='FORM_TYPE' type='hidden'><value>http://jabber.org/network/serverinfo</value></field>\
             <field var='abuse-addresses' type='list-multi'><value>mailto:abuse@shakespeare.lit</value>\
             <value>xmpp:abuse@shakespeare.lit</value></field>\
             <field var='status-addresses' type='list-multi'><value>https://status.shakespeare.lit</value></field></x>",
        );
        let addresses = ContactAddresses::from_form(&form);
        assert_eq!(addresses.abuse.len(), 2);
        assert_eq!(addresses.status, ["https://status.shakespeare.lit"]);
        assert!(addresses.sales.is_empty());
        assert_eq!(addresses.to_form(), form);
    }
}
