//! Elements and texts in `serde`'s formats.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, Visitor},
};

use super::{Element, ElementRef, LangMap};

/// A string: the element as its `Display` gives it, valid XML on its own. With the feature `serde`.
impl Serialize for ElementRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// As [`ElementRef`]'s.
impl Serialize for Element {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.root().serialize(serializer)
    }
}

/// A string, read as by [`Element::parse`]: within [`Limits::CLIENT`](super::Limits::CLIENT), so that an element that was
/// accepted within larger ones may be refused. The error has the text of the [`ParseError`](super::ParseError). With the
/// feature `serde`.
impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Xml;
        impl Visitor<'_> for Xml {
            type Value = Element;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an XML element in a string")
            }

            fn visit_str<E: Error>(self, xml: &str) -> Result<Element, E> {
                Element::parse(xml).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Xml)
    }
}

/// A map from languages to texts. With the feature `serde`.
impl Serialize for LangMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// A map from languages to texts, in the order in which the format gives them; of two texts for one language the first is
/// kept. With the feature `serde`.
impl<'de> Deserialize<'de> for LangMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = LangMap;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from languages to texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LangMap, A::Error> {
                let mut texts = LangMap::new();
                while let Some((lang, text)) = map.next_entry::<String, String>()? {
                    if texts.get(&lang).is_none() {
                        texts.insert(lang, text);
                    }
                }
                Ok(texts)
            }
        }
        deserializer.deserialize_map(Texts)
    }
}
