//! Where DOS has been in the file's cluster chain.
//!
//! DOS finds a byte of a file by following the chain of its clusters, from where it was last if that lies before, else from
//! the file's first cluster: a step back in a large file costs thousands of look-ups. It remembers "where it was last" in
//! the system file table, as two numbers: a cluster's place in the file and its number on the disk. What it wrote down
//! there after each transfer is kept, and before a transfer elsewhere the nearest pair before it is put back: DOS goes on
//! from a place where it really was. The chain before it cannot have changed, since the file only grows while it is open.
//!
//! Nothing is put back unless the table's entry was recognised (name, owner, position) and its numbers have agreed with the
//! position after every transfer so far. Where they do not (another DOS, a network drive), seeks are just slow.

use alloc::vec::Vec;

use crate::machine::Machine;
use crate::regs::far_linear;

/// Bytes of an entry, and of the head of a block of them: pointer to the next block, number of entries.
const ENTRY: u32 = 0x3B;
const HEAD: u32 = 6;
/// Fields of an entry, as in DOS 4 and later.
const FLAGS: u32 = 0x05;
const POSITION: u32 = 0x15;
const PLACE: u32 = 0x19;
const NAME: u32 = 0x20;
const OWNER: u32 = 0x31;
const CLUSTER: u32 = 0x35;
/// Flag bits: a network drive's file, a device.
const NOT_A_FILE: u16 = 0x8080;
/// Blocks and entries that are looked at, lest a broken list goes round.
const BLOCKS_MAX: u32 = 32;
const ENTRIES_MAX: u32 = 255;
/// Clusters that share a remembered pair: a power of two.
const WINDOW_SHIFT: u32 = 2;

/// A cluster of the file: which one it is, and its number on the disk with what lies behind it in the entry.
#[derive(Clone, Copy)]
struct Place {
    cluster: u32,
    number: u32,
}

const UNKNOWN: Place = Place { cluster: u32::MAX, number: 0 };

/// The places that are known.
#[derive(Default)]
pub struct Places {
    /// Linear address of the file's entry in the table; 0 for unknown, or not to be trusted.
    entry: u32,
    cluster_bytes: u32,
    /// By window.
    known: Vec<Place>,
}

impl Places {
    /// Looks for the entry of the open file that has this name (as in a directory) and belongs to this PSP. `first` is the
    /// far pointer to the first block of the system file table.
    pub fn find<M: Machine>(machine: &M, first: u32, name: &[u8; 11], psp: u16, cluster_bytes: u32) -> Self {
        let mut places = Places { cluster_bytes, ..Places::default() };
        let mut block = first;
        for _ in 0..BLOCKS_MAX {
            if block & 0xFFFF == 0xFFFF || cluster_bytes == 0 {
                break;
            }
            let at = far_linear(block);
            let entries = (machine.read_u16(at + 4) as u32).min(ENTRIES_MAX);
            for entry in (0..entries).map(|index| at + HEAD + index * ENTRY) {
                let mut found = [0; 11];
                machine.read_bytes(entry + NAME, &mut found);
                let open = machine.read_u16(entry) != 0 && machine.read_u16(entry + FLAGS) & NOT_A_FILE == 0;
                if open && &found == name && machine.read_u16(entry + OWNER) == psp {
                    places.entry = entry;
                    return places;
                }
            }
            block = machine.read_u32(at);
        }
        places
    }

    /// A transfer has ended at byte `position` of the file, not 0: what DOS says of where it is now is worth knowing.
    pub fn note<M: Machine>(&mut self, machine: &M, position: u32) {
        if self.entry == 0 {
            return;
        }
        let cluster = machine.read_u16(self.entry + PLACE) as u32;
        let number = machine.read_u32(self.entry + CLUSTER);
        let (last, next) = ((position - 1) / self.cluster_bytes, position / self.cluster_bytes);
        let agrees = machine.read_u32(self.entry + POSITION) == position
            && (cluster == last || cluster == next)
            && number & 0xFFFF_FFFE != 0;
        if !agrees || next > 0xFFFF {
            log::debug!(target: "paging", "no short cuts in the cluster chain");
            *self = Places::default();
            return;
        }
        let window = (cluster >> WINDOW_SHIFT) as usize;
        if window >= self.known.len() {
            if self.known.try_reserve(window + 1 - self.known.len()).is_err() {
                return;
            }
            self.known.resize(window + 1, UNKNOWN);
        }
        if cluster < self.known[window].cluster {
            self.known[window] = Place { cluster, number };
        }
    }

    /// Byte `position` is wanted next: DOS is told to go on from the nearest place before it.
    pub fn steer<M: Machine>(&self, machine: &mut M, position: u32) {
        if self.entry == 0 || self.known.is_empty() {
            return;
        }
        let wanted = position / self.cluster_bytes;
        let now = machine.read_u16(self.entry + PLACE) as u32;
        let last = ((wanted >> WINDOW_SHIFT) as usize).min(self.known.len() - 1);
        let best = self.known[..=last].iter().rev().find(|place| place.cluster <= wanted);
        if let Some(place) = best {
            if now > wanted || now < place.cluster {
                machine.write_u16(self.entry + PLACE, place.cluster as u16);
                machine.write_u32(self.entry + CLUSTER, place.number);
            }
        }
    }

    /// The file has been cut off: nothing is known of its chain any more.
    pub fn forget(&mut self) {
        self.known.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mock::Mock;

    const TABLE: u32 = 0x2000;
    const PSP: u16 = 0x1234;
    const NAME_FOUND: &[u8; 11] = b"FERRITE SWP";

    /// Two blocks with two entries each; the file's is the last.
    fn table() -> (Mock, u32) {
        let mut machine = Mock::new();
        machine.write_u32(TABLE, 0x0300_0000);
        machine.write_u16(TABLE + 4, 2);
        machine.write_u32(0x3000, 0xFFFF_FFFF);
        machine.write_u16(0x3000 + 4, 2);
        for (entry, owner) in [(TABLE + HEAD, 1), (TABLE + HEAD + ENTRY, 2), (0x3000 + HEAD, 3)] {
            machine.write_u16(entry, 1);
            machine.write_bytes(entry + NAME, NAME_FOUND);
            machine.write_u16(entry + OWNER, owner);
        }
        let entry = 0x3000 + HEAD + ENTRY;
        machine.write_u16(entry, 1);
        machine.write_bytes(entry + NAME, NAME_FOUND);
        machine.write_u16(entry + OWNER, PSP);
        (machine, entry)
    }

    fn stand(machine: &mut Mock, entry: u32, position: u32, cluster: u16, number: u32) {
        machine.write_u32(entry + POSITION, position);
        machine.write_u16(entry + PLACE, cluster);
        machine.write_u32(entry + CLUSTER, number);
    }

    #[test]
    fn dos_goes_on_from_the_nearest_place_before() {
        let (mut machine, entry) = table();
        let mut places = Places::find(&machine, 0x0200_0000, NAME_FOUND, PSP, 2048);
        for cluster in [1_u16, 3, 9, 30] {
            stand(&mut machine, entry, (cluster as u32 + 1) * 2048, cluster, 100 + cluster as u32);
            places.note(&machine, (cluster as u32 + 1) * 2048);
        }
        let now = |machine: &Mock| (machine.read_u16(entry + PLACE), machine.read_u32(entry + CLUSTER));
        // Back from 30: to the place in the window, or one before it.
        places.steer(&mut machine, 10 * 2048);
        assert_eq!(now(&machine), (9, 109));
        places.steer(&mut machine, 8 * 2048);
        assert_eq!(now(&machine), (1, 101));
        // What is nearer than any place known is left alone.
        stand(&mut machine, entry, 0, 12, 112);
        places.steer(&mut machine, 20 * 2048);
        assert_eq!(now(&machine), (12, 112));
        places.steer(&mut machine, 2048 * 1000);
        assert_eq!(now(&machine), (30, 130));
        // Before the first place known DOS finds its way itself.
        places.steer(&mut machine, 0);
        assert_eq!(now(&machine), (30, 130));
        places.forget();
        places.steer(&mut machine, 10 * 2048);
        assert_eq!(now(&machine), (30, 130));
    }

    #[test]
    fn an_entry_that_does_not_agree_is_never_written() {
        for (position, cluster, number) in
            [(8192 + 1, 3, 5), (8192, 2, 5), (8192, 5, 5), (8192, 3, 0), (8192, 3, 1)]
        {
            let (mut machine, entry) = table();
            let mut places = Places::find(&machine, 0x0200_0000, NAME_FOUND, PSP, 2048);
            stand(&mut machine, entry, 4096, 1, 7);
            places.note(&machine, 4096);
            stand(&mut machine, entry, position, cluster, number);
            places.note(&machine, 8192);
            stand(&mut machine, entry, 8192, 3, 9);
            places.steer(&mut machine, 4096);
            assert_eq!(machine.read_u16(entry + PLACE), 3);
        }
    }

    #[test]
    fn files_of_others_and_devices_are_not_taken_for_ours() {
        let (mut machine, entry) = table();
        assert_eq!(Places::find(&machine, 0x0200_0000, NAME_FOUND, PSP, 2048).entry, entry);
        assert_eq!(Places::find(&machine, 0x0200_0000, b"FERRITE SW ", PSP, 2048).entry, 0);
        assert_eq!(Places::find(&machine, 0x0200_0000, NAME_FOUND, 99, 2048).entry, 0);
        machine.write_u16(entry + FLAGS, 0x8000);
        assert_eq!(Places::find(&machine, 0x0200_0000, NAME_FOUND, PSP, 2048).entry, 0);
        // A list that goes round ends.
        machine.write_u32(0x3000, 0x0200_0000);
        assert_eq!(Places::find(&machine, 0x0200_0000, NAME_FOUND, PSP, 2048).entry, 0);
    }
}
