//! One client's life: what belongs to it, from the mode switch at the DPMI entry point to its end.

use crate::dos::Holdings;
use crate::dpmi::dosmem::DosBlocks;
use crate::dpmi::ldt::Allocated;
use crate::dpmi::watch::Watches;
use crate::paging::space::Space;
use crate::regs::{FarPointer, Width};

pub use crate::layout::CLIENTS_MAX;
/// Callbacks a client may have (0303h); the specification asks for 16.
pub const CALLBACKS_MAX: usize = 64;

/// Is this the vector of a hardware interrupt, at the PIC's bases 08h and 70h?
pub const fn is_irq(vector: u8) -> bool {
    matches!(vector, 0x08..=0x0F | 0x70..=0x77)
}

/// INT 1Ch, which the BIOS calls at each tick of the clock.
pub const USER_TICK: u8 = 0x1C;

/// Does a protected-mode handler of this vector get the real-mode occurrences too (DPMI 0.9, 0205h: hardware interrupts,
/// 1Ch, 23h and 24h)?
pub const fn reaches_protected_mode(vector: u8) -> bool {
    is_irq(vector) || matches!(vector, USER_TICK | 0x23 | 0x24)
}

/// How far a client's end has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Ending {
    /// It lives.
    #[default]
    Lives,
    /// DOS was asked to end its process.
    Asked,
    /// DOS's call faulted in the client's name. It was asked again, with the real-mode vectors of the client's entry.
    AskedAgain,
}

/// What the entry code reads and writes of a client on every crossing; in one place, in a fixed order.
#[derive(Clone, Copy, Default, Debug)]
#[repr(C)]
pub struct Hot {
    /// SS (high half) and SP of the next real-mode call.
    pub real_stack: u32,
    /// ESP for the next handler on the locked stack.
    pub locked_esp: u32,
    /// How many crossings run on the locked stack now.
    pub locked_depth: u32,
    /// Selector of the locked stack.
    pub locked_selector: u32,
    /// Linear address of its offset 0.
    pub locked_base: u32,
    /// Lowest ESP at which the entry code may enter a handler there: it makes frames of 32-bit clients only.
    pub locked_low: u32,
    /// Lowest ESP at which anybody may.
    pub locked_floor: u32,
    /// The entry code takes exceptions back from an ESP below this, and not below `locked_floor`.
    pub locked_high: u32,
    /// 1 for a 32-bit client.
    pub is_wide: u32,
}

impl Hot {
    /// Does a stack pointer lie on the locked stack? A program may have loaded a flat locked stack's selector for a stack of
    /// its own.
    pub fn is_on_locked_stack(&self, ss: u32, esp: u32) -> bool {
        ss as u16 == self.locked_selector as u16 && (self.locked_base != 0 || esp >= self.locked_floor)
    }
}

/// A client. What the entry code uses comes first, so that with this alignment it lies on one page (docs/decisions, 0015).
#[repr(C, align(2048))]
pub struct Client {
    /// What every crossing uses.
    pub hot: Hot,
    /// Selector over a callback's real-mode stack; its base follows the innermost callback.
    pub alias_selector: u16,
    /// See `calls`.
    pub call_next: u8,
    /// The last service calls (INT number in the high half, AX in the low), newest at `call_next - 1`.
    pub calls: [u32; 8],
    /// Exception handlers (0203h).
    pub exceptions: [FarPointer; 32],
    /// Protected-mode interrupt vectors (0205h).
    pub vectors: [FarPointer; 256],
    /// Its number: index in the host's table and of its LDT.
    pub id: u8,
    /// 16 or 32 bits.
    pub width: Width,
    /// The PSP of its process, a paragraph.
    pub psp: u16,
    /// The environment's paragraph, which PSP:2Ch gets back before DOS ends the process.
    pub environment: u16,
    /// INT 22h address that the PSP held (offset low, segment high).
    pub terminate: u32,
    /// Paragraph of the host data area that the client gave: its real-mode stack.
    pub host_data: u16,
    /// Selector of the PSP, as ES at entry.
    pub psp_selector: u16,
    /// Stays in memory after its end (INT 21h 31h).
    pub resident: bool,
    /// Its first procedure has decided what its locked stack looks like.
    pub stack_decided: bool,
    /// Its process has ended, but the client stayed: other programs call it.
    pub outlives: bool,
    /// How far its end has come.
    pub ending: Ending,
    /// How many calls its end has made.
    pub end_calls: u8,
    /// The program of this client's that a fault ended last: its PSP and, in the low byte, what `call_next` was.
    pub ended_child: u32,
    /// All real-mode vectors as they were when it entered: without them DOS may not be able to end it.
    pub entry_vectors: [u32; 256],
    /// IRQs that were in service as the client entered, one bit per line.
    pub in_service: u16,
    /// Which descriptors are allocated.
    pub ldt: Allocated,
    /// Where the last fault happened that became an interrupt: EDI to EAX but for ESP, then ESP, SS, CS and EIP.
    pub reflected_fault: [u32; 11],
    /// Real-mode vectors as they were before this client changed them with 0201h: vector and old value.
    pub saved_vectors: alloc::vec::Vec<(u8, u32)>,
    /// DOS memory blocks (0100h).
    pub dos_blocks: DosBlocks,
    /// The linear address space.
    pub space: Space,
    /// What the DOS extension keeps for it.
    pub dos: Holdings,
    /// Hardware watchpoints (0B00h).
    pub watches: Watches,
    /// What 0E01h asked for: bit 0 MPv, bit 1 EMv.
    pub coprocessor: u8,
    /// The FPU state while another client runs.
    pub fpu: [u8; 108],
}

const _: () = assert!(core::mem::offset_of!(Client, vectors) + 0x80 * size_of::<FarPointer>() <= 2048);

impl Client {
    /// A client without descriptors or slots.
    pub fn new(id: u8, width: Width, psp: u16, host_data: u16, space: Space) -> Self {
        Client {
            hot: Hot {
                real_stack: first_real_stack(host_data),
                is_wide: (width == Width::Bits32) as u32,
                ..Default::default()
            },
            id,
            width,
            psp,
            environment: 0,
            terminate: 0,
            host_data,
            psp_selector: 0,
            alias_selector: 0,
            resident: false,
            stack_decided: false,
            outlives: false,
            ending: Ending::Lives,
            end_calls: 0,
            ended_child: 0,
            entry_vectors: [0; 256],
            in_service: 0,
            ldt: Allocated::new(),
            vectors: [FarPointer::default(); 256],
            exceptions: [FarPointer::default(); 32],
            reflected_fault: [0; 11],
            saved_vectors: alloc::vec::Vec::new(),
            dos_blocks: Default::default(),
            space,
            dos: Default::default(),
            watches: Default::default(),
            coprocessor: 1,
            fpu: INITIAL_FPU,
            calls: [0; 8],
            call_next: 0,
        }
    }
}

/// SS:SP at the top of a client's host data area.
pub fn first_real_stack(host_data: u16) -> u32 {
    ((host_data as u32) << 16) | (crate::layout::HOST_PARAGRAPHS * 16)
}

/// What FNINIT leaves: control word 037Fh, empty tags.
const INITIAL_FPU: [u8; 108] = {
    let mut image = [0; 108];
    (image[0], image[1]) = (0x7F, 0x03);
    (image[8], image[9]) = (0xFF, 0xFF);
    image
};
