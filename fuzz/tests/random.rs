//! The SASL targets on inputs from a seed, as short as their own format: each is an exchange with a few edits. `FUZZ_INPUTS`
//! says how many; a failure prints its input.

use std::panic::catch_unwind;

/// splitmix64.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn input(&mut self) -> Vec<u8> {
        let edits = usize::try_from(self.next() % 5).expect("below 5");
        (0..2 + 4 * edits)
            .map(|_| u8::try_from(self.next() & 0xff).expect("a byte"))
            .collect()
    }
}

fn run(target: fn(&[u8]), seed: u64) {
    let inputs =
        std::env::var("FUZZ_INPUTS").map_or(5_000, |count| count.parse().expect("a number"));
    let mut seeded = Seeded(seed);
    for number in 0..inputs {
        let input = seeded.input();
        assert!(
            catch_unwind(|| target(&input)).is_ok(),
            "seed {seed}, input {number}: {input:?}"
        );
    }
}

#[test]
fn sasl_client_random() {
    run(xmpp_fuzz::sasl_client, 1);
}

#[test]
fn sasl_server_random() {
    run(xmpp_fuzz::sasl_server, 2);
}
