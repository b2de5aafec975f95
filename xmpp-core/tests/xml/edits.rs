//! Edits anywhere in an element: one by one, in every combination against a model, and many at once.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*, sample::select};
use xmpp_core::xml::{Edit, Element, ElementRef, Limits, Node, WriteXml, Writer, ns};

fn parse(text: &str) -> Element {
    Element::parse_in(text, Limits::CLIENT, ns::CLIENT).unwrap_or_else(|e| panic!("{e} in {text}"))
}

/// In the namespace of a client's stream.
fn canonical(value: &impl WriteXml) -> String {
    let mut out = String::new();
    value.write_xml(&mut Writer::new(&mut out, ns::CLIENT));
    out
}

#[track_caller]
fn gives(edit: &Edit<'_>, expected: &str) {
    assert_eq!(canonical(edit), expected);
    assert_eq!(edit.to_element(), parse(expected));
    let mut out = String::new();
    edit.write_xml(&mut Writer::new(&mut out, ns::NONE));
    assert_eq!(Element::parse(&out).unwrap(), parse(expected), "{out}");
}

fn second(element: &Element) -> ElementRef<'_> {
    element.children().nth(1).unwrap()
}

#[test]
fn children_are_replaced_removed_and_inserted_at_a_place() {
    let stanza = parse("<iq>1<a/>2<b x='1' />3<c/>4</iq>");
    let b = second(&stanza);
    let new = parse("<n/>");
    gives(
        &Edit::new(&stanza).replace(b, &new),
        "<iq>1<a/>2<n/>3<c/>4</iq>",
    );
    gives(&Edit::new(&stanza).remove(b), "<iq>1<a/>23<c/>4</iq>");
    gives(
        &Edit::new(&stanza)
            .insert_before(b, &parse("<m/>"))
            .insert_before(b, &new),
        "<iq>1<a/>2<m/><n/><b x='1' />3<c/>4</iq>",
    );
    gives(
        &Edit::new(&stanza)
            .insert_after(b, &parse("<m/>"))
            .insert_after(b, &new),
        "<iq>1<a/>2<b x='1' /><m/><n/>3<c/>4</iq>",
    );
    gives(
        &Edit::new(&stanza)
            .prepend(&parse("<m/>"))
            .prepend(&new)
            .append(&new),
        "<iq><m/><n/>1<a/>2<b x='1' />3<c/>4<n/></iq>",
    );
    // Around one that is taken away; the last word on one counts.
    gives(
        &Edit::new(&stanza)
            .insert_after(b, &new)
            .replace(b, &new)
            .remove(b)
            .insert_before(b, &new),
        "<iq>1<a/>2<n/><n/>3<c/>4</iq>",
    );
}

#[test]
fn text_takes_the_place_of_all_content_and_what_comes_later_stands_beside_it() {
    for text in [
        "<iq><a/><b>x</b></iq>",
        "<c:iq xmlns:c='jabber:client'><c:a/><c:b>x</c:b></c:iq>",
    ] {
        let stanza = parse(text);
        let b = second(&stanza);
        let new = parse("<n/>");
        gives(
            &Edit::new(&stanza).at(b, |b| b.set_text("<&>\r")),
            "<iq><a/><b>&lt;&amp;&gt;&#xD;</b></iq>",
        );
        gives(
            &Edit::new(&stanza)
                .append(&new)
                .prepend(&new)
                .set_text("t")
                .append(&new),
            "<iq>t<n/></iq>",
        );
        // What was inside is gone, with its changes.
        let edit = Edit::new(&stanza)
            .at(b, |b| b.set_attr("x", "1"))
            .remove(b)
            .set_text("");
        gives(&edit, "<iq/>");
    }
}

#[test]
fn an_element_gets_another_name_and_namespace_and_its_content_keeps_its_own() {
    for text in [
        "<iq><a x='1'><c/>t</a><b xmlns='u'/></iq>",
        "<iq xmlns:p='jabber:client'><p:a x='1'><p:c/>t</p:a><b xmlns='u'/></iq>",
    ] {
        let stanza = parse(text);
        let (a, b) = (stanza.children().next().unwrap(), second(&stanza));
        let edit = Edit::new(&stanza)
            .at(a, |a| a.rename("z", "u"))
            .at(b, |b| b.rename("y", ns::CLIENT));
        assert_eq!(
            edit.to_element(),
            parse("<iq><z xmlns='u' x='1'><c xmlns='jabber:client'/>t</z><y/></iq>")
        );
        let edit = Edit::new(&stanza).at(a, |a| a.rename("z", ns::CLIENT));
        assert_eq!(
            edit.to_element(),
            parse("<iq><z x='1'><c/>t</z><b xmlns='u'/></iq>")
        );
        // The root; no name at all.
        let edit = Edit::new(&stanza)
            .rename("message", ns::SERVER)
            .rename("x y", "u")
            .rename("x", ns::XML);
        assert!(edit.to_element().is("message", ns::SERVER));
        assert_eq!(edit.to_element().children().next().unwrap(), a);
    }
}

#[test]
fn attributes_in_a_namespace_get_a_prefix_that_is_free() {
    for text in [
        "<iq xmlns:a1='urn:1' a1:x='1' xmlns:q='u' q:y='2'><b a1:x='3'/></iq>",
        "<c:iq xmlns:c='jabber:client' xmlns:a1='urn:1' a1:x='1' xmlns:q='u' q:y='2'><c:b a1:x='3'/></c:iq>",
    ] {
        let stanza = parse(text);
        let b = stanza.children().next().unwrap();
        let (u, one) = ("u", "urn:1");
        let edit = Edit::new(&stanza)
            .set_attr_ns("x", u, "4")
            .set_attr_ns("y", u, "5")
            .set_attr_ns("lang", ns::XML, "de")
            .set_attr_ns("z", ns::NONE, "6")
            .at(b, |b| b.set_attr_ns("x", u, "7"))
            .to_element();
        assert_eq!(
            edit,
            parse(
                "<iq xmlns:a='urn:1' xmlns:u='u' a:x='1' u:x='4' u:y='5' xml:lang='de' z='6'><b a:x='3' u:x='7'/></iq>"
            )
        );
        let edit = Edit::new(&stanza)
            .remove_attr_ns("x", one)
            .remove_attr_ns("y", u);
        let b = parse("<iq><b xmlns:a='urn:1' a:x='3'/></iq>");
        assert_eq!(edit.to_element(), b);
    }
}

#[test]
fn no_name_breaks_out_and_none_is_written_twice() {
    let stanza = parse("<iq a='1' xml:lang='en'/>");
    let mut edit = Edit::new(&stanza);
    for name in [
        "", "a b", "x='' y", "p:x", "xmlns", "xmlns:p", "xml:", "xml:a:b", "1",
    ] {
        edit = edit
            .set_attr(name, "v")
            .set_attr_ns(format!("{name} "), "u", "v")
            .rename(format!("{name}/"), "u");
    }
    edit = edit.set_attr_ns("x", ns::XMLNS, "v");
    gives(&edit, "<iq a='1' xml:lang='en'/>");
    let edit = edit
        .set_attr("a", "2")
        .set_attr("xml:lang", "de")
        .set_attr("b", "1")
        .set_attr_ns("lang", ns::XML, "cs")
        .set_attr("a", "3")
        .remove_attr("b");
    gives(&edit, "<iq xml:lang='cs' a='3'/>");
}

#[test]
fn what_is_not_inside_is_passed_over() {
    let stanza = parse("<iq><a><b/></a><c/></iq>");
    let same = parse("<iq><a><b/></a><c/></iq>");
    let (a, c) = (stanza.children().next().unwrap(), second(&stanza));
    let new = parse("<n/>");
    // The root has no place beside it; another document; outside of the edited element.
    for (edited, at) in [
        (stanza.root(), stanza.root()),
        (stanza.root(), second(&same)),
        (a, c),
        (a, stanza.root()),
        (a, a),
    ] {
        let edit = Edit::new(edited)
            .remove(at)
            .replace(at, &new)
            .insert_before(at, &new)
            .insert_after(at, &new);
        assert_eq!(edit.to_element(), edited);
    }
    let edit = Edit::new(a).at(c, |c| c.set_attr("x", "1"));
    assert_eq!(edit.to_element(), a);
    // A clone is the same document.
    let clone = stanza.clone();
    let edit = Edit::new(&stanza).remove(second(&clone));
    gives(&edit, "<iq><a><b/></a></iq>");
}

#[test]
fn bytes_pass_as_they_are_where_that_is_safe_and_only_there() {
    let stanza = parse("<iq  id = \"1\"><a  x=\"&#65;\"><b />&#66;</a><c ><d  /></c ></iq>");
    let (a, c) = (stanza.children().next().unwrap(), second(&stanza));
    let edit = Edit::new(&stanza)
        .at(a, |a| a.remove_children(|_| true))
        .at(c, |c| c.set_attr("z", ""));
    gives(
        &edit,
        "<iq  id = \"1\"><a  x=\"&#65;\">&#66;</a><c z=''><d  /></c></iq>",
    );
    // A prefix, CDATA, a carriage return: what holds them is written anew, what is beside them is not.
    for (text, expected) in [
        (
            "<iq  id=\"1\"><a  x=\"1\"/><p:b xmlns:p='jabber:client'><p:x  y=\"\"/><z  y=\"\"/></p:b></iq>",
            "<iq  id=\"1\"><a  x=\"1\"/><b v=''><x y=''/><z  y=\"\"/></b></iq>",
        ),
        (
            "<iq  id=\"1\"><a  x=\"1\"/><b  x=\"2\"><![CDATA[<]]><z  y=\"\"/></b></iq>",
            "<iq id='1'><a  x=\"1\"/><b v='' x='2'>&lt;<z  y=\"\"/></b></iq>",
        ),
        (
            "<iq  id=\"1\"><a  x=\"1\"/><b\rx=\"2\"><z  y=\"\"/></b></iq>",
            "<iq id='1'><a  x=\"1\"/><b v='' x='2'><z  y=\"\"/></b></iq>",
        ),
    ] {
        let stanza = parse(text);
        let edit = Edit::new(&stanza).at(second(&stanza), |b| b.set_attr("v", ""));
        gives(&edit, expected);
    }
}

/// What the edits do, done to a tree.
#[derive(Clone, Debug, Default)]
struct Model {
    nodes: Vec<ModelNode>,
}

#[derive(Clone, Debug)]
struct ModelNode {
    name: String,
    ns: String,
    attrs: BTreeMap<(String, String), String>,
    items: Vec<Item>,
    /// What stands in its place.
    instead: Option<&'static str>,
    prepended: usize,
    followed: usize,
    parent: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum Item {
    Old(usize),
    New(&'static str),
    Text(String),
}

impl Model {
    fn of(element: ElementRef<'_>) -> Self {
        let mut model = Self::default();
        model.add(element, usize::MAX);
        model
    }

    fn add(&mut self, element: ElementRef<'_>, parent: usize) -> usize {
        let id = self.nodes.len();
        self.nodes.push(ModelNode {
            name: element.name().to_owned(),
            ns: element.ns().to_owned(),
            attrs: element
                .attrs()
                .map(|a| {
                    (
                        (a.ns().to_owned(), a.name().to_owned()),
                        a.value().into_owned(),
                    )
                })
                .collect(),
            items: Vec::new(),
            instead: None,
            prepended: 0,
            followed: 0,
            parent,
        });
        for node in element.nodes() {
            let item = match node {
                Node::Element(child) => Item::Old(self.add(child, id)),
                Node::Text(text) => Item::Text(text.into_owned()),
            };
            self.nodes[id].items.push(item);
        }
        id
    }

    fn insert_beside(&mut self, id: usize, behind: bool, new: &'static str) {
        let (parent, skip) = (self.nodes[id].parent, self.nodes[id].followed + 1);
        let Some(items) = self.nodes.get_mut(parent).map(|n| &mut n.items) else {
            return;
        };
        if let Some(at) = items.iter().position(|item| *item == Item::Old(id)) {
            items.insert(if behind { at + skip } else { at }, Item::New(new));
            self.nodes[id].followed += usize::from(behind);
        }
    }

    fn write(&self, id: usize, w: &mut Writer<'_>) {
        let node = &self.nodes[id];
        if let Some(instead) = node.instead {
            if !instead.is_empty() {
                parse(instead).write_xml(w);
            }
            return;
        }
        let tag = w.start_with(&node.name, &node.ns);
        for (i, ((ns, name), value)) in node.attrs.iter().enumerate() {
            match ns.as_str() {
                "" => w.attr(name, value),
                "http://www.w3.org/XML/1998/namespace" => w.attr(&format!("xml:{name}"), value),
                _ => {
                    w.attr(&format!("xmlns:m{i}"), ns);
                    w.attr(&format!("m{i}:{name}"), value);
                }
            }
        }
        for item in &node.items {
            match item {
                Item::Old(id) => self.write(*id, w),
                Item::New(new) => parse(new).write_xml(w),
                Item::Text(text) => w.text(text),
            }
        }
        w.end(tag);
    }
}

/// What to do at which element, counted in the order of the document.
type Step = (usize, u8, &'static str, &'static str);

fn apply<'a>(
    edit: Edit<'a>,
    model: &mut Model,
    elements: &[ElementRef<'a>],
    step: Step,
) -> Edit<'a> {
    let (id, what, name, new) = step;
    let id = id % elements.len();
    let at = elements[id];
    let node = &mut model.nodes[id];
    let ns = if name.len() % 2 == 0 { "u" } else { "" };
    match what {
        0 => {
            node.attrs.insert((ns.into(), name.into()), new.into());
            edit.at(at, |e| e.set_attr_ns(name, ns, new))
        }
        1 => {
            node.attrs.remove(&(ns.into(), name.into()));
            edit.at(at, |e| e.remove_attr_ns(name, ns))
        }
        2 => {
            (node.name, node.ns) = (name.into(), ns.into());
            edit.at(at, |e| e.rename(name, ns))
        }
        3 => {
            node.items = vec![Item::Text(new.into())];
            node.prepended = 0;
            edit.at(at, |e| e.set_text(new))
        }
        4 => {
            node.items.insert(node.prepended, Item::New(new));
            node.prepended += 1;
            edit.at(at, |e| e.prepend(&parse(new)))
        }
        5 => {
            node.items.push(Item::New(new));
            edit.at(at, |e| e.append(&parse(new)))
        }
        6 if id > 0 => {
            node.instead = Some("");
            edit.remove(at)
        }
        7 if id > 0 => {
            node.instead = Some(new);
            edit.replace(at, &parse(new))
        }
        8 => {
            model.insert_beside(id, false, new);
            edit.insert_before(at, &parse(new))
        }
        9 => {
            model.insert_beside(id, true, new);
            edit.insert_after(at, &parse(new))
        }
        _ => edit,
    }
}

fn document() -> impl Strategy<Value = String> {
    let leaf = (
        any::<u8>(),
        select(&["", "t", "&lt;", "<![CDATA[<]]>", "\r\n"][..]),
    )
        .prop_map(|(style, text)| element(style, text));
    leaf.prop_recursive(4, 16, 3, |inner| {
        (any::<u8>(), vec(inner, 0..4), any::<bool>()).prop_map(|(style, inner, text)| {
            element(style, &inner.join(if text { " x " } else { "" }))
        })
    })
    .prop_map(|inner| format!("<iq xmlns:c='urn:c' xmlns:p='u'>{inner}{inner}</iq>"))
}

fn element(style: u8, inner: &str) -> String {
    let attrs = match style & 3 {
        0 => "",
        1 => " lang='1' p:type='2'",
        2 => " a1:lang='1' xmlns:a1='urn:c' type=\"&gt;\" ",
        _ => " xml:lang='de' c:xx='1'",
    };
    let declares = if style & 4 != 0 { " xmlns='u'" } else { "" };
    let name = if style & 8 != 0 { "c:e" } else { "e" };
    if inner.is_empty() && style & 16 != 0 {
        return format!("<{name}{declares}{attrs}/>");
    }
    format!("<{name}{declares}{attrs}>{inner}</{name}>")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_edits_in_any_order_do_what_they_say(
        text in document(),
        steps in vec((
            any::<usize>(),
            0..10u8,
            select(&["lang", "type", "xx", "x", "abc", "a.b-c"][..]),
            select(&["<n/>", "<n xmlns='u'>y</n>", "<c:n xmlns:c='u' c:a='1'><c:o/></c:n>", "<n><![CDATA[x]]></n>"][..]),
        ), 0..12),
        inner in any::<bool>(),
    ) {
        let document = parse(&text);
        let edited = if inner { document.children().next().unwrap() } else { document.root() };
        let mut elements = vec![edited];
        elements.extend(edited.descendants());
        let mut model = Model::of(edited);
        let mut edit = Edit::new(edited);
        for step in steps {
            edit = apply(edit, &mut model, &elements, step);
        }
        let expected = Element::build(ns::CLIENT, |w| model.write(0, w));
        prop_assert_eq!(edit.to_element(), expected.clone(), "{}", text);
        let mut out = String::new();
        edit.write_xml(&mut Writer::new(&mut out, ns::DATA_FORMS));
        let again = Element::parse_in(&out, Limits::CLIENT, ns::DATA_FORMS);
        prop_assert_eq!(again.unwrap(), expected, "{}", out);
    }
}

/// A change at each of many children, and at each of many levels.
#[test]
fn many_edits_at_once() {
    const MANY: usize = 20_000;
    for (open, close) in [
        ("<iq>", "</iq>"),
        ("<c:iq xmlns:c='jabber:client'>", "</c:iq>"),
    ] {
        let wide = parse(&format!("{open}{}{close}", "<a x='1'/>".repeat(MANY)));
        let new = parse("<n/>");
        let mut edit = Edit::new(&wide);
        for (i, child) in wide.children().enumerate() {
            edit = match i % 4 {
                0 => edit.remove(child),
                1 => edit.replace(child, &new),
                2 => edit.at(child, |c| c.set_attr("x", "2")),
                _ => edit.insert_after(child, &new),
            };
        }
        let expected = format!(
            "<iq>{}</iq>",
            "<n/><a x='2'/><a x='1'/><n/>".repeat(MANY / 4)
        );
        assert_eq!(canonical(&edit), expected);
    }

    let mut limits = Limits::CLIENT;
    limits.depth = 65_000;
    let text = format!("{}{}", "<a>".repeat(60_000), "</a>".repeat(60_000));
    let run = move || {
        let deep = Element::parse_in(&text, limits, ns::CLIENT).unwrap();
        let mut edit = Edit::new(&deep);
        for element in deep.descendants() {
            edit = edit.at(element, |e| e.set_attr("x", "1"));
        }
        let expected = format!("<a>{}", "<a x='1'>".repeat(59_999)).replace("<a x='1'></", "");
        let out = canonical(&edit);
        // The innermost is empty.
        assert!(out.starts_with(&expected[..expected.len() - 1]));
        assert_eq!(
            out.len(),
            text.len() + 59_999 * " x='1'".len() - "<a></a>".len() + "<a/>".len()
        );
        // One change deep down, and none.
        let innermost = deep.descendants().last().unwrap();
        assert!(
            canonical(&Edit::new(&deep).at(innermost, |e| e.set_text("t"))).contains("<a>t</a>")
        );
        assert_eq!(canonical(&Edit::new(&deep)), text);
        drop(edit.clone());
    };
    std::thread::Builder::new()
        .stack_size(128 * 1024)
        .spawn(run)
        .unwrap()
        .join()
        .unwrap();
}
