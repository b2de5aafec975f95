//! Cutting the input into pieces.

/// `input` in pieces of 1 to 17 bytes whose sizes follow from `seed`.
pub(crate) fn pieces(input: &[u8], seed: u8) -> impl Iterator<Item = &[u8]> {
    let (mut rest, mut i) = (input, 0usize);
    std::iter::from_fn(move || {
        let size = 1 + (i.wrapping_mul(usize::from(seed) | 1) >> 2) % 17;
        i += 1;
        let (piece, after) = rest.split_at_checked(size).unwrap_or((rest, &[]));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}
