//! The resident part's head, and what its crossings leave for the core.

use core::mem::size_of;

/// The caller's real-mode state at a dormant crossing, in the resident segment. The core changes it and the
/// resident code resumes from it, all registers, whatever the event was. `ip` is the trap site's continuation:
/// resuming there unchanged means "not answered, chain".
#[derive(Clone, Copy, Default, Debug)]
#[repr(C)]
pub struct RealFrame {
    /// General registers in the order PUSHAD leaves them.
    pub edi: u32,
    /// See `edi`.
    pub esi: u32,
    /// See `edi`.
    pub ebp: u32,
    /// Not used (PUSHAD's ESP).
    pub esp_unused: u32,
    /// See `edi`.
    pub ebx: u32,
    /// See `edi`.
    pub edx: u32,
    /// See `edi`.
    pub ecx: u32,
    /// See `edi`.
    pub eax: u32,
    /// Segment registers.
    pub gs: u16,
    /// See `gs`.
    pub fs: u16,
    /// See `gs`.
    pub es: u16,
    /// See `gs`.
    pub ds: u16,
    /// Where to go on.
    pub ip: u16,
    /// See `ip`.
    pub cs: u16,
    /// Flags on resuming.
    pub eflags: u32,
    /// Stack on resuming, before anything is popped by the core's simulated RETF or IRET.
    pub sp: u16,
    /// See `sp`.
    pub ss: u16,
    /// One of [`super::event`].
    pub event: u8,
    /// 1 when the A20 line was on as the crossing began.
    pub a20_found: u8,
    /// The A20 state to leave behind: the resident code copies `a20_found` here, the core may change it.
    pub a20_wanted: u8,
    /// Zero.
    pub reserved: u8,
}

/// Fixed head of the resident part, at offset 0 of the resident segment.
#[repr(C)]
pub struct ResidentInfo {
    /// [`super::CORE_MAGIC`], for finding the resident part.
    pub magic: u32,
    /// [`super::FINGERPRINT`] of the stub.
    pub fingerprint: u32,
    /// 1 while the core owns the machine.
    pub active: u8,
    /// How A20 is switched: one of [`super::a20_method`].
    pub a20_method: u8,
    /// Depth of INT 13h calls under way, counted by the hook.
    pub disk_depth: u8,
    /// Zero.
    pub reserved: u8,
    /// Offset of trap site 0; site n is `TRAP_STRIDE * n` further.
    pub trap_base: u16,
    /// Offset of the callback trap (one INT instruction that every callback address aliases).
    pub callback_trap: u16,
    /// Offset of the 16-bit protected-mode code that leaves for real mode.
    pub leave: u16,
    /// First and last+1 offset of the code that is written anew before each return to dormant. The stub puts the last
    /// routine, the way to switch A20, in its place.
    pub code_start: u16,
    /// See `code_start`.
    pub code_end: u16,
    /// Offset of the DPMI entry point.
    pub dpmi_entry: u16,
    /// Offset of the XMS entry.
    pub xms_entry: u16,
    /// Offset of the public handle table (2Fh 4309h), behind the code; 0 without `/TABLE`. The core fills it.
    pub xms_table: u16,
    /// Physical address of the page directory to load on a dormant crossing.
    pub cr3: u32,
    /// Paragraph of our PSP.
    pub psp: u16,
    /// Paragraphs that a client must give as host data (1687h SI).
    pub host_paragraphs: u16,
    /// The older XMS driver's entry, offset and segment, or what lies behind its hook header; 0:0 if there was none.
    pub old_xms: u32,
    /// The DOS InDOS flag, offset and segment.
    pub indos: u32,
    /// Previous INT 2Fh handler.
    pub old_2f: u32,
    /// Previous INT 15h handler.
    pub old_15: u32,
    /// Previous INT 13h handler.
    pub old_13: u32,
    /// Previous handler of [`super::TRAP_VECTOR`].
    pub old_trap: u32,
    /// Bits of [`super::feature`].
    pub features: u8,
    /// Processor as 1687h reports it in CL: 4, 5, 6.
    pub cpu: u8,
    /// The caller's PSP (INT 21h 62h), which the DPMI entry stores before it traps.
    pub client_psp: u16,
    /// Offset of the far-called entry for [`super::event::CONTROL`].
    pub control_entry: u16,
    /// Offset of the far-called entry for [`super::event::SHUTDOWN`]. AX on return: 0 when the core is gone, else
    /// one of [`super::stay`]. When it is gone, [`super::BootInfo::xms_blocks`] stand at ES:DI.
    pub shutdown_entry: u16,
    /// The older XMS driver's hook header, offset and segment, where a jump to our entry stands; 0:0 if there is none.
    pub hooked_xms: u32,
    /// ESP and, behind it, SS of a dormant XMS call: [`XmsCall`] is there.
    pub xms_stack: u32,
    /// See `xms_stack`.
    pub xms_stack_segment: u16,
    /// Offset of the 16-bit protected-mode code that leaves an XMS call for real mode.
    pub xms_leave: u16,
    /// The caller's state at a dormant crossing.
    pub frame: RealFrame,
}

/// What a dormant XMS call has pushed, its caller's far return address included.
#[derive(Clone, Copy, Debug)]
#[repr(C, packed)]
pub struct XmsCall {
    /// PUSHAD.
    pub general: crate::regs::General,
    /// ES.
    pub es: u16,
    /// DS.
    pub ds: u16,
    /// EFLAGS.
    pub eflags: u32,
    /// Where the caller goes on, offset and segment.
    pub back: u32,
}

const _: () = assert!(size_of::<RealFrame>() == 56);
const _: () = assert!(size_of::<XmsCall>() == 44);
const _: () = assert!(size_of::<ResidentInfo>() == 136);
