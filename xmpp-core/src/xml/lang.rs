//! Text in several languages.

use super::{ElementRef, Namespace, Writer, ns, read};

/// The same text in several languages, told apart by `xml:lang` ([RFC 6120 §8.1.5]): a message's
/// bodies, the reason of an error.
///
/// A text without an `xml:lang` of its own has the language of what surrounds it; its key here is
/// the empty string. Each language stands once: of two texts for one language the first is kept.
/// The order is that of the document.
///
/// [RFC 6120 §8.1.5]: https://www.rfc-editor.org/rfc/rfc6120#section-8.1.5
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LangMap(Vec<(String, String)>);

impl LangMap {
    /// No text at all.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Whether there is no text.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of languages.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Sets the text of a language (a tag of [BCP 47](https://www.rfc-editor.org/info/bcp47), empty
    /// for the surrounding language) and gives back the one it had.
    pub fn insert(&mut self, lang: impl Into<String>, text: impl Into<String>) -> Option<String> {
        let (lang, text) = (lang.into(), text.into());
        if let Some(i) = self.position(&lang) {
            return Some(std::mem::replace(&mut self.0[i].1, text));
        }
        self.0.push((lang, text));
        None
    }

    /// The text of exactly this language (compared without regard to case).
    pub fn get(&self, lang: &str) -> Option<&str> {
        self.position(lang).map(|i| self.0[i].1.as_str())
    }

    /// The text without a language of its own, else the first one.
    pub fn any(&self) -> Option<&str> {
        self.get("")
            .or_else(|| self.0.first().map(|(_, text)| text.as_str()))
    }

    /// The text for someone who reads `preferred`, best language first: the lookup of [RFC 4647
    /// §3.4] (`de-AT` finds `de`), falling back to [`LangMap::any`].
    ///
    /// [RFC 4647 §3.4]: https://www.rfc-editor.org/rfc/rfc4647#section-3.4
    pub fn best(&self, preferred: &[&str]) -> Option<&str> {
        preferred
            .iter()
            .find_map(|range| self.lookup(range))
            .or_else(|| self.any())
    }

    /// Languages and texts, in the order of the document.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(lang, text)| (lang.as_str(), text.as_str()))
    }

    /// Adds the text of `element` under its own `xml:lang`, unless that language is there already.
    pub fn read(&mut self, element: ElementRef<'_>) {
        let lang = element.attr_ns("lang", ns::XML).unwrap_or_default();
        if self.position(&lang).is_none() {
            self.0
                .push((lang.into_owned(), read::only_text(element).into_owned()));
        }
    }

    /// Writes one element `name` for each language.
    pub fn write(&self, writer: &mut Writer<'_>, name: &str, ns: Namespace) {
        for (lang, text) in &self.0 {
            let tag = writer.start(name, ns);
            if !lang.is_empty() {
                writer.attr("xml:lang", lang);
            }
            writer.text(text);
            writer.end(tag);
        }
    }

    /// As [`LangMap::write`]; `parts` are `<name>` and `</name>`.
    pub fn write_as(
        &self,
        writer: &mut Writer<'_>,
        parts: (&'static str, &'static str),
        ns: Namespace,
    ) {
        for (lang, text) in &self.0 {
            if lang.is_empty() {
                writer.value_element(parts, ns, text);
            } else {
                let (start, _) = parts;
                let tag = writer.start(&start[1..start.len() - 1], ns);
                writer.attr("xml:lang", lang);
                writer.text(text);
                writer.end(tag);
            }
        }
    }

    fn position(&self, lang: &str) -> Option<usize> {
        self.0
            .iter()
            .position(|(l, _)| l.eq_ignore_ascii_case(lang))
    }

    fn lookup(&self, range: &str) -> Option<&str> {
        let mut range = range;
        while !range.is_empty() {
            if let Some(text) = self.get(range) {
                return Some(text);
            }
            range = &range[..range.rfind('-')?];
            // A single letter or digit (as in `zh-x-…`) is cut together with what follows it.
            if range.len() >= 2 && range.as_bytes()[range.len() - 2] == b'-' {
                range = &range[..range.len() - 2];
            }
        }
        None
    }
}

/// The text in the surrounding language.
impl From<&str> for LangMap {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

/// The text in the surrounding language.
impl From<String> for LangMap {
    fn from(text: String) -> Self {
        Self(vec![(String::new(), text)])
    }
}

impl<L: Into<String>, T: Into<String>> FromIterator<(L, T)> for LangMap {
    fn from_iter<I: IntoIterator<Item = (L, T)>>(iter: I) -> Self {
        let mut map = Self::new();
        for (lang, text) in iter {
            let lang = lang.into();
            if map.position(&lang).is_none() {
                map.0.push((lang, text.into()));
            }
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookup_falls_back_along_the_tag_then_to_any() {
        let map: LangMap = [("en", "color"), ("en-GB", "colour"), ("", "Farbe")]
            .into_iter()
            .collect();
        assert_eq!(map.best(&["en-GB-oed"]), Some("colour"));
        assert_eq!(map.best(&["EN-us"]), Some("color"));
        assert_eq!(map.best(&["fr", "en"]), Some("color"));
        assert_eq!(map.best(&["fr"]), Some("Farbe"));
        assert_eq!(map.best(&["en-x-private"]), Some("color"));
        assert_eq!(LangMap::new().best(&["en"]), None);
    }

    #[test]
    fn the_first_text_of_a_language_wins_and_insert_replaces() {
        let mut map: LangMap = [("de", "eins"), ("DE", "zwei")].into_iter().collect();
        assert_eq!((map.len(), map.get("de")), (1, Some("eins")));
        assert_eq!(map.insert("de", "drei").as_deref(), Some("eins"));
        assert_eq!(map.any(), Some("drei"));
    }
}
