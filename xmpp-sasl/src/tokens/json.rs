//! JSON as `serde_json` reads it, and no member of an object twice: of two readers one would take the first,
//! the other the last.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::timestamp::Timestamp;

/// The members of an object.
pub(super) type Object = BTreeMap<String, Json>;

/// A JSON value.
#[derive(Debug, PartialEq)]
pub(super) enum Json {
    Text(String),
    Whole(u64),
    Decimal(f64),
    List(Vec<Json>),
    Object(Object),
    /// `true`, `false`, `null` and negative numbers, which nobody here asks for.
    Other,
}

impl Json {
    /// The object that `text` is, and nothing beside it. `serde_json` bounds the depth.
    pub(super) fn object(text: &[u8]) -> Option<Object> {
        match serde_json::from_slice(text) {
            Ok(Self::Object(object)) => Some(object),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// `NumericDate`: seconds since the Unix epoch, perhaps with a fraction.
    pub(super) fn time(&self) -> Option<Timestamp> {
        let since = match *self {
            Self::Whole(seconds) => Duration::from_secs(seconds),
            Self::Decimal(seconds) => Duration::try_from_secs_f64(seconds).ok()?,
            _ => return None,
        };
        Some(Timestamp::default().saturating_add(since))
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Whole(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Decimal(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object = Object::new();
        while let Some(name) = members.next_key::<String>()? {
            match object.entry(name) {
                Entry::Vacant(entry) => entry.insert(members.next_value()?),
                Entry::Occupied(_) => return Err(A::Error::custom("a member is written twice")),
            };
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_member_is_written_twice_at_any_depth() {
        assert!(Json::object(b"{\"a\":1,\"b\":{\"a\":[{\"a\":null}]}}").is_some());
        for text in [
            "{\"a\":1,\"a\":1}",
            "{\"a\":1,\"\\u0061\":2}",
            "{\"b\":{\"a\":1,\"a\":1}}",
            "{\"b\":[[{\"a\":1,\"a\":1}]]}",
        ] {
            assert_eq!(Json::object(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_object_and_nothing_else_is_refused() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
        for text in [
            "",
            "[]",
            "1",
            "{}{}",
            "{},",
            "\u{feff}{}",
            "{a:1}",
            "{\"a\":1e999}",
            &deep,
        ] {
            assert_eq!(Json::object(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Json::object(b"{\"a\":\"\xff\"}"), None);
    }

    #[test]
    fn times_are_seconds_with_or_without_a_fraction() {
        let millis = |json: Json| json.time().map(Timestamp::as_millis);
        assert_eq!(millis(Json::Whole(12)), Some(12_000));
        assert_eq!(millis(Json::Whole(u64::MAX)), Some(u64::MAX));
        assert_eq!(millis(Json::Decimal(1.5)), Some(1_500));
        for json in [
            Json::Decimal(-1.0),
            Json::Decimal(1e300),
            Json::Decimal(f64::NAN),
            Json::Other,
            Json::Text("12".to_owned()),
        ] {
            assert_eq!(millis(json), None);
        }
    }
}
