//! Random names.

use crate::Random;

/// 128 random bits in hexadecimal digits: ids of streams (HDR-6) and of requests.
pub(super) fn random_id(random: &mut dyn Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    let mut id = String::with_capacity(32);
    for byte in bytes {
        id.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
        id.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
    }
    id
}

/// A UUID of version 4 (RFC 9562 §5.4), the localpart of an anonymous user (SAS-14).
pub(super) fn random_uuid(random: &mut dyn Random) -> String {
    let mut hex = random_id(random);
    hex.replace_range(12..13, "4");
    let variant = match hex.as_bytes()[16] {
        b'0'..=b'3' => "8",
        b'4'..=b'7' => "9",
        b'8' | b'9' | b'a' | b'b' => "a",
        _ => "b",
    };
    hex.replace_range(16..17, variant);
    for at in [20, 16, 12, 8] {
        hex.insert(at, '-');
    }
    hex
}

/// Whether a localpart looks like those that [`ServerSession`](super::ServerSession) gives to anonymous users: a UUID in
/// lower case, of whatever version. A server that has accounts too must not give such a name to one, so that the two
/// are told apart by looking.
///
/// ```
/// use xmpp_core::stream::is_anonymous_localpart;
/// assert!(is_anonymous_localpart("1b36516c-87a2-4dd8-b30e-29445f7a95b0"));
/// assert!(!is_anonymous_localpart("juliet"));
/// ```
pub fn is_anonymous_localpart(localpart: &str) -> bool {
    let has_shape = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    };
    localpart.len() == 36 && localpart.bytes().enumerate().all(has_shape)
}

#[cfg(test)]
mod tests {
    struct Counter(u8);

    impl crate::Random for Counter {
        fn fill(&mut self, dest: &mut [u8]) {
            for byte in dest {
                self.0 = self.0.wrapping_add(0x1b);
                *byte = self.0;
            }
        }
    }

    #[test]
    fn shapes_of_random_names() {
        let id = super::random_id(&mut Counter(0));
        assert_eq!(id, "1b36516c87a2bdd8f30e29445f7a95b0");
        let uuid = super::random_uuid(&mut Counter(0));
        assert_eq!(uuid, "1b36516c-87a2-4dd8-b30e-29445f7a95b0");
    }

    #[test]
    fn the_names_of_anonymous_users_are_told_apart_by_looking() {
        let is_one = super::is_anonymous_localpart;
        for seed in 0..=255 {
            let name = super::random_uuid(&mut Counter(seed));
            assert!(is_one(&name), "{name}");
            // Whatever is not quite one is none.
            assert!(!is_one(&name[1..]) && !is_one(&format!("{name}0")));
            assert!(!is_one(&name.replacen('-', "0", 1)));
            assert!(!is_one(&format!("g{}", &name[1..])));
        }
        assert!(!is_one("") && !is_one("juliet"));
    }
}
