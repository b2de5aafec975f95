//! Search for rooms (XEP-0433 0.1.0; MUC DI9): public ones only.

use std::cmp::Reverse;

use xmpp_core::{
    Timestamp,
    xml::{Element, ElementRef, Payload as _},
};
use xmpp_stanza::{DataForm, DataFormType, FieldType, FormField};

use super::Service;
use crate::{
    ChannelSearch, ChannelSearchResult, FoundChannel, RoomSearch,
    channel_search::SearchCondition,
    rate::Allowance,
    request::{Fault, Request, errors},
    room::RoomState,
};

/// What the form is about.
const PARAMS: &str = "urn:xmpp:channel-search:0:search-params";
const BY_USERS: &str = "{urn:xmpp:channel-search:0:order}nusers";
const BY_ADDRESS: &str = "{urn:xmpp:channel-search:0:order}address";
const MUC_TYPE: &str = "xep-0045";
/// Most rooms in one answer.
const PAGE: u32 = 50;
/// Characters of a term that can be searched for.
const SHORTEST: usize = 2;

/// What is looked for.
struct Query {
    /// In lower case; empty for all rooms.
    terms: Vec<String>,
    /// Whether in names, in descriptions, in addresses.
    places: [bool; 3],
    by_users: bool,
    /// Whether rooms of this kind are wanted at all.
    rooms: bool,
}

impl Service {
    /// A `get` of the search: the form, or a page of what was found.
    pub(super) fn answer_search(
        &mut self,
        now: Timestamp,
        request: Request<'_>,
        search: ElementRef<'_>,
    ) {
        let search = ChannelSearch::from_element(search).map_err(|_| errors::bad_request());
        let answer = search.and_then(|search| match &search.form {
            None => Ok(Element::from_xml(&ChannelSearch {
                form: Some(search_form(self.offers_all())),
                page: None,
            })),
            Some(form) => {
                self.count_search(now, request)?;
                let found = self.find(form, &search)?;
                Ok(Element::from_xml(&found))
            }
        });
        let mut cx = self.surroundings.at(now);
        match answer {
            Ok(answer) => request.reply(&mut cx, &answer),
            Err(error) => request.refuse(&mut cx, error),
        }
    }

    fn offers_all(&self) -> bool {
        self.surroundings.service.search == RoomSearch::All
    }

    fn count_search(&mut self, now: Timestamp, request: Request<'_>) -> Result<(), Fault> {
        let cx = self.surroundings.at(now);
        let rate = cx.service.limits.searches;
        let left = self.searches.of(
            &request.from.to_bare(),
            cx.now,
            || Allowance::events(rate),
            Allowance::is_whole,
        );
        left.take(cx.now, 1).map_err(|at| {
            let seconds = at.since(cx.now).as_millis().div_ceil(1000);
            let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
            refusal(
                errors::resource_constraint(),
                SearchCondition::RateLimit(seconds),
            )
        })
    }

    fn find(&self, form: &DataForm, search: &ChannelSearch) -> Result<ChannelSearchResult, Fault> {
        let query = self.read(form)?;
        let mut found: Vec<_> = self
            .listed
            .iter()
            .filter_map(|jid| self.rooms.get(jid))
            .filter(|room| query.rooms && query.fits(room))
            .collect();
        if query.by_users {
            found.sort_by_key(|room| Reverse(room.occupants()));
        }
        let ids: Vec<&str> = found.iter().map(|room| room.jid.as_str()).collect();
        let page = search.page.clone().unwrap_or_default();
        let (range, page) = page.page_of(&ids, PAGE)?;
        Ok(ChannelSearchResult {
            items: found[range].iter().map(|room| channel(room)).collect(),
            page: Some(page),
        })
    }

    fn read(&self, form: &DataForm) -> Result<Query, Fault> {
        if form.form_type != DataFormType::Submit || form.about() != Some(PARAMS) {
            return Err(errors::bad_request());
        }
        let flag = |var| form.flag(var).map_err(|_| errors::bad_request());
        let all = flag("all")?.unwrap_or(false);
        let text = form.value("q").unwrap_or_default().to_lowercase();
        let text = text.trim();
        if all && !text.is_empty() {
            return Err(refusal(
                errors::bad_request(),
                SearchCondition::ConflictingFields,
            ));
        }
        if all && !self.offers_all() {
            return Err(refusal(
                errors::not_allowed(),
                SearchCondition::FullSetRetrievalRejected,
            ));
        }
        if !all && form.field("q").is_none() {
            return Err(refusal(
                errors::bad_request(),
                SearchCondition::NoSearchConditions,
            ));
        }
        let terms: Vec<String> = text
            .split_whitespace()
            .filter(|term| term.chars().count() >= SHORTEST)
            .map(str::to_owned)
            .collect();
        if !all && terms.is_empty() {
            let error = errors::bad_request()
                .with_text(format!("a term has at least {SHORTEST} characters"));
            return Err(refusal(error, SearchCondition::InvalidSearchTerms));
        }
        let by_users = match form.value("key") {
            None | Some("" | BY_USERS) => true,
            Some(BY_ADDRESS) => false,
            Some(_) => {
                return Err(refusal(errors::sort_key(), SearchCondition::InvalidSortKey));
            }
        };
        Ok(Query {
            terms,
            places: [
                flag("sinname")?.unwrap_or(true),
                flag("sindescription")?.unwrap_or(true),
                // The XEP's own form and its table write it in two ways.
                flag("sinaddress")?.or(flag("sinaddr")?).unwrap_or(true),
            ],
            by_users,
            rooms: form.field("types").is_none()
                || form.values("types").iter().any(|wanted| wanted == MUC_TYPE),
        })
    }
}

impl Query {
    /// Every term is somewhere.
    fn fits(&self, room: &RoomState) -> bool {
        if self.terms.is_empty() {
            return true;
        }
        let mut text = String::new();
        let parts = [
            &*room.config.name,
            &*room.config.description,
            room.jid.as_str(),
        ];
        for (wanted, part) in self.places.into_iter().zip(parts) {
            if wanted {
                text.push_str(&part.to_lowercase());
                text.push('\n');
            }
        }
        self.terms.iter().all(|term| text.contains(&**term))
    }
}

fn channel(room: &RoomState) -> FoundChannel {
    let config = &room.config;
    let given = |text: &String| (!text.is_empty()).then(|| text.clone());
    let anonymity = if config.non_anonymous() {
        "{urn:xmpp:channel-search:0:anonymity}none"
    } else {
        "muc_semianonymous"
    };
    FoundChannel {
        address: room.jid.clone(),
        name: given(&config.name),
        description: given(&config.description),
        language: given(&config.lang),
        users: u32::try_from(room.occupants()).ok(),
        service_type: Some(MUC_TYPE.to_owned()),
        is_open: Some(!config.members_only && config.password.is_none()),
        anonymity_mode: Some(anonymity.to_owned()),
    }
}

fn search_form(all: bool) -> DataForm {
    let mut types = FormField::choice("types", MUC_TYPE, [(MUC_TYPE, "Rooms (XEP-0045)")]);
    types.field_type = Some(FieldType::ListMulti);
    let mut form = DataForm::form(PARAMS).with_field(
        FormField::typed("q", FieldType::TextSingle, None::<String>).with_label("Search for"),
    );
    if all {
        form = form.with_field(FormField::boolean("all", false).with_label("All rooms"));
    }
    form.with_field(FormField::boolean("sinname", true).with_label("Search in names"))
        .with_field(FormField::boolean("sindescription", true).with_label("Search in descriptions"))
        .with_field(FormField::boolean("sinaddress", true).with_label("Search in addresses"))
        .with_field(types.with_label("Kinds"))
        .with_field(
            FormField::choice(
                "key",
                BY_USERS,
                [(BY_USERS, "Most people first"), (BY_ADDRESS, "By address")],
            )
            .with_label("Order"),
        )
}

fn refusal(error: Fault, condition: SearchCondition) -> Fault {
    error.with_application(Element::from_xml(&condition))
}
