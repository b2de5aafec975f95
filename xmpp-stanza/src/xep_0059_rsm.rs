//! XEP-0059: Result Set Management, version 1.0.

use std::ops::Range;

use xmpp_core::{Payload, StanzaErrorCondition, xml::ns};

/// A page of a long list: which one is wanted, or which one this is
/// ([XEP-0059 §2](https://xmpp.org/extensions/xep-0059.html)).
///
/// The one element serves both; the constructors make requests, [`ResultSet::page_of`] answers
/// them.
///
/// ```
/// # use xmpp_stanza::ResultSet;
/// let rooms = ["alpha", "beta", "gamma"];
/// let (range, answer) = ResultSet::after(1, "alpha").page_of(&rooms, 100)?;
/// assert_eq!(rooms[range], ["beta"]);
/// assert_eq!((answer.last.as_deref(), answer.count), (Some("beta"), Some(3)));
/// # Ok::<(), xmpp_stanza::StanzaErrorCondition>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "set", ns = ns::RSM)]
pub struct ResultSet {
    /// Asked: the items after this one.
    #[xml(child_text)]
    pub after: Option<String>,
    /// Asked: the items before this one, or the last ones when it is empty.
    #[xml(child_text)]
    pub before: Option<String>,
    /// Told: how many items there are on all pages together.
    #[xml(child_text)]
    pub count: Option<u32>,
    /// Told: the first item of this page.
    #[xml(child)]
    pub first: Option<ResultSetFirst>,
    /// Asked: the items from this position on.
    #[xml(child_text)]
    pub index: Option<u32>,
    /// Told: the last item of this page.
    #[xml(child_text)]
    pub last: Option<String>,
    /// Asked: no more items than these.
    #[xml(child_text)]
    pub max: Option<u32>,
}

/// The first item of a page.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "first", ns = ns::RSM)]
pub struct ResultSetFirst {
    /// Its position in the whole list, counted from 0.
    #[xml(attr)]
    pub index: Option<u32>,
    /// Its id.
    #[xml(text)]
    pub id: String,
}

impl ResultSet {
    /// Asks for the first `max` items.
    pub fn first_page(max: u32) -> Self {
        Self {
            max: Some(max),
            ..Self::default()
        }
    }

    /// Asks for the `max` items after `id`.
    pub fn after(max: u32, id: impl Into<String>) -> Self {
        Self {
            after: Some(id.into()),
            ..Self::first_page(max)
        }
    }

    /// Asks for the `max` items before `id`.
    pub fn before(max: u32, id: impl Into<String>) -> Self {
        Self {
            before: Some(id.into()),
            ..Self::first_page(max)
        }
    }

    /// Asks for the last `max` items.
    pub fn last_page(max: u32) -> Self {
        Self::before(max, "")
    }

    /// Asks for the number of items alone.
    pub fn count_only() -> Self {
        Self::first_page(0)
    }

    /// Answers this request from the whole list of ids in order: the range of the page, at most
    /// `limit` long, and what is told about it.
    ///
    /// # Errors
    ///
    /// `item-not-found` when there is no such id or position.
    pub fn page_of(
        &self,
        ids: &[impl AsRef<str>],
        limit: u32,
    ) -> Result<(Range<usize>, Self), StanzaErrorCondition> {
        let find = |id: &str| {
            ids.iter()
                .position(|i| i.as_ref() == id)
                .ok_or(StanzaErrorCondition::ItemNotFound)
        };
        let size = usize::try_from(self.max.unwrap_or(limit).min(limit)).unwrap_or(usize::MAX);
        let mut range = 0..ids.len();
        if let Some(after) = &self.after {
            range.start = find(after)? + 1;
        }
        match self.before.as_deref() {
            None | Some("") => {}
            Some(before) => range.end = find(before)?.max(range.start),
        }
        if let Some(index) = self.index {
            let index = usize::try_from(index).unwrap_or(usize::MAX);
            if index > 0 && index >= ids.len() {
                return Err(StanzaErrorCondition::ItemNotFound);
            }
            range.start = range.start.max(index).min(range.end);
        }
        // Pages are read in the order of the list, also when they are asked for from the end.
        if self.before.is_some() {
            range.start = range.start.max(range.end.saturating_sub(size));
        } else {
            range.end = range.end.min(range.start.saturating_add(size));
        }
        let id = |i: usize| ids[i].as_ref().to_owned();
        let told = Self {
            first: (!range.is_empty()).then(|| ResultSetFirst {
                index: u32::try_from(range.start).ok(),
                id: id(range.start),
            }),
            last: (!range.is_empty()).then(|| id(range.end - 1)),
            count: u32::try_from(ids.len()).ok(),
            ..Self::default()
        };
        Ok((range, told))
    }

    /// Asks for the page of `max` items after this one, which was told; `None` when this one is
    /// empty.
    pub fn next_page(&self, max: u32) -> Option<Self> {
        self.last.as_ref().map(|last| Self::after(max, last))
    }

    /// Asks for the page of `max` items before this one, which was told; `None` when this one is
    /// empty.
    pub fn previous_page(&self, max: u32) -> Option<Self> {
        self.first
            .as_ref()
            .map(|first| Self::before(max, &first.id))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn requests() {
        for (xml, request) in [
            ("<max>10</max>", ResultSet::first_page(10)),
            (
                "<after>peterpan@neverland.lit</after><max>10</max>",
                ResultSet::after(10, "peterpan@neverland.lit"),
            ),
            ("<before/><max>10</max>", ResultSet::last_page(10)),
            (
                "<before>b</before><max>10</max>",
                ResultSet::before(10, "b"),
            ),
            ("<max>0</max>", ResultSet::count_only()),
        ] {
            let xml = format!("<set xmlns='http://jabber.org/protocol/rsm'>{xml}</set>");
            assert_eq!(round_trip::<ResultSet>(&xml), request);
        }
        let index: ResultSet = round_trip(
            "<set xmlns='http://jabber.org/protocol/rsm'><index>371</index><max>10</max></set>",
        );
        assert_eq!(index.index, Some(371));
    }

    #[test]
    fn answers() {
        let page: ResultSet = round_trip(
            "<set xmlns='http://jabber.org/protocol/rsm'><count>800</count>\
             <first index='0'>stpeter@jabber.org</first><last>peterpan@neverland.lit</last></set>",
        );
        assert_eq!(page.first.as_ref().unwrap().index, Some(0));
        assert_eq!(
            page.next_page(5),
            Some(ResultSet::after(5, "peterpan@neverland.lit"))
        );
        assert_eq!(
            page.previous_page(5),
            Some(ResultSet::before(5, "stpeter@jabber.org"))
        );
        assert_eq!(ResultSet::default().next_page(5), None);
    }

    #[test]
    fn malformed() {
        let set = |xml: &str| format!("<set xmlns='http://jabber.org/protocol/rsm'>{xml}</set>");
        for (xml, expected) in [
            (
                "<max>-1</max>",
                "<set/>: invalid max '-1': invalid digit found in string",
            ),
            (
                "<max>ten</max>",
                "<set/>: invalid max 'ten': invalid digit found in string",
            ),
            (
                "<count/>",
                "<set/>: invalid count '': cannot parse integer from empty string",
            ),
            (
                "<index>4294967296</index>",
                "<set/>: invalid index '4294967296': number too large to fit in target type",
            ),
            (
                "<first index=''>a</first>",
                "<first/>: invalid index '': cannot parse integer from empty string",
            ),
            ("<after/><after/>", "<set/> has more than one <after/>"),
        ] {
            assert_eq!(error::<ResultSet>(&set(xml)), expected);
        }
    }

    #[test]
    fn unknown_items_are_not_found() {
        for request in [
            ResultSet::after(1, "x"),
            ResultSet::before(1, "x"),
            ResultSet {
                index: Some(2),
                ..ResultSet::default()
            },
        ] {
            assert_eq!(
                request.page_of(&["a", "b"], 10),
                Err(StanzaErrorCondition::ItemNotFound)
            );
        }
        let empty: [&str; 0] = [];
        let (range, told) = ResultSet::last_page(10).page_of(&empty, 10).unwrap();
        assert!(range.is_empty() && told.first.is_none() && told.count == Some(0));
    }

    proptest! {
        /// Paging forward and backward, each visits every item once and in order.
        #[test]
        fn pages_cover_the_list(length in 0_usize..40, max in 1_u32..10, limit in 1_u32..10) {
            let ids: Vec<String> = (0..length).map(|i| i.to_string()).collect();
            let (mut forward, mut request) = (Vec::new(), ResultSet::first_page(max));
            loop {
                let (range, told) = request.page_of(&ids, limit).unwrap();
                prop_assert!(range.len() <= max.min(limit) as usize);
                forward.extend_from_slice(&ids[range]);
                let Some(next) = told.next_page(max) else { break };
                request = next;
            }
            prop_assert_eq!(&forward, &ids);

            let (mut backward, mut request) = (Vec::new(), ResultSet::last_page(max));
            loop {
                let (range, told) = request.page_of(&ids, limit).unwrap();
                prop_assert_eq!(told.count, Some(u32::try_from(length).unwrap()));
                backward.splice(0..0, ids[range].iter().cloned());
                let Some(previous) = told.previous_page(max) else { break };
                request = previous;
            }
            prop_assert_eq!(&backward, &ids);
        }
    }
}
