//! Content: runs of text, references, CDATA; what XMPP forbids behind `<!` and `<?`.

use super::super::{
    chars::is_space,
    error::{Fault, ParseRule, fault},
    scan,
    table::{Entry, Kind},
    work,
};
use super::tree::{NOWHERE, Stage, Step, Tree, offset};

impl Tree {
    /// The next `<` from `i` on; `None` if the text ends before.
    #[inline(always)]
    pub(super) fn text(&mut self, b: &[u8], mut i: usize) -> Result<Option<usize>, Fault> {
        if i < b.len() {
            if self.run == NOWHERE {
                self.begin_run(i);
                self.segment = i;
            }
            self.run_filled = true;
        }
        loop {
            i = scan::text_end(b, i);
            match b.get(i) {
                Some(b'<') => return Ok(Some(i)),
                Some(b'&') => {
                    self.run_flags |= Entry::ESCAPED;
                    self.reference.begin();
                    match self.text_reference(b, i + 1)? {
                        Some(end) => i = end,
                        None => return Ok(None),
                    }
                }
                // `>` alone is text.
                Some(_) => {
                    if i >= self.segment + 2 && &b[i - 2..i] == b"]]" {
                        return fault(ParseRule::CdataEndInText, i);
                    }
                    i += 1;
                }
                None => {
                    self.more(Stage::Content, i);
                    return Ok(None);
                }
            }
        }
    }

    #[inline(always)]
    fn begin_run(&mut self, start: usize) {
        self.run = start;
        self.run_flags = 0;
        self.run_filled = false;
    }

    /// Behind `&` or further: the place behind the `;`.
    #[inline(never)]
    pub(super) fn text_reference(&mut self, b: &[u8], i: usize) -> Result<Option<usize>, Fault> {
        let end = self.reference.go_on(b, i)?;
        match end {
            Some(end) => self.segment = end,
            None => {
                self.more(Stage::TextReference, b.len());
            }
        }
        Ok(end)
    }

    /// The run of text, if there is one, ends at `end` and becomes a node.
    #[inline(always)]
    pub(super) fn end_run(&mut self, b: &[u8], end: usize) -> Result<(), Fault> {
        if self.run == NOWHERE {
            Ok(())
        } else {
            self.push_run(b, end)
        }
    }

    #[inline(never)]
    fn push_run(&mut self, b: &[u8], end: usize) -> Result<(), Fault> {
        let start = std::mem::replace(&mut self.run, NOWHERE);
        let mut flags = self.run_flags;
        work::add(if start < self.controls_end {
            end - start
        } else {
            1
        });
        if start < self.controls_end && memchr::memchr(b'\r', &b[start..end]).is_some() {
            flags |= Entry::ESCAPED | Entry::UNSAFE;
        }
        if flags & Entry::UNSAFE != 0
            && let Some(parent) = self.open.last_mut()
        {
            parent.flags |= Entry::UNSAFE;
        }
        if !self.run_filled {
            return Ok(());
        }
        let next = offset(self.nodes.len() + 1);
        self.push_node(Entry {
            start: offset(start),
            end: offset(end),
            next,
            kind: Kind::Text,
            flags,
            ..Entry::NONE
        })
    }

    /// Behind `<!`, of which `matched` bytes more were seen: CDATA, or something that is forbidden.
    pub(super) fn exclamation(&mut self, b: &[u8], mut i: usize) -> Result<Step, Fault> {
        let begin = i - self.matched;
        while i < b.len() {
            i += 1;
            let seen = &b[begin..i];
            match seen {
                b"--" => return fault(ParseRule::Comment, begin - 2),
                b"DOCTYPE" => return fault(ParseRule::DocumentType, begin - 2),
                b"[CDATA[" if self.open.is_empty() => {
                    return fault(ParseRule::TextOutsideRoot, begin - 2);
                }
                b"[CDATA[" => {
                    if self.run == NOWHERE {
                        self.begin_run(begin - 2);
                    }
                    self.run_flags |= Entry::ESCAPED | Entry::UNSAFE;
                    self.segment = i;
                    return Ok(self.cdata(b, i));
                }
                _ => {}
            }
            let mut possible = [&b"--"[..], b"DOCTYPE", b"[CDATA["].into_iter();
            if !possible.any(|whole| whole.starts_with(seen)) {
                return fault(ParseRule::MalformedMarkup, i - 1);
            }
        }
        self.matched = i - begin;
        Ok(self.more(Stage::Exclamation, i))
    }

    /// In a CDATA section.
    pub(super) fn cdata(&mut self, b: &[u8], mut i: usize) -> Step {
        let from = i;
        while let Some(n) = memchr::memchr(b'>', &b[i..]) {
            i += n;
            if i >= self.segment + 2 && &b[i - 2..i] == b"]]" {
                self.run_filled |= i > self.segment + 2;
                self.segment = i + 1;
                work::add(i - from);
                return Step::Content(i + 1);
            }
            i += 1;
        }
        work::add(b.len() - from);
        self.more(Stage::Cdata, b.len())
    }

    /// Behind `<?`, of which `matched` bytes more were seen: forbidden; an XML declaration is told apart.
    pub(super) fn question(&mut self, b: &[u8], mut i: usize) -> Result<Step, Fault> {
        let begin = i - self.matched;
        while let Some(&c) = b.get(i) {
            match b"xml".get(i - begin) {
                Some(&x) if x == c => {}
                None if is_space(c) => {
                    return fault(ParseRule::MisplacedXmlDeclaration, begin - 2);
                }
                _ => return fault(ParseRule::ProcessingInstruction, begin - 2),
            }
            i += 1;
        }
        self.matched = i - begin;
        Ok(self.more(Stage::Question, i))
    }
}
