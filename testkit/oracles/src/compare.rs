//! Our reading beside the oracles'.

use xmpp_core::xml::ParseError;

use crate::{
    differences::{DIFFERENCES, Difference},
    expat,
    item::Item,
    ours,
    reading::{Case, End, Mode, Oracle, Reading, Refusal, Way},
    rxml,
};

/// Something that differs and is not on the list.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{way:?}, and no entry of the list explains it\nours: {ours:?}\n{oracle}: {theirs:?}")]
pub struct Unexplained {
    /// Beside whom.
    pub oracle: Oracle,
    /// How.
    pub way: Way,
    /// Our reading.
    pub ours: Reading<ParseError>,
    /// The oracle's.
    pub theirs: Reading<Refusal>,
}

/// Reads `input` with our parser, with expat (where it is installed) and with rxml, and compares what they accept and what
/// they tell. Gives the differences that are on the list.
///
/// # Errors
///
/// The first difference that is not.
pub fn compare(input: &[u8], mode: Mode) -> Result<Vec<&'static Difference>, Box<Unexplained>> {
    let ours = ours::read([input], mode);
    let oracles = [
        (Oracle::Expat, expat::read(input, mode)),
        (Oracle::Rxml, Some(rxml::read(input, mode))),
    ];
    let mut found = Vec::new();
    for (oracle, theirs) in oracles {
        let Some(theirs) = theirs else { continue };
        match explain(oracle, mode, &ours, &theirs) {
            Ok(differences) => found.extend(differences),
            // It was quicker to say what the next character makes us say, whichever it is.
            Err(Way::OracleRefuses) if ours::is_lost(input, mode) => {}
            Err(way) => {
                return Err(Box::new(Unexplained {
                    oracle,
                    way,
                    ours,
                    theirs,
                }));
            }
        }
    }
    Ok(found)
}

/// As [`compare`]; our parser reads `input` in pieces too.
///
/// # Panics
///
/// If our parser depends on the pieces, or something differs that is not on the list.
pub fn check(input: &[u8], mode: Mode) -> Vec<&'static Difference> {
    let whole = ours::read([input], mode);
    for size in [1, 2, 7, 64] {
        let in_pieces = ours::read(input.chunks(size), mode);
        assert_eq!(
            in_pieces,
            whole,
            "{mode:?} in pieces of {size}: \"{}\"",
            input.escape_ascii()
        );
    }
    compare(input, mode)
        .unwrap_or_else(|difference| panic!("{mode:?}: \"{}\"\n{difference}", input.escape_ascii()))
}

/// What differs between two readings, as entries of the list.
///
/// # Errors
///
/// What differs and is not on the list.
pub(crate) fn explain(
    oracle: Oracle,
    mode: Mode,
    ours: &Reading<ParseError>,
    theirs: &Reading<Refusal>,
) -> Result<Vec<&'static Difference>, Way> {
    let same = is_same(
        &ours.items,
        &theirs.items,
        matches!((&ours.end, &theirs.end), (End::Complete, End::Complete)),
    );
    let content = (!same).then_some(Way::Content);
    let ways = verdict(mode, &ours.end, &theirs.end)
        .into_iter()
        .chain(content);
    ways.map(|way| {
        let case = Case {
            mode,
            way,
            ours,
            theirs,
        };
        DIFFERENCES
            .iter()
            .find(|d| d.oracles.contains(&oracle) && d.ways.contains(&way) && (d.explains)(&case))
            .ok_or(way)
    })
    .collect()
}

/// How the verdicts differ, if they do.
fn verdict(mode: Mode, ours: &End<ParseError>, theirs: &End<Refusal>) -> Option<Way> {
    match (ours, theirs) {
        // The oracle looks at whole tokens, and this one is not whole.
        (End::Refused(error), End::Open(token, _)) => {
            (error.offset < *token).then_some(Way::WeRefuse)
        }
        // So do we, at an XML declaration; and a document that ends too early is none.
        (End::Open(begun, _), End::Refused(_)) => {
            (*begun > 0 && mode == Mode::Stream).then_some(Way::OracleRefuses)
        }
        (End::Refused(_), End::Complete) => Some(Way::WeRefuse),
        (End::Complete, End::Refused(_)) => Some(Way::OracleRefuses),
        (End::Complete, End::Open(..)) | (End::Open(..), End::Complete) => Some(Way::End),
        (End::Refused(_), End::Refused(_))
        | (End::Complete, End::Complete)
        | (End::Open(..), End::Open(..)) => None,
    }
}

/// Whether both tell the same: all of it if both accept, and else as much as both told.
pub(crate) fn is_same(ours: &[Item], theirs: &[Item], complete: bool) -> bool {
    if complete {
        return ours == theirs;
    }
    is_beginning(ours, theirs) || is_beginning(theirs, ours)
}

/// Whether `whole` begins with `part`, whose last run of text may be cut.
fn is_beginning(part: &[Item], whole: &[Item]) -> bool {
    let Some((last, before)) = part.split_last() else {
        return true;
    };
    whole.starts_with(before)
        && match (last, whole.get(before.len())) {
            (Item::Text(cut), Some(Item::Text(text))) => text.starts_with(cut.as_str()),
            (last, Some(item)) => last == item,
            (_, None) => false,
        }
}
