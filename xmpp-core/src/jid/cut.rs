//! Where the parts of an address end in its text.

/// Lengths, and which parts are kept unprepared.
///
/// The text is that of the address, or a longer one that begins with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    /// Length of the localpart, 0 when there is none.
    local: u16,
    /// Length of the bare JID.
    bare: u16,
    /// Length of the JID itself.
    len: u16,
    /// Parts that failed preparation.
    unprepared: u8,
}

impl Cut {
    pub(super) const LOCAL: u8 = 1;
    pub(super) const DOMAIN: u8 = 2;
    pub(super) const RESOURCE: u8 = 4;

    /// Of an address whose parts are prepared.
    pub(super) fn new(local: usize, bare: usize, len: usize) -> Self {
        let short = |len| u16::try_from(len).expect("parts are at most 1,023 bytes");
        Self {
            local: short(local),
            bare: short(bare),
            len: short(len),
            unprepared: 0,
        }
    }

    /// Where these parts of an address failed preparation.
    pub(super) const fn with_unprepared(mut self, parts: u8) -> Self {
        self.unprepared = parts;
        self
    }

    /// The parts that failed preparation.
    pub(super) const fn unprepared(self) -> u8 {
        self.unprepared
    }

    /// Of the address without its resourcepart.
    pub(super) const fn to_bare(mut self) -> Self {
        self.len = self.bare;
        self.unprepared &= Self::LOCAL | Self::DOMAIN;
        self
    }

    /// Of the domainpart alone.
    pub(super) fn to_domain(self) -> Self {
        let len = self.bare() - self.domain_start();
        Self::new(0, len, len).with_unprepared(self.unprepared & Self::DOMAIN)
    }

    pub(super) const fn local(self) -> usize {
        self.local as usize
    }

    pub(super) const fn domain_start(self) -> usize {
        if self.local > 0 {
            self.local as usize + 1
        } else {
            0
        }
    }

    pub(super) const fn bare(self) -> usize {
        self.bare as usize
    }

    pub(super) const fn len(self) -> usize {
        self.len as usize
    }
}
