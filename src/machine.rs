//! What logic may ask of the machine. The binary implements it over the real one, tests over plain vectors.
//!
//! Nothing here blocks, calls DOS or can fail badly: what needs the outside world is answered with
//! [`crate::service::Next`] instead.
//!
//! Linear addresses are those of the address space that is loaded now. The caller has checked that a page is present (and
//! may be written) before it reads or writes: [`crate::host::Host::readable`] and `writable` do that. Conventional memory (below
//! [`crate::layout::LOW_END`]) is always present.

/// The machine below the core.
pub trait Machine {
    /// Reads a byte at a linear address that is present.
    fn read_u8(&self, linear: u32) -> u8;
    /// Reads a little-endian word; may cross a page.
    fn read_u16(&self, linear: u32) -> u16;
    /// Reads a little-endian double word; may cross a page.
    fn read_u32(&self, linear: u32) -> u32;
    /// Writes a byte.
    fn write_u8(&mut self, linear: u32, value: u8);
    /// Writes a word.
    fn write_u16(&mut self, linear: u32, value: u16);
    /// Writes a double word.
    fn write_u32(&mut self, linear: u32, value: u32);
    /// Copies memory into `to`.
    fn read_bytes(&self, linear: u32, to: &mut [u8]) {
        for (index, byte) in to.iter_mut().enumerate() {
            *byte = self.read_u8(linear + index as u32);
        }
    }
    /// Copies `from` into memory.
    fn write_bytes(&mut self, linear: u32, from: &[u8]) {
        for (index, byte) in from.iter().enumerate() {
            self.write_u8(linear + index as u32, *byte);
        }
    }
    /// Copies `bytes` from one present linear range to another; overlapping ranges copy as if through a buffer.
    fn copy(&mut self, from: u32, to: u32, bytes: u32);
    /// Fills a present page with zeros.
    fn zero_page(&mut self, linear: u32);

    /// Reads a page-directory entry of the space that is loaded; `slot` 0 to 1023.
    fn directory_entry(&self, slot: u32) -> u32;
    /// Writes one. A change to the core's slots (768 and up) is not allowed after start.
    fn set_directory_entry(&mut self, slot: u32, entry: u32);
    /// Reads the page-table entry of page `linear >> 12`. Its directory entry must be present.
    fn table_entry(&self, page: u32) -> u32;
    /// Writes one. The caller flushes when the old entry was present.
    fn set_table_entry(&mut self, page: u32, entry: u32);
    /// Forgets the translation of one page (INVLPG).
    fn flush_page(&mut self, linear: u32);
    /// Forgets all translations but global ones (CR3 written).
    fn flush_all(&mut self);
    /// Loads another page directory, by physical address.
    fn load_space(&mut self, directory: u32);

    /// Reads a double word of physical memory that need not be mapped (`physical` a multiple of 4), through a window.
    fn read_physical(&self, physical: u32) -> u32;
    /// Writes a double word of physical memory.
    fn write_physical(&mut self, physical: u32, value: u32);
    /// Copies physical memory, at most 16 KiB; overlapping ranges copy as if through a buffer.
    fn copy_physical(&mut self, from: u32, to: u32, bytes: u32);
    /// Exchanges the contents of two ranges of physical memory that do not overlap; all three numbers are multiples of 4,
    /// at most 16 KiB. (Gathering a heap block moves others out of the way without needing free memory.)
    fn swap_physical(&mut self, one: u32, other: u32, bytes: u32) {
        for at in (0..bytes).step_by(4) {
            let word = self.read_physical(one + at);
            self.write_physical(one + at, self.read_physical(other + at));
            self.write_physical(other + at, word);
        }
    }
    /// Fills a page frame (`physical` page-aligned) with zeros.
    fn zero_frame(&mut self, physical: u32);

    /// Reads descriptor `index` (0 to 8191) of a client's LDT. Zero where the table has not grown that far.
    fn descriptor(&self, client: u8, index: u16) -> u64;
    /// Writes one. The table must have grown that far.
    fn set_descriptor(&mut self, client: u8, index: u16, value: u64);
    /// Makes the LDT hold index `index`; false when there is no memory for it.
    #[must_use]
    fn grow_descriptors(&mut self, client: u8, index: u16) -> bool;
    /// Gives back a client's LDT.
    fn drop_descriptors(&mut self, client: u8);
    /// Makes a client's LDT the current one (LLDT).
    fn load_descriptors(&mut self, client: u8);

    /// Makes sure that the core's heap can give `bytes` in one piece; false when there is no memory for it.
    #[must_use]
    fn reserve_heap(&mut self, bytes: usize) -> bool;

    /// Switches the hardware A20 line.
    fn set_a20(&mut self, on: bool);
    /// Reads an I/O port, 8 bits.
    fn input(&mut self, port: u16) -> u8;
    /// Writes an I/O port, 8 bits.
    fn output(&mut self, port: u16, value: u8);
    /// Reads a debug register (0 to 3, 6, 7).
    fn debug_register(&self, number: u8) -> u32;
    /// Writes a debug register.
    fn set_debug_register(&mut self, number: u8, value: u32);
    /// If a hardware interrupt waits, acknowledges it and returns its vector. Whoever asks sees to it that a guest gets it before
    /// anything else happens: a step of long work is the only place for this.
    fn take_interrupt(&mut self) -> Option<u8>;
    /// Saves the FPU state of the machine (108 bytes, FNSAVE) and initialises the FPU.
    fn save_fpu(&mut self, to: &mut [u8; 108]);
    /// Loads an FPU state (FRSTOR).
    fn load_fpu(&mut self, from: &[u8; 108]);
    /// Sets the CR0 bits that a client may choose: bit 1 MP, bit 2 EM (0E01h); TS stays clear.
    fn set_coprocessor(&mut self, monitor: bool, emulate: bool);
}

/// The process that owns the block of conventional memory which begins at paragraph `block`, 0 for a free one: what DOS's
/// memory control block before it says. `None` where there is no such block.
pub fn owner_of_block<M: Machine>(machine: &M, block: u16) -> Option<u16> {
    let header = (block.wrapping_sub(1) as u32) << 4;
    matches!(machine.read_u8(header), b'M' | b'Z').then(|| machine.read_u16(header + 1))
}
