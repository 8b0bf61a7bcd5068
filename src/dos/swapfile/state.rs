//! What is known about the swap file and the conversation with DOS that is under way.

use super::places::Places;
use super::{directory, NOWHERE, PATH_BYTES, PSP_PARAGRAPHS, STACK_PARAGRAPHS};
use crate::paging::pager::{Request, Step};
use crate::regs::Registers;

/// Why DOS is talked to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Job {
    /// Nothing.
    #[default]
    None,
    /// The page of a fault, then the instruction again.
    Fault,
    /// What a service wants, then the interrupt of that number again.
    Service(u8),
    /// The same with a page of another client's; where it cannot be had, the service is refused.
    Foreign(u8),
    /// So many pages more, then the interrupt of that number again.
    Grow(u8),
    /// The page of an interrupt handler that waits; then the handler again.
    Handler,
    /// A real-mode register structure that was swapped out while its call ran.
    Structure,
    /// Frames for a client that enters; then its entry again.
    Entry,
    /// The end of the last client, of this number.
    Close(u8),
}

/// How a job ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Ended {
    /// As wanted.
    #[default]
    Well,
    /// No room, or not allowed: nothing has changed.
    Refused,
    /// The page cannot be had.
    Lost,
}

/// The call whose answer is awaited.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Phase {
    #[default]
    Idle,
    Strategy,
    LastFit,
    Block,
    StrategyBack,
    Error,
    Break,
    Psp,
    OwnPsp,
    FullName,
    Free,
    Find,
    Head,
    CloseFound,
    Create,
    Mark,
    Marked,
    Spoilt,
    SpoiltGone,
    Version,
    Lists,
    Extend,
    Extended,
    Shrink,
    Shrunk,
    Stamp,
    Stamped,
    Commit,
    Seek,
    Move,
    Close,
    Delete,
    PspBack,
    BreakBack,
    ErrorBack,
    Release,
}

/// What is known about the file and the conversation under way.
pub struct SwapFile {
    /// May there be one at all?
    pub allowed: bool,
    /// Is a job under way?
    pub busy: bool,
    /// The job.
    pub job: Job,
    /// How it ended.
    pub ended: Ended,
    /// A grown file was asked for and the service runs again: a refusal counts now.
    pub tried: bool,
    /// The structure of [`Job::Structure`]: where, and what goes there.
    pub structure: (u32, Registers),
    /// Pages that were pinned because a handler or a callback touched them.
    pub pins: u32,
    /// The slot in which DOS runs for the job.
    pub slot: usize,
    /// The job's client has to end when the job is done: it ended itself, or died, in a handler meanwhile. Its exit code.
    pub doomed: Option<u8>,
    /// The client that is current after [`Job::Close`].
    pub outer: u8,
    pub(super) path: [u8; PATH_BYTES],
    /// The path is not what anybody has asked for.
    pub(super) ask_client: bool,
    /// Pages that the switch allows, 0 for the default.
    pub(super) limit: u32,
    /// The block's paragraph, 0 while there is none.
    pub(super) block: u16,
    /// Pages of the demand buffer.
    pub(super) cluster: u32,
    pub(super) handle: Option<u16>,
    pub(super) phase: Phase,
    /// What was there before: the strategy, the PSP, the vectors.
    pub(super) strategy: u16,
    pub(super) psp: u16,
    pub(super) vectors: [u32; 2],
    pub(super) break_flag: u8,
    pub(super) error: [u16; 8],
    /// A call of this conversation was refused: the extended error has changed.
    pub(super) failed: bool,
    /// The request of a job; and pages for one that grows.
    pub request: Request,
    /// The client that waits for it.
    pub(super) waiter: u8,
    pub(super) more: u32,
    /// Pages that the file is to have.
    pub(super) goal: u32,
    pub(super) step: Step,
    /// Where DOS is in the file, [`NOWHERE`] if that is not known; and in its chain of clusters.
    pub(super) position: u32,
    pub(super) places: Places,
    pub(super) cluster_bytes: u32,
}

impl Default for SwapFile {
    fn default() -> Self {
        SwapFile {
            allowed: false,
            busy: false,
            job: Job::None,
            ended: Ended::Well,
            tried: false,
            structure: (0, Registers::default()),
            pins: 0,
            slot: 0,
            doomed: None,
            outer: 0,
            path: [0; PATH_BYTES],
            ask_client: false,
            limit: 0,
            block: 0,
            cluster: 0,
            handle: None,
            phase: Phase::Idle,
            strategy: 0,
            psp: 0,
            vectors: [0; 2],
            break_flag: 0,
            error: [0; 8],
            failed: false,
            request: Request::default(),
            waiter: 0,
            more: 0,
            goal: 0,
            step: Step::Ready,
            position: NOWHERE,
            places: Places::default(),
            cluster_bytes: 0,
        }
    }
}

impl SwapFile {
    /// A file in `directory` (zero-terminated, empty for the current one) of at most `limit_kib` KiB, 0 for the default. The first
    /// client that needs it may say better where it should be, if `ask_client` is set.
    pub fn new(directory: &[u8], limit_kib: u32, ask_client: bool) -> Self {
        let path = directory::path_in(directory.iter().copied());
        SwapFile { allowed: true, limit: limit_kib / 4, path, ask_client, ..SwapFile::default() }
    }

    /// Whose job is under way: the client that waits for it.
    pub fn waiting(&self) -> Option<u8> {
        let waits = !matches!(self.job, Job::None | Job::Close(_));
        (self.busy && waits).then_some(self.waiter)
    }

    /// Is there a file?
    pub fn is_open(&self) -> bool {
        self.handle.is_some()
    }

    /// Linear address of the demand buffer.
    pub(super) fn buffer(&self) -> u32 {
        ((self.block + PSP_PARAGRAPHS + STACK_PARAGRAPHS) as u32) << 4
    }
}
