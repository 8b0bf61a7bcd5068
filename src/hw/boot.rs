//! Start: from what the stub handed over to a monitor that is ready.
//!
//! Facts relied on: the stub has mapped conventional memory, the image and the directory itself; all other slots are empty. The
//! physical memory in `BootInfo::extents` is ours and used by nobody but the image and its three tables.

use alloc::vec::Vec;

use arrayvec::ArrayVec;
use ferrite::dos::swapfile::SwapFile;
use ferrite::heap::BLOCKS_MAX;
use ferrite::host::{Facts, Host};
use ferrite::landing::{END, LANDING_PAGE, LANDING_VECTOR};
use ferrite::layout::{
    a20_method, boot_flag, feature, BootInfo, Extent, ResidentInfo, CORE_BASE, EXTENTS_MAX, LOW_END,
    RECURSIVE_SLOT,
};
use ferrite::machine::Machine;
use ferrite::monitor::Monitor;
use ferrite::paging::frames::{Frames, Owner, Run};
use ferrite::paging::{page, Memory};
use ferrite::x86::entry::{ACCESSED, DIRTY, PAGE, PRESENT, USER, WRITABLE};
use ferrite::xms::{Config, Xms};

use super::memory::{Pc, DIRECT_BASE, DIRECT_MAX, FRAMES_BASE, HEAP_BASE, LDT_BASE, WINDOWS};
use super::screen::Screen;
use super::{console, cpu, fast, heap, host, tables};

/// Why the core did not start; the stub prints a sentence for each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum StartError {
    /// Not enough memory for the core's own tables.
    TooLittleMemory = 1,
    /// The stub's data make no sense.
    BadBootInfo = 2,
}

/// A page of the core's table that start-up uses to look at frames; the image is shorter than 1 MiB, so the last entry is free.
const PEEPHOLE: u32 = CORE_BASE + 0x3F_F000;
/// Attributes of the core's pages and of tables.
const CORE_PAGE: u32 = PRESENT | WRITABLE | ACCESSED | DIRTY;
/// Frames that clients' memory never takes.
const KEPT_FRAMES: u32 = 32;
/// Largest transfer buffer: what one segment holds.
const TRANSFER_MAX_KIB: u16 = 60;
/// Bytes per entry of the frame table.
const FRAME_ENTRY: u32 = 8;

/// Free memory that the XMS heap keeps for the next block: one part in so many of all, and KiB at most.
const HOARD_SHARE: u32 = 16;
const HOARD_MAX: u32 = 4096;

/// Takes frames for the core from the top of the extents down, before there is an allocator.
struct Carver {
    extents: ArrayVec<Extent, { EXTENTS_MAX * 2 }>,
    taken: ArrayVec<Run, 64>,
}

impl Carver {
    /// The extents without the image's own region.
    fn new(boot: &BootInfo) -> Self {
        let mut extents = ArrayVec::new();
        let (low, high) = (boot.core_physical, boot.core_physical + boot.core_bytes);
        for extent in &boot.extents[..(boot.extent_count as usize).min(EXTENTS_MAX)] {
            let end = extent.base + (extent.bytes - 1);
            for (from, to) in [(extent.base, end.min(low.wrapping_sub(1))), (extent.base.max(high), end)] {
                let inside = if to < low { from < low } else { from >= high };
                if inside && to > from && to - from >= PAGE - 1 {
                    extents.push(Extent { base: from, bytes: to - from + 1 });
                }
            }
        }
        Carver { extents, taken: ArrayVec::new() }
    }

    /// A frame from the end of the highest extent; its physical address.
    fn take(&mut self) -> Result<u32, StartError> {
        let highest = self
            .extents
            .iter_mut()
            .filter(|extent| extent.bytes >= PAGE)
            .max_by_key(|extent| extent.base)
            .ok_or(StartError::TooLittleMemory)?;
        highest.bytes -= PAGE;
        let physical = highest.base + highest.bytes;
        let frame = physical >> 12;
        match self.taken.last_mut() {
            Some(run) if run.first == frame + 1 => {
                run.first = frame;
                run.count += 1;
            }
            _ => self.taken.try_push(Run { first: frame, count: 1 }).map_err(|_| StartError::BadBootInfo)?,
        }
        Ok(physical)
    }

    /// A zeroed frame.
    fn take_zeroed(&mut self, machine: &mut Pc) -> Result<u32, StartError> {
        let physical = self.take()?;
        machine.set_table_entry(PEEPHOLE >> 12, physical | CORE_PAGE);
        machine.flush_page(PEEPHOLE);
        machine.zero_page(PEEPHOLE);
        Ok(physical)
    }

    /// Gives directory slots from the one of `linear` on a page table each, for `bytes` bytes.
    fn tables(&mut self, machine: &mut Pc, linear: u32, bytes: u32, flags: u32) -> Result<(), StartError> {
        for slot in linear >> 22..=(linear + (bytes - 1)) >> 22 {
            let physical = self.take_zeroed(machine)?;
            machine.set_directory_entry(slot, physical | flags);
        }
        machine.flush_all();
        Ok(())
    }
}

/// Builds the core's part of the address space, the allocator and the monitor. `resident` and `boot` are linear addresses
/// in conventional memory.
pub fn start(resident: u32, boot: u32) -> Result<(), StartError> {
    // SAFETY: the stub filled the structure; it lies in conventional memory, which is mapped.
    let boot = unsafe { (boot as *const BootInfo).read_unaligned() };
    if boot.bytes != size_of::<BootInfo>() as u32 || boot.extent_count == 0 {
        return Err(StartError::BadBootInfo);
    }
    // SAFETY: as above, for the resident part.
    let info = unsafe { (resident as *const ResidentInfo).read_unaligned() };
    console::start_logging(boot.log_level, boot.log_targets);
    // SAFETY: once, at start.
    unsafe { tables::fill(resident, info.leave, info.xms_leave, boot.client_iopl) };
    tables::load_task();

    let mut machine = Pc::new();
    let mut carver = Carver::new(&boot);
    let extents = &boot.extents[..boot.extent_count as usize];
    let first = extents.iter().map(|extent| extent.base >> 12).min().unwrap_or(0);
    let last = extents.iter().map(|extent| (extent.base + (extent.bytes - 1)) >> 12).max().unwrap_or(0);
    let count = last - first + 1;
    let table_bytes = (count * FRAME_ENTRY).next_multiple_of(PAGE);
    carver.tables(&mut machine, LDT_BASE, 32 << 16, CORE_PAGE)?;
    carver.tables(&mut machine, HEAP_BASE, PAGE, CORE_PAGE)?;
    carver.tables(&mut machine, FRAMES_BASE, table_bytes, CORE_PAGE)?;
    carver.tables(&mut machine, WINDOWS, PAGE, CORE_PAGE)?;
    carver.tables(&mut machine, LANDING_PAGE, PAGE, CORE_PAGE | USER)?;
    for page in 0..table_bytes / PAGE {
        let physical = carver.take()?;
        machine.set_table_entry((FRAMES_BASE >> 12) + page, physical | CORE_PAGE);
    }
    map_directly(&mut machine, &mut carver, last)?;
    let landing = carver.take_zeroed(&mut machine)?;
    machine.set_table_entry(LANDING_PAGE >> 12, landing | CORE_PAGE);
    machine.flush_all();
    for site in (0..END).step_by(2) {
        machine.write_u8(LANDING_PAGE + site, 0xCD);
        machine.write_u8(LANDING_PAGE + site + 1, LANDING_VECTOR as u8);
    }
    machine.set_table_entry(LANDING_PAGE >> 12, page::landing(landing >> 12));
    machine.set_table_entry(PEEPHOLE >> 12, 0);
    machine.flush_all();

    // SAFETY: the pages were mapped above for `count` entries, and nothing else uses them.
    let table = unsafe { core::slice::from_raw_parts_mut(FRAMES_BASE as *mut u64, count as usize) };
    let mut frames = Frames::new(table, first);
    for extent in &carver.extents {
        if extent.bytes >= PAGE {
            frames.add(Run { first: extent.base >> 12, count: extent.bytes >> 12 });
        }
    }
    for run in &carver.taken {
        frames.add_held(*run, Owner::Kernel);
    }
    frames.add_held(Run { first: boot.core_physical >> 12, count: boot.core_bytes >> 12 }, Owner::Kernel);
    let mut memory = Memory::new(frames);
    memory.eager = boot.flags & boot_flag::EAGER != 0;
    // The core's own growth, and page tables, must not find the last frame gone.
    memory.set_core_share(KEPT_FRAMES);
    heap::refill(&mut memory);

    let facts = Facts {
        cpu: (boot.cpu_signature >> 8 & 15) as u8,
        cpu_features: boot.cpu_features,
        has_fpu: boot.has_fpu != 0,
        resident,
        trap_base: info.trap_base,
        callback_trap: info.callback_trap,
        kernel_directory: boot.directory_physical,
        client_iopl: boot.client_iopl,
        eager: memory.eager,
        guard_pages: (boot.flags & boot_flag::GUARD != 0) as u32,
        protect_page0: boot.flags & boot_flag::PAGE0 != 0,
        physical_kib: boot.physical_kib,
        older_blocks: boot.xms_blocks,
        ..Default::default()
    };
    cpu::prepare(facts.has_fpu, !facts.has_fpu);
    log::info!(
        target: "start",
        "{} KiB in {} extents, core at {:08X}, resident part at {:04X}",
        memory.frames.total() * 4,
        extents.len(),
        boot.core_physical,
        resident >> 4
    );
    let (from, to) = (info.code_start, info.code_end);
    let mut clean = Vec::new();
    clean.try_reserve_exact((to - from) as usize).map_err(|_| StartError::TooLittleMemory)?;
    clean.resize((to - from) as usize, 0);
    machine.read_bytes(resident + from as u32, &mut clean);
    let xms = start_xms(&boot, &info, &mut memory, last);
    offer_xms(&mut machine, resident, info.features);
    heap::settle(&mut memory);
    if info.xms_table != 0 {
        publish(&mut machine, &mut memory, boot.resident_segment, info.xms_table)?;
    }
    let mut host = Host::new(machine, memory, xms, facts);
    if boot.transfer_kib != 0 {
        host.transfer_wanted = boot.transfer_kib.min(TRANSFER_MAX_KIB) * 64;
    }
    // Where page faults nest in the emulator, nothing may fault for long.
    if boot.flags & (boot_flag::NO_SWAP | boot_flag::EAGER) == 0 {
        // CONFIG.SYS has no environment to name a directory.
        let nobody_asked = boot_flag::DEVICE | boot_flag::OWN_DIRECTORY;
        let ask_client = boot.flags & nobody_asked == nobody_asked;
        host.swap_file = SwapFile::new(&boot.swap_path, boot.swap_limit_kib, ask_client);
    }
    fast::prepare(&host);
    host::install(Monitor::new(host, Screen), (from, clean));
    Ok(())
}

/// Maps physical memory from 0 up to page frame `last`, or as far as there is room, at [`DIRECT_BASE`].
fn map_directly(machine: &mut Pc, carver: &mut Carver, last: u32) -> Result<(), StartError> {
    let pages = (last + 1).min(DIRECT_MAX >> 12);
    carver.tables(machine, DIRECT_BASE, pages << 12, CORE_PAGE)?;
    for page in 0..pages {
        machine.set_table_entry((DIRECT_BASE >> 12) + page, page << 12 | CORE_PAGE);
    }
    machine.set_direct(pages << 12);
    Ok(())
}

/// The XMS driver and its handles. `highest` is the last frame of our memory.
fn start_xms(boot: &BootInfo, info: &ResidentInfo, memory: &mut Memory, highest: u32) -> Xms {
    // Where there is no memory for as many, there are as many as before: it is asked for less and less.
    let mut handles = boot.xms_handles.clamp(1, BLOCKS_MAX);
    while !memory.heap.set_handles(handles) && handles > 1 {
        handles /= 2;
    }
    memory.heap.set_hoard((memory.frames.total() * 4 / HOARD_SHARE).min(HOARD_MAX));
    heap::refill(memory);
    if boot.flags & boot_flag::ISA_DMA != 0 {
        memory.heap.set_low_dma(true);
    }
    Xms::new(Config {
        has_hma: true,
        hma_minimum: boot.hma_minimum,
        a20_fixed: info.a20_method as u32 == a20_method::ALWAYS,
        has_older: boot.flags & boot_flag::XMS_DRIVER != 0,
        older_blocks: boot.xms_blocks,
        has_table: info.xms_table != 0,
        highest: highest << 12 | (PAGE - 1),
        resident: boot.resident_segment as u32 * 16,
        handles,
    })
}

/// The public handle table, with all free memory in it.
fn publish(machine: &mut Pc, memory: &mut Memory, segment: u16, offset: u16) -> Result<(), StartError> {
    memory.heap.publish(machine, segment, offset).then_some(()).ok_or(StartError::TooLittleMemory)?;
    memory.heap.collect(&mut memory.frames);
    memory.heap.write_table(machine);
    Ok(())
}

/// From now on the resident part answers the XMS installation check.
fn offer_xms(machine: &mut Pc, resident: u32, features: u8) {
    let at = resident + core::mem::offset_of!(ResidentInfo, features) as u32;
    machine.write_u8(at, features | feature::XMS as u8);
}

const _: () = assert!(RECURSIVE_SLOT == 1023 && LOW_END == 0x11_0000);
