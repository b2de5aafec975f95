//! A simulation: random clients do everything that clients do, and the checker of `testkit::muc` holds every outcome
//! to the rules (MUC EN2, EN3, EN5, EN8, GC1, GC2, HI1, IQ1, NI3, PR2, RS4, SE1, SE10, SU1 and more; its page lists
//! them). A failure prints the seed and the whole script.

mod bugs;

use std::{panic::catch_unwind, time::Duration};

use testkit::{
    Seeded,
    muc::{Choose, Host, ROOMS, SESSIONS, act},
};
use xmpp_muc::{Creation, LockExpiry, ServiceConfig, Whois};

/// A service whose configuration the seed varies.
fn service(seed: u64) -> ServiceConfig {
    let mut random = Seeded::new(seed ^ 0x5eed);
    let mut one_in = |n: usize| random.below(n) == 0;
    let mut service = ServiceConfig::default();
    service.room.moderated = one_in(3);
    service.room.change_subject = one_in(2);
    service.room.persistent = one_in(4);
    service.room.archive = one_in(3);
    service.room.members_only = one_in(8);
    service.lock_new_rooms = one_in(5);
    if one_in(2) {
        service.lock_expiry = LockExpiry::Destroy;
    }
    if one_in(6) {
        service.room.whois = Whois::Anyone;
    }
    if one_in(2) {
        service.withheld_fields.clear();
    }
    if one_in(3) {
        service.linger = Duration::from_mins(1);
    }
    if one_in(20) {
        service.creation = Creation::Domains(["users.example".to_owned()].into());
    }
    if one_in(2) {
        service.temporary.domains.insert("anon.example".to_owned());
    }
    let root = "root@users.example".parse().expect("an address");
    service.administrators.insert(root);
    service.limits.sessions_per_nick = 2;
    service.limits.queries = 3;
    service
}

/// Runs one script to its end: everybody goes, time passes, and nobody waits any more.
fn run(seed: u64, steps: usize, prepare: impl FnOnce(&mut Host)) {
    let mut host = Host::new(service(seed), seed);
    if seed.is_multiple_of(4) {
        host.failures = 10;
    }
    prepare(&mut host);
    let mut choose = Seeded::new(seed);
    for _ in 0..steps {
        act(&mut host, &mut choose);
    }
    host.wait(Duration::from_mins(10));
    host.checker.settled();
    if seed.is_multiple_of(3) {
        host.shutdown();
    } else if seed.is_multiple_of(2) {
        for room in ROOMS {
            host.destroy_room(&room.parse().expect("an address"));
        }
    }
    for session in SESSIONS {
        host.lose(&session.parse().expect("an address"));
    }
    host.wait(Duration::from_hours(2));
    host.checker.settled();
    for room in ROOMS {
        assert!(host.checker.occupants(room).is_empty());
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_default()
}

/// The seeds of a run: `MUC_SEED` is one that is looked into, `MUC_SEEDS` how many else.
fn seeds() -> std::ops::Range<u64> {
    if let Some(seed) = std::env::var("MUC_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
    {
        return seed..seed + 1;
    }
    let count = std::env::var("MUC_SEEDS")
        .ok()
        .and_then(|count| count.parse().ok());
    0..count.unwrap_or(400)
}

#[test]
fn gc2_pr2_se1_se10_random_scripts_keep_the_invariants() {
    for seed in seeds() {
        if catch_unwind(|| run(seed, 160, |_| {})).is_err() {
            println!("seed {seed}:");
            run(seed, 160, |host| host.verbose = true);
            unreachable!("the same seed gives the same script");
        }
    }
}

/// Each bug that is planted is found, under the number of its rule, and by few scripts.
#[test]
fn every_planted_bug_is_found() {
    for bug in bugs::BUGS {
        let found = (0..40).find_map(|seed| {
            catch_unwind(|| run(seed, 160, |host| host.tamper(bug.plant)))
                .err()
                .map(|panic| (seed, message(&*panic)))
        });
        let (seed, message) = found.unwrap_or_else(|| panic!("not found: {}", bug.name));
        assert!(
            bug.expected
                .iter()
                .any(|rule| message.contains(&format!("{rule}: "))),
            "{}, seed {seed}: {message}",
            bug.name
        );
    }
}
