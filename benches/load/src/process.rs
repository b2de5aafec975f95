//! What a process has used, as Linux tells it in `/proc`.

use std::{fs, io, time::Duration};

/// `USER_HZ`: the unit of time in `/proc/PID/stat`, the same on every architecture that Rust runs on under Linux.
const TICKS_PER_SECOND: u64 = 100;

/// A process that is watched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process {
    pid: u32,
}

/// Memory, in KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Memory {
    /// Resident.
    pub rss: u64,
    /// Resident, shared pages divided among those that share them; only the process's owner is told.
    pub pss: Option<u64>,
}

impl Process {
    /// The process `pid`, which must exist.
    pub(crate) fn new(pid: u32) -> Result<Self, String> {
        let process = Self { pid };
        match process.cpu() {
            Ok(_) => Ok(process),
            Err(error) => Err(format!("--pid {pid}: /proc/{pid}/stat: {error}")),
        }
    }

    /// This program's own.
    pub(crate) fn own() -> Self {
        Self {
            pid: std::process::id(),
        }
    }

    /// The CPU time that all its threads have used, in user and system mode.
    pub(crate) fn cpu(self) -> io::Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid))?;
        cpu_of(&stat).ok_or_else(|| io::Error::other("not in the form of proc_pid_stat(5)"))
    }

    /// The resident set, in KiB. Cheap, unlike the proportional one.
    pub(crate) fn rss(self) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        kib_of(&status, "VmRSS:").ok_or_else(|| io::Error::other("no VmRSS"))
    }

    /// How many files it has open.
    pub(crate) fn descriptors(self) -> io::Result<u64> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.pid))?.count() as u64)
    }

    pub(crate) fn memory(self) -> io::Result<Memory> {
        let rss = self.rss()?;
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.pid));
        let pss = rollup.ok().and_then(|rollup| kib_of(&rollup, "Pss:"));
        Ok(Memory { rss, pss })
    }
}

/// How many files this program may open, where the system says so.
pub(crate) fn max_open_files() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find(|l| l.starts_with("Max open files"))?;
    line.split_ascii_whitespace().nth(3)?.parse().ok()
}

fn cpu_of(stat: &str) -> Option<Duration> {
    // The second field is the program's name in brackets, and may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis(
        (user + system) * 1000 / TICKS_PER_SECOND,
    ))
}

fn kib_of(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_hide_the_times() {
        let stat = "42 (a) S b) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 7 9 20 0 3 0 1 2 3";
        assert_eq!(cpu_of(stat), Some(Duration::from_secs(2)));
        assert_eq!(cpu_of("42 (a)"), None);
        assert_eq!(cpu_of(""), None);
    }

    #[test]
    fn memory_is_read_from_its_line() {
        let status = "Name:\tx\nVmHWM:\t   99 kB\nVmRSS:\t   12 kB\n";
        assert_eq!(kib_of(status, "VmRSS:"), Some(12));
        assert_eq!(kib_of(status, "Pss:"), None);
    }

    #[test]
    fn this_process_has_both() {
        let own = Process::own();
        own.cpu().expect("CPU time");
        let memory = own.memory().expect("memory");
        assert!(memory.rss > 0 && memory.pss > Some(0));
        assert!(own.descriptors().expect("files") > 0);
    }

    #[test]
    fn a_process_that_is_not_there_is_an_error_that_names_it() {
        // The largest number of a process is below 2^22.
        let error = Process::new(u32::MAX).expect_err("no such process");
        assert!(error.contains("4294967295"), "{error}");
    }
}
