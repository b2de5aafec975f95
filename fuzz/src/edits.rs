//! Edits of messages, four bytes each: where a mutation keeps the rest of an exchange valid, it comes further than noise.

/// What stands in attacks.
const PIECES: [&str; 32] = [
    "m=x",
    "x=1",
    "h=AAAA",
    "t=0304",
    "t=0303",
    "i=1",
    "i=8",
    "i=9",
    "i=0",
    "i=+8",
    "i=4294967296",
    "s=",
    "s=AAAA",
    "r=",
    "r=abc",
    "p=",
    "p=AAAA",
    "c=biws",
    "c=eSws",
    "n",
    "y",
    "p=tls-exporter",
    "n=user",
    "n=us=2cer",
    "a=bob",
    "v=",
    "v=AAAA",
    "e=other-error",
    "=",
    "\0",
    "AA==",
    "\u{ad}",
];

/// The edits that an input stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edits<'a>(pub(crate) &'a [u8]);

impl Edits<'_> {
    /// Message `number` after those edits that are meant for it.
    pub(crate) fn of(self, number: u8, message: &str) -> Vec<u8> {
        let mut bytes = message.as_bytes().to_vec();
        for edit in self.0.chunks_exact(4) {
            let &[kind, at, with, more] = edit else {
                continue;
            };
            if kind >> 4 & 3 == number {
                apply(&mut bytes, kind & 15, usize::from(at), with, more);
            }
        }
        bytes
    }
}

fn apply(bytes: &mut Vec<u8>, kind: u8, at: usize, with: u8, more: u8) {
    let place = at.min(bytes.len());
    let piece = PIECES[usize::from(with) % PIECES.len()].as_bytes();
    let mut parts: Vec<Vec<u8>> = bytes
        .split(|&byte| byte == b',')
        .map(<[u8]>::to_vec)
        .collect();
    let (one, other) = (at % parts.len(), usize::from(more) % parts.len());
    match kind {
        0 => {
            if let Some(byte) = bytes.get_mut(place) {
                *byte = with;
            }
            return;
        }
        1 => return bytes.insert(place, with),
        2 => {
            bytes.splice(place..(place + usize::from(more % 8)).min(bytes.len()), []);
            return;
        }
        3 => return bytes.truncate(place),
        4 => {
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1 << (with % 8);
            }
            return;
        }
        5 => {
            bytes.splice(place..place, piece.iter().copied());
            return;
        }
        6 => return bytes.extend_from_slice(piece),
        7 => parts.insert(one, piece.to_vec()),
        8 => parts.push(piece.to_vec()),
        9 => parts[one] = piece.to_vec(),
        10 => parts.swap(one, other),
        11 => {
            let again = parts[one].clone();
            parts.insert(other, again);
        }
        12 => {
            parts.remove(one);
        }
        13 => parts[one].extend_from_slice(piece),
        14 => parts[one].make_ascii_lowercase(),
        _ => {
            // The value of an attribute, and not its name.
            let keep = parts[one].len().min(2);
            parts[one].truncate(keep);
            parts[one].extend_from_slice(piece);
        }
    }
    *bytes = parts.join(&b',');
}
