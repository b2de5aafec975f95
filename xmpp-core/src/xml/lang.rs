//! Text in several languages.

use std::collections::BTreeMap;

use super::{ElementRef, Namespace, Writer, ns, read, work};

/// The same text in several languages, told apart by `xml:lang` ([RFC 6120 §8.1.5]): a message's
/// bodies, the reason of an error.
///
/// A text without an `xml:lang` of its own has the language of what surrounds it; its key here is
/// the empty string. Each language stands once: of two texts for one language the first is kept.
/// The order is that of the document.
///
/// [RFC 6120 §8.1.5]: https://www.rfc-editor.org/rfc/rfc6120#section-8.1.5
#[derive(Clone, Debug, Default)]
pub struct LangMap {
    texts: Vec<(String, String)>,
    /// Where each language stands, in lower case; empty while there are [`FEW`].
    index: BTreeMap<String, usize>,
}

/// So many languages are looked through one by one. A peer may send thousands.
const FEW: usize = 16;

impl LangMap {
    /// No text at all.
    pub const fn new() -> Self {
        Self {
            texts: Vec::new(),
            index: BTreeMap::new(),
        }
    }

    /// Whether there is no text.
    pub const fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The number of languages.
    pub const fn len(&self) -> usize {
        self.texts.len()
    }

    /// Sets the text of a language (a tag of [BCP 47](https://www.rfc-editor.org/info/bcp47), empty
    /// for the surrounding language) and gives back the one it had.
    pub fn insert(&mut self, lang: impl Into<String>, text: impl Into<String>) -> Option<String> {
        let (lang, text) = (lang.into(), text.into());
        if let Some(i) = self.position(&lang) {
            return Some(std::mem::replace(&mut self.texts[i].1, text));
        }
        self.push(lang, text);
        None
    }

    /// The text of exactly this language (compared without regard to case).
    pub fn get(&self, lang: &str) -> Option<&str> {
        self.position(lang).map(|i| self.texts[i].1.as_str())
    }

    /// The text without a language of its own, else the first one.
    pub fn any(&self) -> Option<&str> {
        self.get("")
            .or_else(|| self.texts.first().map(|(_, text)| text.as_str()))
    }

    /// The text for someone who reads `preferred`, best language first: the lookup of [RFC 4647
    /// §3.4] (`de-AT` finds `de`), falling back to [`LangMap::any`].
    ///
    /// [RFC 4647 §3.4]: https://www.rfc-editor.org/rfc/rfc4647#section-3.4
    pub fn best(&self, preferred: &[&str]) -> Option<&str> {
        preferred
            .iter()
            .find_map(|range| lookup(range, |lang| self.get(lang)))
            .or_else(|| self.any())
    }

    /// As [`LangMap::best`], where a text without a language of its own is in `surrounding`: what
    /// [`ElementRef::lang`] gives for the element that the texts are children of, else the language of the stream.
    ///
    /// ```
    /// use xmpp_core::xml::{Element, ns};
    ///
    /// let message = Element::parse("<message xmlns='jabber:client' xml:lang='de'><body>Hallo</body><body xml:lang='en'>Hi</body></message>")?;
    /// let bodies = message.texts("body", ns::CLIENT);
    /// assert_eq!(bodies.best(&["de", "en"]), Some("Hi"));
    /// assert_eq!(bodies.best_in(message.lang().as_deref(), &["de", "en"]), Some("Hallo"));
    /// # Ok::<(), xmpp_core::xml::ParseError>(())
    /// ```
    pub fn best_in(&self, surrounding: Option<&str>, preferred: &[&str]) -> Option<&str> {
        let surrounding = surrounding.filter(|lang| !lang.is_empty());
        preferred
            .iter()
            .find_map(|range| {
                lookup(range, |lang| {
                    let is_around = surrounding.is_some_and(|s| s.eq_ignore_ascii_case(lang));
                    self.get(lang)
                        .or_else(|| self.get("").filter(|_| is_around))
                })
            })
            .or_else(|| self.any())
    }

    /// Languages and texts, in the order of the document.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts
            .iter()
            .map(|(lang, text)| (lang.as_str(), text.as_str()))
    }

    /// Adds the text of `element` under its own `xml:lang`, unless that language is there already.
    pub fn read(&mut self, element: ElementRef<'_>) {
        let lang = element.attr_ns("lang", ns::XML).unwrap_or_default();
        if self.position(&lang).is_none() {
            self.push(lang.into_owned(), read::only_text(element).into_owned());
        }
    }

    /// Writes one element `name` for each language.
    pub fn write(&self, writer: &mut Writer<'_>, name: &str, ns: Namespace) {
        for (lang, text) in &self.texts {
            let tag = writer.start(name, ns);
            if !lang.is_empty() {
                writer.attr("xml:lang", lang);
            }
            writer.text(text);
            writer.end(tag);
        }
    }

    fn push(&mut self, lang: String, text: String) {
        self.texts.push((lang, text));
        match self.texts.len() {
            0..=FEW => {}
            len if self.index.is_empty() => {
                let langs = self.texts[..len].iter().enumerate();
                self.index = langs
                    .map(|(i, (lang, _))| (lang.to_ascii_lowercase(), i))
                    .collect();
            }
            len => {
                let lang = &self.texts[len - 1].0;
                self.index.insert(lang.to_ascii_lowercase(), len - 1);
            }
        }
    }

    /// As [`LangMap::write`]; `parts` are `<name>` and `</name>`.
    pub fn write_as(
        &self,
        writer: &mut Writer<'_>,
        parts: (&'static str, &'static str),
        ns: Namespace,
    ) {
        for (lang, text) in &self.texts {
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
        if !self.index.is_empty() {
            work::add(1);
            return self.index.get(&lang.to_ascii_lowercase()).copied();
        }
        work::add(self.texts.len());
        self.texts
            .iter()
            .position(|(l, _)| l.eq_ignore_ascii_case(lang))
    }
}

/// The lookup of RFC 4647 §3.4: `range` and what is left of it as it is cut from behind.
fn lookup<'t>(range: &str, get: impl Fn(&str) -> Option<&'t str>) -> Option<&'t str> {
    let mut range = range;
    while !range.is_empty() {
        if let Some(text) = get(range) {
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

/// The same languages with the same texts in the same order.
impl PartialEq for LangMap {
    fn eq(&self, other: &Self) -> bool {
        self.texts == other.texts
    }
}

impl Eq for LangMap {}

/// The text in the surrounding language.
impl From<&str> for LangMap {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

/// The text in the surrounding language.
impl From<String> for LangMap {
    fn from(text: String) -> Self {
        Self {
            texts: vec![(String::new(), text)],
            index: BTreeMap::new(),
        }
    }
}

impl<L: Into<String>, T: Into<String>> FromIterator<(L, T)> for LangMap {
    fn from_iter<I: IntoIterator<Item = (L, T)>>(iter: I) -> Self {
        let mut map = Self::new();
        for (lang, text) in iter {
            let lang = lang.into();
            if map.position(&lang).is_none() {
                map.push(lang, text.into());
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

    #[test]
    fn a_text_without_a_language_has_the_surrounding_one() {
        let map: LangMap = [("", "Farbe"), ("en", "color")].into_iter().collect();
        assert_eq!(map.best_in(Some("de"), &["de-AT", "en"]), Some("Farbe"));
        assert_eq!(map.best_in(Some("de-AT"), &["de", "en"]), Some("color"));
        assert_eq!(map.best_in(Some("en"), &["EN"]), Some("color"));
        assert_eq!(map.best_in(Some(""), &["de", "en"]), Some("color"));
        assert_eq!(map.best_in(None, &["de", "en"]), Some("color"));
        assert_eq!(map.best_in(None, &["fr"]), Some("Farbe"));
    }

    #[test]
    fn many_languages_are_found_and_cost_no_more_each_than_few() {
        let build = |n: usize| -> (usize, LangMap) {
            work::take();
            let mut map: LangMap = (0..n).map(|i| (format!("X-{i}"), i.to_string())).collect();
            for i in 0..n {
                assert_eq!(map.get(&format!("x-{i}")), Some(i.to_string().as_str()));
            }
            assert_eq!(map.insert("x-3", "new").as_deref(), Some("3"));
            assert_eq!((map.len(), map.get("X-3")), (n, Some("new")));
            (work::take(), map)
        };
        let (less, map) = build(10_000);
        let (more, _) = build(20_000);
        assert!(more * 10 <= less * 22, "{less}, then {more}");
        // One that grew past the few equals one that was built otherwise.
        let again: LangMap = map.iter().collect();
        assert_eq!(again, map);
        let mut short = build(10).1;
        for i in 10..40 {
            assert_eq!(short.insert(format!("x-{i}"), ""), None);
            assert_eq!(short.get(&format!("X-{i}")), Some(""));
        }
    }
}
