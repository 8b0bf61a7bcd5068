//! The XMS driver: XMS 3.0, and what HIMEMSX adds to it (3.51).
//!
//! One row per function and one exit, [`settle`], which alone writes AX and BL of success and refusal. [`call`] is the far
//! entry, whoever called it: real mode while dormant, V86 code while active, or a protected-mode client.
//!
//! Blocks are those of the [`heap`](crate::heap): their memory is the same page frames that DPMI memory is made of.
//! A long move and the gathering of a scattered block go in pieces of at most 16 KiB: when an interrupt waits after one,
//! [`XmsNext::Again`] asks the caller to take it and then to [`resume`]; see [`work`].
//!
//! Decisions:
//!
//! * **An older driver below us** (we hold its memory, and serve in front of it): the HMA, A20 and UMB functions (01h to
//!   07h, 10h to 12h) are passed on, since it has the counts, and DOS may own its HMA. Handles of ours are served
//!   here, and those of the blocks that hold our memory are refused. Any other handle is one from before our time: its call is passed on; but 0Bh never while active,
//!   since that driver knows nothing of paging, and never when the other end is one of ours (refused with A3h or A5h).
//! * **UMB functions** without an older driver: 80h, as from any driver that has no upper memory.
//! * **Beyond 4 GiB**, as HIMEMSX has it: C8h and C9h are about memory there, of which there is none; CBh and CCh take every
//!   handle. The version stays 3.00: programs that ask for 3.50 do so to get that memory.
//! * **4309h**, the public handle table, is there with /TABLE only: its callers read and write addresses in it, so blocks do
//!   not move then. Before a call what others wrote is taken over, after it the table shows what has changed; see
//!   [`heap::public`](crate::heap::public).
//! * 08h and 88h report as largest block what could be allocated *and then locked*. More than that, up to all that is free,
//!   can be allocated and copied to.
//!
//! XMS 3.0; HIMEMSX's XMS35.TXT.

pub mod a20;
pub mod blocks;
mod code;
pub mod hma;
pub mod lock;
pub mod moves;
#[cfg(test)]
mod tests;
pub mod umb;
pub mod work;

use arrayvec::ArrayVec;

use crate::heap::Refusal;
use crate::layout::EXTENTS_MAX;
use crate::machine::Machine;
use crate::paging::Memory;
use crate::regs::{General, Registers};
pub use code::Code;
use work::{Caller, Work, WORKS_MAX};

/// XMS version, BCD.
pub const VERSION: u16 = 0x0300;
/// Ferrite's own version as 00h reports it, BCD.
pub const REVISION: u16 = 0x0001;

/// What start-up knows about XMS.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Is there an HMA (memory at 1 MiB that A20 can reach)?
    pub has_hma: bool,
    /// Fewest bytes for which the HMA is given out (/HMAMIN).
    pub hma_minimum: u16,
    /// The A20 line cannot be switched off.
    pub a20_fixed: bool,
    /// An older driver is there to pass calls on to.
    pub has_older: bool,
    /// The older driver's handles of the blocks that hold our memory; 0 for none.
    pub older_blocks: [u16; EXTENTS_MAX],
    /// There is to be a public handle table (/TABLE).
    pub has_table: bool,
    /// Highest physical address of extended memory, its last byte (88h ECX).
    pub highest: u32,
    /// Linear address of [`ResidentInfo`](crate::layout::ResidentInfo), which knows where DOS keeps the running process; 0
    /// for none.
    pub resident: u32,
    /// Handles in all: what [`Heap::set_handles`](crate::heap::Heap::set_handles) was given.
    pub handles: u16,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            has_hma: true,
            hma_minimum: 0,
            a20_fixed: false,
            has_older: false,
            older_blocks: [0; EXTENTS_MAX],
            has_table: false,
            highest: 0x10_FFFF,
            resident: 0,
            handles: crate::heap::BLOCKS_DEFAULT,
        }
    }
}

/// The XMS driver's state, without the blocks.
#[derive(Default, Debug)]
pub struct Xms {
    config: Config,
    hma_used: bool,
    a20_global: bool,
    a20_local: u16,
    handles: u16,
    /// There is something to do before a call: work waits, or there is a public handle table.
    careful: bool,
    works: ArrayVec<Work, WORKS_MAX>,
}

impl Xms {
    /// The driver at start.
    pub fn new(config: Config) -> Self {
        Xms { config, careful: config.has_table, ..Xms::default() }
    }

    /// Does a handle that names none of our blocks go to the older driver? Not the handles of those that hold our memory: whoever
    /// tried them could free it under us.
    pub(super) fn passes_on(&self, handle: u16) -> bool {
        self.config.has_older && !self.config.older_blocks.contains(&handle)
    }

    /// Handles in use.
    pub fn handles_used(&self) -> u16 {
        self.handles
    }

    /// Handles that there are.
    pub fn handles_total(&self) -> u16 {
        self.config.handles
    }

    /// Has somebody the HMA from us?
    pub fn hma_in_use(&self) -> bool {
        self.hma_used
    }
}

/// What a handler works on.
pub struct XmsContext<'a, M: Machine> {
    /// The machine.
    pub machine: &'a mut M,
    /// The driver.
    pub xms: &'a mut Xms,
    /// Physical memory, and the blocks in it.
    pub memory: &'a mut Memory,
    /// The A20 line as the caller sees it: in, as it is; out, as it is to be.
    pub a20: bool,
    /// Does the core own the machine?
    pub active: bool,
    /// Linear address of the structure at DS:(E)SI, readable for 18 bytes, for a protected-mode caller; None for a caller in
    /// real or V86 mode.
    pub structure: Option<u32>,
}

/// What a handler that did not refuse answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// AX=1, BL=0.
    Success,
    /// AX=1; BX holds a result, or stays.
    SuccessWithBx,
    /// All results are in the registers, AX too.
    Reported,
    /// A hardware interrupt has come, this its vector: the caller takes it, then [`resume`].
    Again(u8),
}

/// Why a handler did not serve the call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// AX=0, BL=code.
    Refused(Code),
    /// It is the older driver's.
    PassOn,
}

impl From<Code> for Stop {
    fn from(code: Code) -> Self {
        Stop::Refused(code)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Stop::Refused(refusal.into())
    }
}

/// What a handler answers.
pub type XmsOutcome = Result<Answer, Stop>;

/// A function of the driver.
pub type XmsHandler<M> = fn(&mut XmsContext<M>, &mut Registers) -> XmsOutcome;

/// What the monitor does after a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum XmsNext {
    /// Return to the caller.
    Done,
    /// Hand the call to the older driver, registers untouched.
    PassOn,
    /// Have the caller take this hardware interrupt, with its registers and stack as they are, then call [`resume`].
    Again(u8),
}

/// One row of the table.
pub struct Row<M: Machine + 'static> {
    /// AH.
    pub number: u8,
    /// The specification's title.
    pub title: &'static str,
    /// The code.
    pub handler: XmsHandler<M>,
}

const fn row<M: Machine>(number: u8, title: &'static str, handler: XmsHandler<M>) -> Row<M> {
    Row { number, title, handler }
}

/// The table, for `M`'s sake a type's constant.
pub struct Functions<M>(core::marker::PhantomData<M>);

impl<M: Machine + 'static> Functions<M> {
    /// Every function of the driver, in numeric order.
    pub const ROWS: &'static [Row<M>] = &[
        row(0x00, "Get XMS Version Number", hma::version),
        row(0x01, "Request High Memory Area", hma::request),
        row(0x02, "Release High Memory Area", hma::release),
        row(0x03, "Global Enable A20", a20::global_enable),
        row(0x04, "Global Disable A20", a20::global_disable),
        row(0x05, "Local Enable A20", a20::local_enable),
        row(0x06, "Local Disable A20", a20::local_disable),
        row(0x07, "Query A20", a20::query),
        row(0x08, "Query Free Extended Memory", blocks::query_free),
        row(0x09, "Allocate Extended Memory Block", blocks::allocate),
        row(0x0A, "Free Extended Memory Block", blocks::free),
        row(0x0B, "Move Extended Memory Block", moves::move_block),
        row(0x0C, "Lock Extended Memory Block", lock::lock),
        row(0x0D, "Unlock Extended Memory Block", lock::unlock),
        row(0x0E, "Get EMB Handle Information", blocks::information),
        row(0x0F, "Reallocate Extended Memory Block", blocks::reallocate),
        row(0x10, "Request Upper Memory Block", umb::older),
        row(0x11, "Release Upper Memory Block", umb::older),
        row(0x12, "Reallocate Upper Memory Block", umb::older),
        row(0x88, "Query Any Free Extended Memory", blocks::query_any_free),
        row(0x89, "Allocate Any Extended Memory", blocks::allocate_any),
        row(0x8E, "Get Extended EMB Handle Information", blocks::extended_information),
        row(0x8F, "Reallocate Any Extended Memory", blocks::reallocate_any),
        row(0xC8, "Query Free Super-Extended Memory", blocks::query_super),
        row(0xC9, "Allocate Super-Extended Memory", blocks::allocate_super),
        row(0xCB, "Move Super-Extended Memory Block", moves::move_super),
        row(0xCC, "Lock Super-Extended Memory Block", lock::lock_super),
    ];

    /// AH to the row's number and 1 on top; 0 where there is no row.
    const INDEX: &'static [u8; 256] = &index(Self::ROWS);
}

const fn index<M: Machine>(rows: &[Row<M>]) -> [u8; 256] {
    let mut index = [0; 256];
    let mut at = 0;
    while at < rows.len() {
        assert!(at == 0 || rows[at - 1].number < rows[at].number, "rows must stay in numeric order");
        index[rows[at].number as usize] = at as u8 + 1;
        at += 1;
    }
    index
}

/// The far entry: AH says what is wanted.
#[inline]
pub fn call<M: Machine + 'static>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsNext {
    if context.xms.careful {
        return call_carefully(context, regs);
    }
    serve(context, regs)
}

/// A call while work waits, or with a public handle table.
#[cold]
fn call_carefully<M: Machine + 'static>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsNext {
    if !context.xms.works.is_empty() {
        work::drop_stale(context, regs);
    }
    if !context.memory.heap.is_public() {
        return serve(context, regs);
    }
    context.make_room();
    read_table(context.machine, context.xms, context.memory);
    let next = serve(context, regs);
    context.memory.heap.write_table(context.machine);
    next
}

/// Takes over what others have written into the public table, if there is one.
pub fn read_table<M: Machine>(machine: &M, xms: &mut Xms, memory: &mut Memory) {
    if memory.heap.read_table(machine) {
        xms.handles = memory.heap.blocks_used();
    }
}

#[inline(always)]
fn serve<M: Machine + 'static>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsNext {
    let outcome = match Functions::<M>::INDEX[regs.ah() as usize] {
        0 => Err(Stop::Refused(Code::NotImplemented)),
        row => (Functions::<M>::ROWS[row as usize - 1].handler)(context, regs),
    };
    settle(outcome, regs)
}

/// What the short way comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Quick {
    /// Nothing was done: [`call`] is to be asked.
    NotDone,
    /// Answered.
    Done,
    /// As [`XmsNext::Again`].
    Interrupted(u8),
}

/// The short ways, for what is called often, where nothing stands in the way. (0Ch and 0Dh are shorter still: the entry code
/// does them by itself.)
impl Xms {
    /// 09h.
    #[inline(always)]
    pub fn quick_allocate(&mut self, memory: &mut Memory, regs: &mut General) -> Quick {
        let Some(handle) = memory.heap.allocate_low(regs.edx & 0xFFFF) else { return Quick::NotDone };
        self.handles += 1;
        regs.set_dx(handle);
        regs.succeed();
        Quick::Done
    }

    /// 0Ah.
    #[inline(always)]
    pub fn quick_free(&mut self, memory: &mut Memory, regs: &mut General) -> Quick {
        if !memory.heap.free_low(regs.edx as u16, &mut memory.frames) {
            return Quick::NotDone;
        }
        self.handles -= 1;
        regs.succeed();
        Quick::Done
    }

    /// 0Bh with the structure at linear address `at`; AX=1 is left to whoever called this. `caller` is asked for what takes longer.
    #[inline(always)]
    pub fn quick_move<M: Machine>(
        &mut self,
        memory: &mut Memory,
        machine: &mut M,
        at: u32,
        caller: impl Fn() -> Caller,
    ) -> Quick {
        moves::quick(self, &mut memory.heap, machine, at, caller)
    }
}

/// Goes on with a call that answered [`XmsNext::Again`], with the caller's registers, SS:ESP above all, as they were.
pub fn resume<M: Machine + 'static>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsNext {
    match work::resume(context, regs) {
        Some(outcome) => settle(outcome, regs),
        // Nobody remembers: both kinds of long work can be begun anew.
        None => call(context, regs),
    }
}

/// Publishes an outcome: the only place where AX and BL of success and refusal are written.
#[inline(always)]
fn settle(outcome: XmsOutcome, regs: &mut Registers) -> XmsNext {
    match outcome {
        Ok(Answer::Success) => {
            regs.set_ax(1);
            regs.ebx &= !0xFF;
        }
        Ok(Answer::SuccessWithBx) => regs.set_ax(1),
        Ok(Answer::Reported) => {}
        Ok(Answer::Again(vector)) => return XmsNext::Again(vector),
        Err(Stop::Refused(code)) => {
            regs.set_ax(0);
            regs.ebx = regs.ebx & !0xFF | code as u32;
        }
        Err(Stop::PassOn) => return XmsNext::PassOn,
    }
    XmsNext::Done
}

impl<M: Machine> XmsContext<'_, M> {
    /// The block that a handle names, or who else is to be asked.
    #[inline(always)]
    fn block(&self, handle: u16) -> Result<u16, Stop> {
        match self.memory.heap.find(handle) {
            Some(index) => Ok(index),
            None if self.xms.passes_on(handle) => Err(Stop::PassOn),
            None => Err(Stop::Refused(Code::InvalidHandle)),
        }
    }

    /// Before anything that makes runs: sees to it that the heap's table can grow. Should it not, the heap refuses.
    #[inline(always)]
    fn make_room(&mut self) {
        if let Some(bytes) = self.memory.heap.wants_room() {
            self.grow(bytes);
        }
    }

    #[cold]
    fn grow(&mut self, bytes: usize) {
        if self.machine.reserve_heap(bytes) {
            self.memory.heap.make_room();
        }
    }
}
