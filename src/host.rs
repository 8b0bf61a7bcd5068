//! The state that services work on, and the checked ways to a client's memory and selectors.

mod audit;
mod stack;

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::client::{Client, CLIENTS_MAX};
use crate::dos::Calls;
use crate::layout::{EXTENTS_MAX, LOW_END};
use crate::machine::Machine;
use crate::paging::frames::Owner;
use crate::paging::space::Check;
use crate::paging::Memory;
use crate::regs::{FarPointer, Registers, Width};
use crate::service::{Code, Next, Refusal, Then};
use crate::x86::descriptor::Descriptor;
use crate::xms::Xms;

/// A real-mode call that a service asks for with [`Next::RealCall`].
pub struct RealCall<M: Machine> {
    /// What to call.
    pub target: RealTarget,
    /// Registers to load: the general registers, `v_ds` to `v_gs`, flags.
    pub regs: Registers,
    /// SS:SP to use (SS in the high half), or 0 for the host's.
    pub stack: u32,
    /// Words to copy from the client's stack to the real-mode stack (0300h to 0302h, CX), and where they lie.
    pub words: (u16, u32),
    /// What to do with what it returns.
    pub finish: Finish<M>,
}

/// What happens to the registers that a real-mode call returns.
pub enum Finish<M: Machine> {
    /// They are written to the structure at this linear address (0300h to 0302h).
    Structure(u32),
    /// The service goes on.
    Then(Then<M>),
}

/// Where a real-mode call goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RealTarget {
    /// Through the real-mode vector, ended by IRET.
    Interrupt(u8),
    /// A procedure that ends with RETF.
    Far {
        /// Paragraph.
        cs: u16,
        /// Offset.
        ip: u16,
    },
    /// A procedure that ends with IRET.
    FarIret {
        /// Paragraph.
        cs: u16,
        /// Offset.
        ip: u16,
    },
}

/// What a callback's address was given out for. The entry code knows 1.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[repr(u8)]
pub enum CallbackKind {
    /// Nothing.
    #[default]
    Free = 0,
    /// 0303h: the procedure finds the registers in a structure and ends with IRET.
    Structure = 1,
    /// An event procedure of a mouse driver (INT 33h): it gets the general registers themselves and ends with RETF.
    Mouse = 2,
    /// One of the BIOS's pointing device (INT 15h C207h): four words are on the stack as well.
    Pointer = 3,
}

/// A [`Callback`]'s client, when it has ended and a driver may still have the address: nothing is called.
pub const NOBODY: u8 = u8::MAX;

/// A real-mode callback (0303h), or the real-mode address of an event procedure. One table for all clients: an entry's
/// number is coded in its real-mode address.
#[derive(Clone, Copy, Default, Debug)]
pub struct Callback {
    /// What it is for.
    pub kind: CallbackKind,
    /// Whose it is.
    pub client: u8,
    /// The protected-mode procedure.
    pub procedure: FarPointer,
    /// The client's register structure; for an event procedure, what tells the client's several ones apart.
    pub structure: FarPointer,
    /// When the entry code last found the structure, and where.
    pub known_generation: u32,
    /// See `known_generation`.
    pub known_linear: u32,
}
/// Everything the services know.
pub struct Host<M: Machine> {
    /// The machine.
    pub machine: M,
    /// Clients by number.
    pub clients: [Option<Box<Client>>; CLIENTS_MAX],
    /// The client that runs, or on whose behalf real-mode code runs. Meaningless while none lives.
    pub current: u8,
    /// Physical memory, host-wide.
    pub memory: Memory,
    /// The XMS driver.
    pub xms: Xms,
    /// The call that goes with [`Next::RealCall`].
    pub call: Option<RealCall<M>>,
    /// Real-mode callbacks of all clients; grows on demand.
    pub callbacks: Vec<Callback>,
    /// Translated DOS calls that wait for an answer.
    pub dos: Calls,
    /// One bit for each real-mode vector that some client handles in protected mode (IRQs, 1Ch, 23h, 24h): the entry
    /// code tests it on every interrupt in V86 mode.
    pub hooked: [u32; 8],
    /// An interrupt handler waits until DOS may be called.
    pub handlers_wait: bool,
    /// How far asking DOS for the transfer buffer has come, and the paragraphs wanted.
    pub transfer_step: crate::dos::transfer::Step,
    /// See `transfer_step`.
    pub transfer_wanted: u16,
    /// The linear address that goes with [`Next::PageIn`].
    pub wanted_page: u32,
    /// Why the client that dies next has to end, a short sentence, where its exception alone does not say it; or empty.
    pub death_note: &'static str,
    /// DR6's bit for a single step, as guests see it: sticky. The register's own is cleared at each debug exception, or a later one
    /// would not tell what it is by.
    pub stepped: bool,
    /// The client whose page that is, if it is not the current one's.
    pub wanted_of: Option<u8>,
    /// The swap file.
    pub swap_file: crate::dos::swapfile::SwapFile,
    /// What the start-up found.
    pub facts: Facts,
}

/// Facts that do not change after start.
#[derive(Clone, Copy, Default, Debug)]
pub struct Facts {
    /// CPU family: 4, 5, 6 (0400h CL).
    pub cpu: u8,
    /// CPUID 1 EDX.
    pub cpu_features: u32,
    /// Is there an x87?
    pub has_fpu: bool,
    /// Linear address of the resident part.
    pub resident: u32,
    /// Offset in the resident segment of trap site 0, and of the callback trap.
    pub trap_base: u16,
    /// See `trap_base`.
    pub callback_trap: u16,
    /// Physical address of the page directory that holds the core's part.
    pub kernel_directory: u32,
    /// The transfer buffer for translated DOS calls: paragraph and bytes; 0 bytes while there is none.
    pub transfer: (u16, u32),
    /// IOPL of clients.
    pub client_iopl: u8,
    /// Commit memory at once: an emulator whose page faults nest.
    pub eager: bool,
    /// Unmapped pages after each of a client's blocks (/GUARD).
    pub guard_pages: u32,
    /// Clients cannot touch the first page (/PAGE0).
    pub protect_page0: bool,
    /// Extended memory that start-up found, claimed or not, KiB.
    pub physical_kib: u32,
    /// The older XMS driver's blocks that hold our memory ([`BootInfo::xms_blocks`](crate::layout::BootInfo::xms_blocks)).
    pub older_blocks: [u16; EXTENTS_MAX],
}

impl Facts {
    /// Paragraph and offset of a trap site.
    pub fn site_address(&self, event: u32) -> (u16, u16) {
        self.alias_address(event, 0)
    }

    /// A trap site's address under alias `number`: another CS and IP for the same linear address, so that the number
    /// comes back with the trap.
    pub fn alias_address(&self, event: u32, number: u8) -> (u16, u16) {
        let segment = (self.resident >> 4) as u16;
        let offset = self.trap_base + (event * crate::layout::TRAP_STRIDE) as u16;
        (segment - number as u16, offset + ((number as u16) << 4))
    }
}

/// Why memory that a client named cannot be used now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// Not the client's, or not writable: the service's own code says so.
    Bad,
    /// The page at this linear address has to come in from the swap file first.
    PageIn(u32),
}

impl<M: Machine> Host<M> {
    /// The current client.
    ///
    /// # Panics
    /// When no client lives: services run only for a client.
    #[inline]
    pub fn client(&mut self) -> &mut Client {
        self.clients[self.current as usize].as_mut().expect("a service runs for a client")
    }

    /// The current client's width.
    #[inline]
    pub fn width(&self) -> Width {
        self.clients[self.current as usize].as_ref().map_or(Width::Bits32, |client| client.width)
    }

    /// The descriptor behind an LDT selector of the current client's, whether present or not. Null and GDT selectors are
    /// refused with 8022h, as is a descriptor that is not allocated.
    pub fn descriptor_of(&mut self, selector: u16) -> Result<Descriptor, Code> {
        let index = selector >> 3;
        if selector & 4 == 0 || !self.client().ldt.is_allocated(index) {
            return Err(Code::InvalidSelector);
        }
        Ok(Descriptor(self.machine.descriptor(self.current, index)))
    }

    /// Linear address of `selector:offset` when `bytes` (1 and more) from there lie inside the segment; 8022h for a wrong
    /// selector, 8021h when beyond the limit. The sum wraps at 4 GiB, as addresses do.
    pub fn linear_of(&mut self, selector: u16, offset: u32, bytes: u32) -> Result<u32, Code> {
        let descriptor = self.descriptor_of(selector)?;
        let last = offset.checked_add(bytes - 1).ok_or(Code::InvalidValue)?;
        if last > descriptor.limit() {
            return Err(Code::InvalidValue);
        }
        Ok(descriptor.base().wrapping_add(offset))
    }

    /// May the core read `bytes` bytes at `linear` for the client? Brings in demand-zero pages on the way.
    #[inline]
    pub fn readable(&mut self, linear: u32, bytes: u32) -> Result<(), Refused> {
        self.reachable(linear, bytes, false)
    }

    /// May the core write `bytes` bytes at `linear` for the client? Brings in demand-zero pages on the way.
    #[inline]
    pub fn writable(&mut self, linear: u32, bytes: u32) -> Result<(), Refused> {
        self.reachable(linear, bytes, true)
    }

    fn reachable(&mut self, linear: u32, bytes: u32, write: bool) -> Result<(), Refused> {
        let end = linear.checked_add(bytes).ok_or(Refused::Bad)?;
        if end <= LOW_END {
            return Ok(());
        }
        let client = self.clients[self.current as usize].as_mut().ok_or(Refused::Bad)?;
        match client.space.check(&mut self.machine, &mut self.memory, linear, bytes, write) {
            Check::Ready => Ok(()),
            Check::PageIn(page) => Err(Refused::PageIn(page)),
            Check::Bad => Err(Refused::Bad),
        }
    }

    /// Keeps what an interrupt, an exception or a callback will use of the current client's memory resident, where there is
    /// a swap file: it may be wanted while DOS cannot be called. A handler's end is not known; a page of it counts.
    pub fn keep_resident(&mut self, pointer: FarPointer) {
        if self.memory.swap.is_none() || pointer.selector & 4 == 0 {
            return;
        }
        let Ok(first) = self.linear_of(pointer.selector, pointer.offset, 1) else { return };
        for linear in [first, first.saturating_add(0xFFF)] {
            if linear >= LOW_END && self.readable(linear, 1).is_ok() {
                let Some(client) = self.clients[self.current as usize].as_mut() else { return };
                client.space.pin(&mut self.machine, &mut self.memory, linear);
            }
        }
    }

    /// Turns a refused access into a service's answer: "page in, then again", or the refusal given.
    pub fn refuse(&mut self, refused: Refused, code: Code) -> Result<Next, Refusal> {
        match refused {
            Refused::PageIn(page) => {
                self.wanted_page = page;
                Ok(Next::PageIn)
            }
            Refused::Bad => Err(code.into()),
        }
    }

    /// A host without clients.
    pub fn new(machine: M, memory: Memory, xms: Xms, facts: Facts) -> Self {
        Host {
            machine,
            clients: [const { None }; CLIENTS_MAX],
            current: 0,
            memory,
            xms,
            call: None,
            callbacks: Vec::new(),
            dos: Calls::new(),
            hooked: [0; 8],
            handlers_wait: false,
            transfer_step: Default::default(),
            transfer_wanted: 0x200,
            wanted_page: 0,
            death_note: "",
            stepped: false,
            wanted_of: None,
            swap_file: Default::default(),
            facts,
        }
    }

    /// May INT 15h 87h touch this physical range? Conventional memory and what is not ours, yes; of ours only locked XMS
    /// blocks.
    pub fn may_move(&self, physical: u32, bytes: u32) -> bool {
        if bytes == 0 || physical.saturating_add(bytes) <= LOW_END {
            return true;
        }
        let Some(end) = physical.checked_add(bytes - 1) else { return false };
        (physical >> 12..=end >> 12).all(|frame| {
            let first = physical.max(frame << 12);
            let last = end.min(frame << 12 | 0xFFF);
            !self.memory.frames.covered().contains(&frame)
                || match self.memory.frames.owner(frame) {
                    Owner::Reserved => true,
                    Owner::Xms { .. } => self.memory.heap.is_locked(first, last - first + 1),
                    _ => false,
                }
        })
    }
}

#[cfg(test)]
mod tests;
