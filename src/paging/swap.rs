//! The swap file, as numbers: its header, which slots are used, how large it may be.
//!
//! The file is one page of header and then one page per slot. It has its full size for as many pages as may be promised
//! on its account before they are promised: a disk that fills up is a refusal to allocate, never a page that cannot be
//! written.

mod slots;

pub use slots::Slots;

/// Pages in the largest cluster: 64 KiB.
pub const CLUSTER_MAX: u32 = 16;
/// Bytes of the header that mean something; the rest of its page is zeros.
pub const HEADER_BYTES: usize = 32;
/// "FERRSWAP".
const MAGIC: [u8; 8] = *b"FERRSWAP";
/// Version of the layout.
const VERSION: u16 = 1;

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
}
