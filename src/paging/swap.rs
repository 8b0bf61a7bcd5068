//! The swap file, as numbers: its header, which slots are used, how large it may be.
//!
//! The file is one page of header and then one page per slot. It has its full size for as many pages as may be promised
//! on its account before they are promised: a disk that fills up is a refusal to allocate, never a page that cannot be
//! written.

use alloc::vec::Vec;

use super::page::SLOT_MAX;

/// Pages in the largest cluster: 64 KiB.
pub const CLUSTER_MAX: u32 = 16;
/// Bytes of the header that mean something; the rest of its page is zeros.
pub const HEADER_BYTES: usize = 32;
/// "FERRSWAP".
const MAGIC: [u8; 8] = *b"FERRSWAP";
/// Version of the layout.
const VERSION: u16 = 1;
/// Slots end here, so that a slot and its marks fit a frame's word.
const SLOTS_MAX: u32 = SLOT_MAX - 2;

/// The header of the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Pages behind the header.
    pub pages: u32,
    /// A number of this run's: a file with another belongs to somebody else, or to a run that crashed.
    pub serial: u32,
    /// Is it in use? Zero after a proper end, if the file was kept.
    pub in_use: bool,
}

/// Why a file is not taken for a swap file of ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeaderError {
    /// Shorter than a header.
    Short,
    /// Not a swap file at all: it is not to be touched.
    Foreign,
    /// A swap file of another version.
    Version,
    /// Damaged.
    Checksum,
}

impl Header {
    /// The bytes at the head of the file.
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..10].copy_from_slice(&VERSION.to_le_bytes());
        bytes[10] = self.in_use as u8;
        bytes[12..16].copy_from_slice(&self.pages.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.serial.to_le_bytes());
        let sum = checksum(&bytes[..HEADER_BYTES - 4]);
        bytes[HEADER_BYTES - 4..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// Reads the head of a file that somebody may have left, cut off or damaged.
    pub fn parse(bytes: &[u8]) -> Result<Self, HeaderError> {
        let bytes: &[u8; HEADER_BYTES] =
            bytes.get(..HEADER_BYTES).and_then(|bytes| bytes.try_into().ok()).ok_or(HeaderError::Short)?;
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        if bytes[..8] != MAGIC {
            return Err(HeaderError::Foreign);
        }
        if word(8) as u16 != VERSION {
            return Err(HeaderError::Version);
        }
        if word(HEADER_BYTES - 4) != checksum(&bytes[..HEADER_BYTES - 4]) {
            return Err(HeaderError::Checksum);
        }
        Ok(Header { pages: word(12), serial: word(16), in_use: bytes[10] & 1 != 0 })
    }

    /// May a file that was found be written over? Only one that is ours, whatever state it is in: damage does not make it
    /// somebody else's, a wrong magic does.
    pub fn may_replace(found: Result<Self, HeaderError>) -> bool {
        matches!(found, Ok(_) | Err(HeaderError::Checksum | HeaderError::Version))
    }
}

/// FNV-1a.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811C_9DC5, |hash, byte| (hash ^ *byte as u32).wrapping_mul(0x0100_0193))
}

/// Offset in the file of a slot.
pub const fn file_offset(slot: u32) -> u32 {
    (slot + 1) << 12
}

/// The slots of the swap file.
#[derive(Default)]
pub struct Slots {
    /// A bit per slot, set while it is used.
    map: Vec<u32>,
    /// Slots that the file has room for now.
    pages: u32,
    /// Slots that it may grow to.
    limit: u32,
    used: u32,
    /// Where the search for a run begins: after the last one, so that pages written one after another lie one after another.
    next: u32,
}

impl Slots {
    /// No slots yet, and at most `limit` of them.
    pub fn new(limit: u32) -> Self {
        Slots { limit: limit.min(SLOTS_MAX), ..Slots::default() }
    }

    /// Slots that the file has room for.
    pub fn pages(&self) -> u32 {
        self.pages
    }

    /// Slots that it may grow to.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// Slots in use.
    pub fn used(&self) -> u32 {
        self.used
    }

    /// Slots that are free.
    pub fn free_count(&self) -> u32 {
        self.pages - self.used
    }

    /// The size, in slots, to which the file should grow so that `more` further pages fit, in steps of 1 MiB; None when
    /// the limit does not allow that.
    pub fn growth(&self, more: u32) -> Option<u32> {
        const STEP: u32 = 256;
        let wanted = self.pages.checked_add(more)?;
        if wanted > self.limit {
            return None;
        }
        Some((wanted.saturating_add(STEP - 1) & !(STEP - 1)).min(self.limit))
    }

    /// The file has been made larger. False when there is no memory for the map: then nothing has changed.
    #[must_use]
    pub fn grown(&mut self, pages: u32) -> bool {
        let pages = pages.clamp(self.pages, self.limit.max(self.pages));
        let words = pages.div_ceil(32) as usize;
        if self.map.try_reserve_exact(words.saturating_sub(self.map.len())).is_err() {
            return false;
        }
        self.map.resize(words, 0);
        self.pages = pages;
        true
    }

    /// The file may grow to so many slots from now on, since the disk has more room or less than before.
    pub fn set_limit(&mut self, limit: u32) {
        self.limit = limit.min(SLOTS_MAX).max(self.pages);
    }

    /// Is a slot in use?
    pub fn is_used(&self, slot: u32) -> bool {
        self.map.get((slot >> 5) as usize).is_some_and(|word| word >> (slot & 31) & 1 != 0)
    }

    /// Takes a run of up to `count` slots that follow each other, the longest that a search from the last place on finds
    /// first: first slot and length. None when all are used.
    pub fn allocate(&mut self, count: u32) -> Option<(u32, u32)> {
        let count = count.min(self.free_count());
        if count == 0 {
            return None;
        }
        let mut best = (0, 0);
        for range in [self.next..self.pages, 0..self.next.min(self.pages)] {
            let run = self.longest_in(range, count);
            if run.1 > best.1 {
                best = run;
            }
            if best.1 == count {
                break;
            }
        }
        (best.0..best.0 + best.1).for_each(|slot| self.map[(slot >> 5) as usize] |= 1 << (slot & 31));
        self.used += best.1;
        self.next = best.0 + best.1;
        Some(best)
    }

    /// The first run of `wanted` free slots in a range, or the longest.
    fn longest_in(&self, range: core::ops::Range<u32>, wanted: u32) -> (u32, u32) {
        let mut best = (0, 0);
        let (mut start, mut slot) = (range.start, range.start);
        while slot < range.end {
            if slot & 31 == 0 && self.map[(slot >> 5) as usize] == u32::MAX {
                slot = (slot + 32).min(range.end);
                start = slot;
                continue;
            }
            slot += 1;
            if self.is_used(slot - 1) {
                start = slot;
            } else if slot - start > best.1 {
                best = (start, slot - start);
                if best.1 == wanted {
                    break;
                }
            }
        }
        best
    }

    /// Gives back a slot.
    pub fn free(&mut self, slot: u32) {
        debug_assert!(self.is_used(slot));
        if self.is_used(slot) {
            self.map[(slot >> 5) as usize] &= !(1 << (slot & 31));
            self.used -= 1;
        }
    }
}

/// How many slots a file that has `now` may grow to: what is wanted, but never more than the disk has beside what is to
/// stay free there (in pages), and never more than FAT's 2 GiB with the header's page.
pub fn limit_in_pages(wanted: u32, now: u32, disk_free: u32, leave_free: u32) -> u32 {
    const FAT_MAX: u32 = (2 << 30 >> 12) - 2;
    let possible = now.saturating_add(disk_free.saturating_sub(leave_free)).min(FAT_MAX);
    wanted.min(possible)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_header_comes_back_and_any_damage_is_seen() {
        let header = Header { pages: 0x1234, serial: 0xDEAD_BEEF, in_use: true };
        let bytes = header.encode();
        assert_eq!(Header::parse(&bytes), Ok(header));
        for bit in 0..HEADER_BYTES * 8 {
            let mut damaged = bytes;
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(Header::parse(&damaged).is_err(), "bit {bit}");
        }
        for length in 0..HEADER_BYTES {
            assert_eq!(Header::parse(&bytes[..length]), Err(HeaderError::Short));
        }
        assert_eq!(Header::parse(&[0; 4096]), Err(HeaderError::Foreign));
    }

    #[test]
    fn only_files_of_ours_are_written_over() {
        assert!(Header::may_replace(Err(HeaderError::Checksum)));
        assert!(!Header::may_replace(Err(HeaderError::Foreign)));
        assert!(!Header::may_replace(Err(HeaderError::Short)));
    }

    #[test]
    fn limits_respect_the_disk_and_the_switch() {
        assert_eq!(limit_in_pages(4096, 0, 100_000, 256), 4096);
        assert_eq!(limit_in_pages(4096, 0, 1000, 256), 744);
        assert_eq!(limit_in_pages(4096, 1000, 1000, 256), 1744);
        assert_eq!(limit_in_pages(4096, 1000, 100, 256), 1000);
        assert_eq!(limit_in_pages(4096, 0, 100, 256), 0);
        assert_eq!(file_offset(limit_in_pages(u32::MAX, 0, u32::MAX, 0)), 0x8000_0000 - 4096);
    }

    #[test]
    fn growth_goes_in_steps_up_to_the_limit() {
        let mut slots = Slots::new(1000);
        assert_eq!(
            (slots.growth(1), slots.growth(300), slots.growth(990)),
            (Some(256), Some(512), Some(1000))
        );
        assert_eq!((slots.growth(1001), slots.growth(u32::MAX)), (None, None));
        assert!(slots.grown(512));
        assert_eq!(slots.growth(488), Some(1000));
        slots.set_limit(100);
        assert_eq!((slots.growth(1), slots.limit()), (None, 512));
        slots.set_limit(600);
        assert_eq!(slots.growth(1), Some(600));
    }

    proptest! {
        #[test]
        fn no_slot_is_given_out_twice(actions in prop::collection::vec((0u32..40, any::<prop::sample::Index>()), 1..200)) {
            let mut slots = Slots::new(100);
            prop_assert!(slots.grown(100));
            let mut held: Vec<u32> = Vec::new();
            for (count, which) in actions {
                if count >= 20 && !held.is_empty() {
                    slots.free(held.swap_remove(which.index(held.len())));
                } else if count > 0 {
                    let free = slots.free_count();
                    match slots.allocate(count) {
                        None => prop_assert_eq!(free, 0),
                        Some((first, length)) => {
                            prop_assert!(length >= 1 && length <= count && first + length <= 100);
                            // All that was asked for, if there is such a run anywhere on one side of the cursor.
                            for slot in first..first + length {
                                prop_assert!(!held.contains(&slot));
                                held.push(slot);
                            }
                        }
                    }
                }
                prop_assert_eq!(slots.used() as usize, held.len());
                prop_assert!(held.iter().all(|slot| slots.is_used(*slot)));
            }
        }
    }
}
