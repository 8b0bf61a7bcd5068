//! A machine for tests: sparse physical memory behind real page tables, with a TLB that remembers.
//!
//! An access that the CPU would fault on panics the test, and so does one that a stale TLB entry would have sent to
//! another frame: a forgotten flush is a failed test. Ring-0 rules with CR0.WP set: the user bit is not asked for, the
//! write bit is.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use crate::layout::{LOW_END, RECURSIVE_SLOT};
use crate::machine::Machine;
use crate::x86::entry::{ACCESSED, DIRTY, FRAME, PRESENT, USER, WRITABLE};

/// Physical address of the kernel's page directory.
pub const KERNEL_DIRECTORY: u32 = 0xFF00_0000;
/// Physical address of the page table of slot 0.
pub const LOW_TABLE: u32 = 0xFF00_1000;
/// Physical address of the page table of slot 767, which holds the landing page.
pub const LANDING_TABLE: u32 = 0xFF00_2000;
pub use crate::paging::LANDING;
/// First of the 255 page tables of the core's slots.
pub const CORE_TABLES: u32 = 0xFF10_0000;

type Frame = Box<[u32; 1024]>;

/// Hashes page and frame numbers. The standard hasher takes most of the time of a test that pages.
#[derive(Clone, Copy, Default)]
pub struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u32(*byte as u32));
    }
    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    }
}

type Numbered<T> = HashMap<u32, T, BuildHasherDefault<NumberHasher>>;

/// The machine. Fields are open: tests set up and look at what they like.
pub struct Mock {
    /// Physical memory by frame number; what is not there reads as zero.
    pub frames: RefCell<Numbered<Frame>>,
    /// Physical address of the loaded page directory.
    pub cr3: u32,
    /// Translations that the CPU may remember: page to page-table entry.
    pub tlb: RefCell<Numbered<u32>>,
    /// How often all translations were forgotten.
    pub flushes: u32,
    /// LDTs by client.
    pub descriptors: HashMap<u8, Vec<u64>>,
    /// Most descriptors an LDT may grow to.
    pub descriptors_max: usize,
    /// The client whose LDT is loaded.
    pub loaded_ldt: Option<u8>,
    /// State of the A20 line.
    pub a20: bool,
    /// What ports give, oldest first; FFh when there is nothing.
    pub inputs: HashMap<u16, VecDeque<u8>>,
    /// What was written to ports.
    pub outputs: Vec<(u16, u8)>,
    /// Debug registers.
    pub debug: [u32; 8],
    /// The FPU's state.
    pub fpu: [u8; 108],
    /// CR0.MP and CR0.EM.
    pub coprocessor: (bool, bool),
    /// The hardware interrupt that waits, again and again.
    pub waiting: Option<u8>,
}

impl Default for Mock {
    fn default() -> Self {
        Mock::new()
    }
}

impl Mock {
    /// A machine with the kernel's directory loaded: conventional memory and HMA mapped one to one for everybody, the
    /// landing page read-only, empty tables in the core's slots.
    pub fn new() -> Self {
        let mut mock = Mock {
            frames: RefCell::default(),
            cr3: KERNEL_DIRECTORY,
            tlb: RefCell::default(),
            flushes: 0,
            descriptors: HashMap::new(),
            descriptors_max: 8192,
            loaded_ldt: None,
            a20: true,
            inputs: HashMap::new(),
            outputs: Vec::new(),
            debug: [0; 8],
            fpu: [0; 108],
            coprocessor: (false, false),
            waiting: None,
        };
        let all = PRESENT | WRITABLE | USER;
        mock.write_physical(KERNEL_DIRECTORY, LOW_TABLE | all);
        for page in 0..LOW_END >> 12 {
            mock.write_physical(LOW_TABLE + page * 4, page << 12 | all);
        }
        mock.write_physical(KERNEL_DIRECTORY + 767 * 4, LANDING_TABLE | all);
        mock.write_physical(LANDING_TABLE + 1023 * 4, crate::paging::page::landing(0xF_F003));
        for slot in 768..RECURSIVE_SLOT {
            let table = CORE_TABLES + (slot - 768) * 4096;
            mock.write_physical(KERNEL_DIRECTORY + slot * 4, table | PRESENT | WRITABLE);
        }
        mock.write_physical(KERNEL_DIRECTORY + RECURSIVE_SLOT * 4, KERNEL_DIRECTORY | PRESENT | WRITABLE);
        mock
    }

    /// Maps `pages` pages at `linear` for ring 3 in the loaded space, to the frames of the same number, for tests that
    /// need memory but no [`crate::paging::space::Space`]. The page tables come from F0000000h up.
    pub fn map(&mut self, linear: u32, pages: u32, writable: bool) {
        for page in (linear >> 12)..(linear >> 12) + pages {
            let slot = page >> 10;
            if self.directory_entry(slot) & PRESENT == 0 {
                self.set_directory_entry(slot, (0xF000_0000 + slot * 4096) | PRESENT | WRITABLE | USER);
            }
            let writable = if writable { WRITABLE } else { 0 };
            self.set_table_entry(page, page << 12 | PRESENT | USER | writable);
        }
        self.flush_all();
    }

    /// The present page-table entry behind a linear address, by the page tables alone.
    fn walk(&self, linear: u32) -> Option<u32> {
        let directory = self.read_physical(self.cr3 + (linear >> 22) * 4);
        if directory & PRESENT == 0 {
            return None;
        }
        let entry = self.read_physical((directory & FRAME) + (linear >> 12 & 1023) * 4);
        (entry & PRESENT != 0).then_some(entry & (directory | !(WRITABLE | USER)))
    }

    /// Physical address of a linear one, as the CPU would find it; sets accessed and dirty bits.
    fn translate(&self, linear: u32, write: bool) -> u32 {
        let page = linear >> 12;
        let remembered = self.tlb.borrow().get(&page).copied();
        let Some(entry) = self.walk(linear) else {
            assert!(remembered.is_none(), "the page at {linear:#010X} is gone, but the TLB was not told");
            panic!("page fault at {linear:#010X}, write: {write}");
        };
        if let Some(old) = remembered {
            let same = FRAME | WRITABLE | USER;
            assert_eq!(old & same, entry & same, "stale TLB entry for {linear:#010X}");
            assert!(
                !write || old & DIRTY == 0 || entry & DIRTY != 0,
                "the dirty bit of {linear:#010X} was cleared, but the TLB was not told"
            );
        }
        assert!(!write || entry & WRITABLE != 0, "write to read-only page {linear:#010X}");
        let mark = ACCESSED | if write { DIRTY } else { 0 };
        if entry & mark != mark {
            let table = self.read_physical(self.cr3 + (linear >> 22) * 4) & FRAME;
            let at = table + (linear >> 12 & 1023) * 4;
            self.put(at, self.read_physical(at) | mark);
        }
        self.tlb.borrow_mut().insert(page, entry | mark);
        entry & FRAME | linear & 0xFFF
    }

    fn put(&self, physical: u32, value: u32) {
        let mut frames = self.frames.borrow_mut();
        frames.entry(physical >> 12).or_insert_with(|| Box::new([0; 1024]))
            [(physical >> 2 & 1023) as usize] = value;
    }

    /// A whole page frame; none where it is all zeros since nothing was ever written.
    pub fn frame(&self, physical: u32) -> Option<Box<[u32; 1024]>> {
        self.frames.borrow().get(&(physical >> 12)).cloned()
    }

    /// Replaces a whole page frame.
    pub fn set_frame(&mut self, physical: u32, words: Option<Box<[u32; 1024]>>) {
        match words {
            Some(words) => self.frames.borrow_mut().insert(physical >> 12, words),
            None => self.frames.borrow_mut().remove(&(physical >> 12)),
        };
    }

    /// Reads a byte of physical memory.
    pub fn physical_u8(&self, physical: u32) -> u8 {
        (self.read_physical(physical & !3) >> ((physical & 3) * 8)) as u8
    }

    /// Writes a byte of physical memory.
    pub fn set_physical_u8(&mut self, physical: u32, value: u8) {
        let shift = (physical & 3) * 8;
        let word = self.read_physical(physical & !3) & !(0xFF << shift);
        self.put(physical & !3, word | (value as u32) << shift);
    }

    /// Does ring 3 see a present page at `linear`, writable if `write`?
    pub fn is_mapped(&self, linear: u32, write: bool) -> bool {
        let want = USER | if write { WRITABLE } else { 0 };
        self.walk(linear).is_some_and(|entry| entry & want == want)
    }
}

impl Machine for Mock {
    fn read_u8(&self, linear: u32) -> u8 {
        self.physical_u8(self.translate(linear, false))
    }
    fn read_u16(&self, linear: u32) -> u16 {
        u16::from_le_bytes([self.read_u8(linear), self.read_u8(linear.wrapping_add(1))])
    }
    fn read_u32(&self, linear: u32) -> u32 {
        if linear & 3 == 0 {
            return self.read_physical(self.translate(linear, false));
        }
        self.read_u16(linear) as u32 | (self.read_u16(linear.wrapping_add(2)) as u32) << 16
    }
    fn write_u8(&mut self, linear: u32, value: u8) {
        let physical = self.translate(linear, true);
        self.set_physical_u8(physical, value);
    }
    fn write_u16(&mut self, linear: u32, value: u16) {
        self.write_u8(linear, value as u8);
        self.write_u8(linear.wrapping_add(1), (value >> 8) as u8);
    }
    fn write_u32(&mut self, linear: u32, value: u32) {
        if linear & 3 == 0 {
            let physical = self.translate(linear, true);
            return self.put(physical, value);
        }
        self.write_u16(linear, value as u16);
        self.write_u16(linear.wrapping_add(2), (value >> 16) as u16);
    }
    fn copy(&mut self, from: u32, to: u32, bytes: u32) {
        let mut buffer = vec![0; bytes as usize];
        self.read_bytes(from, &mut buffer);
        self.write_bytes(to, &buffer);
    }
    fn zero_page(&mut self, linear: u32) {
        assert_eq!(linear & 0xFFF, 0);
        let physical = self.translate(linear, true);
        self.frames.borrow_mut().remove(&(physical >> 12));
    }

    fn directory_entry(&self, slot: u32) -> u32 {
        assert!(slot < 1024);
        self.read_physical(self.cr3 + slot * 4)
    }
    fn set_directory_entry(&mut self, slot: u32, entry: u32) {
        assert!(slot < 767, "slot {slot} is the core's");
        self.put(self.cr3 + slot * 4, entry);
    }
    fn table_entry(&self, page: u32) -> u32 {
        let directory = self.directory_entry(page >> 10);
        assert!(directory & PRESENT != 0, "no page table for page {page:#X}");
        self.read_physical((directory & FRAME) + (page & 1023) * 4)
    }
    fn set_table_entry(&mut self, page: u32, entry: u32) {
        let directory = self.directory_entry(page >> 10);
        assert!(directory & PRESENT != 0, "no page table for page {page:#X}");
        self.put((directory & FRAME) + (page & 1023) * 4, entry);
    }
    fn flush_page(&mut self, linear: u32) {
        self.tlb.borrow_mut().remove(&(linear >> 12));
    }
    fn flush_all(&mut self) {
        self.flushes += 1;
        self.tlb.borrow_mut().clear();
    }
    fn load_space(&mut self, directory: u32) {
        assert_eq!(directory & 0xFFF, 0);
        self.cr3 = directory;
        self.flush_all();
    }

    fn read_physical(&self, physical: u32) -> u32 {
        assert_eq!(physical & 3, 0);
        self.frames.borrow().get(&(physical >> 12)).map_or(0, |frame| frame[(physical >> 2 & 1023) as usize])
    }
    fn write_physical(&mut self, physical: u32, value: u32) {
        assert_eq!(physical & 3, 0);
        self.put(physical, value);
    }
    fn copy_physical(&mut self, from: u32, to: u32, bytes: u32) {
        assert!(bytes <= 16384);
        if (from | to | bytes) & 0xFFF == 0 {
            for page in 0..bytes >> 12 {
                let copy = self.frame(from + page * 4096);
                self.set_frame(to + page * 4096, copy);
            }
            return;
        }
        if (from | to | bytes) & 3 == 0 {
            let buffer: Vec<u32> = (0..bytes).step_by(4).map(|at| self.read_physical(from + at)).collect();
            buffer.into_iter().zip((to..).step_by(4)).for_each(|(word, at)| self.put(at, word));
            return;
        }
        let buffer: Vec<u8> = (0..bytes).map(|at| self.physical_u8(from + at)).collect();
        for (at, byte) in buffer.into_iter().enumerate() {
            self.set_physical_u8(to + at as u32, byte);
        }
    }
    fn zero_frame(&mut self, physical: u32) {
        assert_eq!(physical & 0xFFF, 0);
        self.frames.borrow_mut().remove(&(physical >> 12));
    }

    fn descriptor(&self, client: u8, index: u16) -> u64 {
        self.descriptors.get(&client).and_then(|table| table.get(index as usize)).copied().unwrap_or(0)
    }
    fn set_descriptor(&mut self, client: u8, index: u16, value: u64) {
        let table = self.descriptors.get_mut(&client).expect("the client has an LDT");
        table[index as usize] = value;
    }
    fn grow_descriptors(&mut self, client: u8, index: u16) -> bool {
        if index as usize >= self.descriptors_max {
            return false;
        }
        let table = self.descriptors.entry(client).or_default();
        if table.len() <= index as usize {
            table.resize(index as usize + 1, 0);
        }
        true
    }
    fn drop_descriptors(&mut self, client: u8) {
        self.descriptors.remove(&client);
    }
    fn load_descriptors(&mut self, client: u8) {
        self.loaded_ldt = Some(client);
    }

    fn reserve_heap(&mut self, _: usize) -> bool {
        true
    }

    fn set_a20(&mut self, on: bool) {
        self.a20 = on;
    }
    fn input(&mut self, port: u16) -> u8 {
        self.inputs.get_mut(&port).and_then(VecDeque::pop_front).unwrap_or(0xFF)
    }
    fn output(&mut self, port: u16, value: u8) {
        self.outputs.push((port, value));
    }
    fn debug_register(&self, number: u8) -> u32 {
        self.debug[number as usize]
    }
    fn set_debug_register(&mut self, number: u8, value: u32) {
        self.debug[number as usize] = value;
    }
    fn take_interrupt(&mut self) -> Option<u8> {
        self.waiting
    }

    fn save_fpu(&mut self, to: &mut [u8; 108]) {
        *to = self.fpu;
        self.fpu = [0; 108];
    }
    fn load_fpu(&mut self, from: &[u8; 108]) {
        self.fpu = *from;
    }
    fn set_coprocessor(&mut self, monitor: bool, emulate: bool) {
        self.coprocessor = (monitor, emulate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conventional_memory_is_mapped_one_to_one() {
        let mut mock = Mock::new();
        mock.write_u32(0xB_8001, 0x1234_5678);
        assert_eq!(mock.physical_u8(0xB_8001), 0x78);
        assert_eq!(mock.read_u16(0xB_8003), 0x1234);
        mock.map(0x0040_0000, 2, true);
        mock.write_u16(0x0040_0FFF, 0xABCD);
        assert_eq!(mock.read_u16(0x0040_0FFF), 0xABCD);
    }

    #[test]
    #[should_panic(expected = "page fault")]
    fn an_absent_page_panics() {
        Mock::new().read_u8(LOW_END);
    }

    #[test]
    #[should_panic(expected = "TLB")]
    fn a_forgotten_flush_panics() {
        let mut mock = Mock::new();
        mock.map(0x0040_0000, 1, true);
        mock.write_u8(0x0040_0000, 1);
        mock.set_table_entry(0x400, 0);
        mock.read_u8(0x0040_0000);
    }
}
