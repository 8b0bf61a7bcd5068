//! What a service row is, how a row is found, and what a handler answers.

use crate::host::Host;
use crate::machine::Machine;
use crate::regs::Registers;

/// What the monitor does after a service. One byte: a handler that needs more leaves it in [`Host`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Next {
    /// Back to the caller with CF clear.
    Resume,
    /// Run `host.call` (a real-mode interrupt or far call), then go on at its `then`.
    RealCall,
    /// End the current client with the DOS exit code in AL.
    Exit,
    /// Bring in the page at `host.wanted_page`, then run the same service again.
    PageIn,
    /// What `host.swap_file.job` wanted is there, or refused.
    Paged,
    /// 0900h to 0902h, in AX, of a client whose interrupt flag the monitor keeps.
    InterruptState,
    /// The handler has set the registers, flags included, as they are to be.
    AsIs,
    /// As `Resume`, and callbacks have changed, which the entry code knows of beside registers.
    Callbacks,
}

/// Why a service refused (DPMI 1.0, appendix "error codes"; 0.9 hosts give them too).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum Code {
    /// DOS: function number invalid.
    DosInvalidFunction = 0x0001,
    /// DOS: memory control blocks destroyed.
    DosBlocksDestroyed = 0x0007,
    /// DOS: insufficient memory.
    DosInsufficientMemory = 0x0008,
    /// DOS: incorrect memory segment.
    DosInvalidBlock = 0x0009,
    /// Unsupported function.
    Unsupported = 0x8001,
    /// An object is in the wrong state.
    InvalidState = 0x8002,
    /// System integrity.
    SystemIntegrity = 0x8003,
    /// Deadlock.
    Deadlock = 0x8004,
    /// Request cancelled.
    Cancelled = 0x8005,
    /// Out of resources.
    ResourceUnavailable = 0x8010,
    /// No descriptor left.
    DescriptorUnavailable = 0x8011,
    /// No linear memory left.
    LinearMemoryUnavailable = 0x8012,
    /// No physical memory left.
    PhysicalMemoryUnavailable = 0x8013,
    /// No backing store left.
    BackingStoreUnavailable = 0x8014,
    /// No callback left.
    CallbackUnavailable = 0x8015,
    /// No handle left.
    HandleUnavailable = 0x8016,
    /// Lock count exceeded.
    LockCountExceeded = 0x8017,
    /// Owned exclusively by another.
    ExclusivelyOwned = 0x8018,
    /// Owned shared by another.
    SharedOwned = 0x8019,
    /// A value is out of range.
    InvalidValue = 0x8021,
    /// Not a selector of this client's.
    InvalidSelector = 0x8022,
    /// Not a handle of this client's.
    InvalidHandle = 0x8023,
    /// Not a callback of this client's.
    InvalidCallback = 0x8024,
    /// A linear address is wrong.
    InvalidLinear = 0x8025,
    /// The request is not supported by the hardware or the backing store.
    InvalidRequest = 0x8026,
}

/// A refusal: the code for AX, and BX where a service hands something back with it (0100h, 0102h).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// Goes to AX.
    pub code: u16,
    /// Goes to BX, if given.
    pub bx: Option<u16>,
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Refusal { code: code as u16, bx: None }
    }
}

/// What a handler answers.
pub type Outcome = Result<Next, Refusal>;

/// A service of INT 31h.
pub type Handler<M> = fn(&mut Host<M>, &mut Registers) -> Outcome;

/// What happens when a real-mode call that a service asked for has come back: the host, the client's registers as
/// they were, and the real-mode registers on return.
pub type Then<M> = fn(&mut Host<M>, &mut Registers, &Registers) -> Outcome;

/// Which specification a service is from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Since {
    /// DPMI 0.9.
    V09,
    /// DPMI 1.0.
    V10,
}

/// One row of a service table.
pub struct Service<H> {
    /// AX, or AH for XMS.
    pub number: u16,
    /// The specification that has it.
    pub since: Since,
    /// The specification's own title.
    pub title: &'static str,
    /// The code.
    pub handler: H,
}

/// A row; a function only so that a table reads as a table.
pub const fn row<H: Copy>(number: u16, since: Since, title: &'static str, handler: H) -> Service<H> {
    Service { number, since, title, handler }
}

/// Is the table in numeric order with no number twice? Proved at compile time beside each table.
pub const fn ascending<H>(table: &[Service<H>]) -> bool {
    let mut at = 1;
    while at < table.len() {
        if table[at - 1].number >= table[at].number {
            return false;
        }
        at += 1;
    }
    true
}

/// Publishes an outcome: the only place where CF and a refusal's AX and BX are written (INT 31h convention).
#[inline(always)]
pub fn settle(outcome: Outcome, regs: &mut Registers) -> Next {
    match outcome {
        Ok(Next::Resume | Next::Callbacks) => {
            regs.set_carry(false);
            Next::Resume
        }
        Ok(next) => next,
        Err(refusal) => {
            regs.set_carry(true);
            regs.set_ax(refusal.code);
            if let Some(bx) = refusal.bx {
                regs.set_bx(bx);
            }
            Next::Resume
        }
    }
}

/// A table generic over the machine, for `M`'s sake.
pub trait Table<M: Machine + 'static> {
    /// The rows.
    const ROWS: &'static [Service<Handler<M>>];
}
