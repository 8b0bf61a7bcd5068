//! The swap file, as a conversation with DOS: made on the first need, grown, read, written, and deleted at the end.
//!
//! The calls have a world of their own: a block of conventional memory that belongs to nobody's process and holds a PSP
//! (whose file table has the handle), a real-mode stack and the demand buffer; INT 23h and 24h lead to the resident part
//! and answer "go on" and "fail". All of it is set up on the first need, so that a machine whose memory suffices never
//! sees any of it.
//!
//! Every conversation is a job: [`begin`] asks for the first call, [`answered`] goes on from each answer, and at the end
//! the monitor is told [`Next::Paged`].

use core::mem::offset_of;

use crate::host::{Finish, Host, RealCall, RealTarget};
use crate::layout::{event, ResidentInfo, TRAP_STRIDE};
use crate::machine::Machine;
use crate::paging::pager::{Request, Spaces, Step, Swap};
use crate::paging::space::Space;
use crate::paging::swap::{file_offset, Header, Slots, CLUSTER_MAX, HEADER_BYTES};
use crate::regs::{Registers, CARRY, INTERRUPT};
use crate::service::{Next, Outcome};

/// The file's name in its directory.
const NAME: &[u8] = b"FERRITE.SWP\0";
/// Bytes of a path, the directory's 80 and the name.
const PATH_BYTES: usize = 96;
/// Paragraphs of the block's parts: the PSP, then the stack, then the buffer.
const PSP_PARAGRAPHS: u16 = 0x10;
const STACK_PARAGRAPHS: u16 = 0x80;
/// Paragraphs of a page.
const PAGE_PARAGRAPHS: u16 = 0x100;
/// Offsets in a PSP: the file table, its size, and the pointer to it.
const PSP_TABLE: u32 = 0x18;
const PSP_TABLE_SIZE: u32 = 0x32;
const PSP_TABLE_POINTER: u32 = 0x34;
/// Files in the table.
const FILES: u32 = 20;
/// Pages of the disk that are left free, 1 MiB.
const LEAVE_FREE: u32 = 256;
/// Default limit of the file, 512 MiB.
const DEFAULT_LIMIT: u32 = 0x2_0000;
/// Last fit: DOS allocation strategy that keeps the block out of the way of programs that grow.
const LAST_FIT: u16 = 2;
/// Vectors of Ctrl-C and of the critical error.
const VECTORS: [u8; 2] = [0x23, 0x24];

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
    /// So many pages more, then the interrupt of that number again.
    Grow(u8),
    /// A real-mode register structure that was swapped out while its call ran.
    Structure,
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
enum Phase {
    #[default]
    Idle,
    Strategy,
    LastFit,
    Block,
    StrategyBack,
    Psp,
    OwnPsp,
    Free,
    Find,
    Head,
    CloseFound,
    Create,
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
    /// The client that is current after [`Job::Close`].
    pub outer: u8,
    path: [u8; PATH_BYTES],
    /// Pages that the switch allows, 0 for the default.
    limit: u32,
    /// The block's paragraph, 0 while there is none.
    block: u16,
    /// Pages of the demand buffer.
    cluster: u32,
    handle: Option<u16>,
    phase: Phase,
    /// What was there before: the strategy, the PSP, the vectors.
    strategy: u16,
    psp: u16,
    vectors: [u32; 2],
    /// The request of a job, and pages for one that grows.
    request: Request,
    more: u32,
    /// Pages that the file is to have.
    goal: u32,
    step: Step,
    /// Bytes of the step that are done.
    moved: u32,
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
            outer: 0,
            path: [0; PATH_BYTES],
            limit: 0,
            block: 0,
            cluster: 0,
            handle: None,
            phase: Phase::Idle,
            strategy: 0,
            psp: 0,
            vectors: [0; 2],
            request: Request::default(),
            more: 0,
            goal: 0,
            step: Step::Ready,
            moved: 0,
        }
    }
}

impl SwapFile {
    /// A file in `directory` (zero-terminated, empty for the current one) of at most `limit_kib` KiB, 0 for the default.
    pub fn new(directory: &[u8], limit_kib: u32) -> Self {
        let mut file = SwapFile { allowed: true, limit: limit_kib / 4, ..SwapFile::default() };
        let most = PATH_BYTES - NAME.len() - 1;
        let mut length = 0;
        for &byte in directory.iter().take(most).take_while(|&&byte| byte != 0) {
            file.path[length] = byte;
            length += 1;
        }
        if length > 0 && !matches!(file.path[length - 1], b'\\' | b'/' | b':') {
            file.path[length] = b'\\';
            length += 1;
        }
        file.path[length..length + NAME.len()].copy_from_slice(NAME);
        file
    }

    /// Is there a file?
    pub fn is_open(&self) -> bool {
        self.handle.is_some()
    }

    fn buffer(&self) -> u32 {
        ((self.block + PSP_PARAGRAPHS + STACK_PARAGRAPHS) as u32) << 4
    }
}

struct Clients<'a>(&'a mut [Option<alloc::boxed::Box<crate::client::Client>>]);

impl Spaces for Clients<'_> {
    fn space(&mut self, client: u8) -> Option<&mut Space> {
        self.0.get_mut(client as usize)?.as_mut().map(|client| &mut client.space)
    }
}

/// May DOS be called? Not while it runs already, nor the disk's BIOS.
pub fn may_call<M: Machine>(host: &Host<M>) -> bool {
    let (resident, machine) = (host.facts.resident, &host.machine);
    // The critical-error flag lies before InDOS.
    let indos = machine.read_u32(resident + offset_of!(ResidentInfo, indos) as u32);
    let indos = (indos >> 16 << 4) + (indos & 0xFFFF);
    !host.swap_file.busy
        && indos != 0
        && machine.read_u16(indos - 1) == 0
        && machine.read_u8(resident + offset_of!(ResidentInfo, disk_depth) as u32) == 0
}

/// What is wanted without any transfer: true if that is enough. For moments when DOS may not be called.
pub fn without_transfer<M: Machine>(host: &mut Host<M>, linear: u32, frames: u32) -> bool {
    let Host { machine, memory, clients, current, .. } = host;
    let mut spaces = Clients(clients);
    if linear != 0 {
        use crate::paging::page::Page;
        let Some(space) = spaces.space(*current) else { return false };
        if matches!(space.page_anywhere(machine, linear), Page::Swapped { .. }) {
            return false;
        }
    }
    memory.drop_clean(machine, &mut spaces, frames + 2)
}

/// Starts a job that wants a page or frames. [`Next::Paged`] at once where no transfer is needed.
pub fn begin_request<M: Machine + 'static>(
    host: &mut Host<M>,
    job: Job,
    linear: u32,
    frames: u32,
) -> Outcome {
    let request = Request { client: host.current, linear, frames };
    let Host { machine, memory, clients, .. } = host;
    let step = memory.start_paging(machine, &mut Clients(clients), request);
    host.swap_file.request = request;
    host.swap_file.job = job;
    host.swap_file.step = step;
    match step {
        Step::Write { .. } | Step::Read { .. } => enter(host),
        other => {
            host.swap_file.ended = ended_with(other);
            Ok(Next::Paged)
        }
    }
}

/// Starts a job that makes the file `more` pages larger.
pub fn begin_growth<M: Machine + 'static>(host: &mut Host<M>, vector: u8, more: u32) -> Outcome {
    host.swap_file.job = Job::Grow(vector);
    host.swap_file.more = more;
    enter(host)
}

/// Starts the job that gives up the file. The slots are the caller's business.
pub fn begin_close<M: Machine + 'static>(host: &mut Host<M>, client: u8) -> Outcome {
    host.swap_file.job = Job::Close(client);
    enter(host)
}

/// A client ends in the middle of a job: the job's world is taken down. The PSP that has to be set before DOS ends the
/// process.
pub fn abandon<M: Machine>(host: &mut Host<M>) -> Option<u16> {
    if !host.swap_file.busy {
        return None;
    }
    log::warn!(target: "paging", "a transfer is abandoned");
    leave(host);
    if matches!(host.swap_file.phase, Phase::Move | Phase::Seek) {
        let Host { machine, memory, clients, .. } = host;
        let _ = memory.transferred(machine, &mut Clients(clients), false);
    }
    host.swap_file.phase = Phase::Idle;
    Some(host.swap_file.psp).filter(|&psp| psp != 0)
}

fn ended_with(step: Step) -> Ended {
    match step {
        Step::Ready => Ended::Well,
        Step::Lost => Ended::Lost,
        _ => Ended::Refused,
    }
}

/// The vectors become ours.
fn enter<M: Machine + 'static>(host: &mut Host<M>) -> Outcome {
    host.swap_file.busy = true;
    host.swap_file.psp = 0;
    host.swap_file.ended = Ended::Well;
    let facts = host.facts;
    for (number, vector) in VECTORS.into_iter().enumerate() {
        // Another CS and IP for the same site, so that the site knows which of the two it is.
        let segment = (facts.resident >> 4) as u16 - number as u16;
        let offset = facts.trap_base + (event::CRITICAL * TRAP_STRIDE) as u16 + ((number as u16) << 4);
        host.swap_file.vectors[number] = host.machine.read_u32(vector as u32 * 4);
        host.machine.write_u32(vector as u32 * 4, (segment as u32) << 16 | offset as u32);
        host.hooked[vector as usize >> 5] &= !(1 << (vector & 31));
    }
    match host.swap_file.block {
        0 => call(host, Phase::Strategy, 0x5800, 0, 0, 0),
        _ => call(host, Phase::Psp, 0x5100, 0, 0, 0),
    }
}

fn leave<M: Machine>(host: &mut Host<M>) {
    for (number, vector) in VECTORS.into_iter().enumerate() {
        host.machine.write_u32(vector as u32 * 4, host.swap_file.vectors[number]);
    }
    host.refresh_hooks();
    host.swap_file.busy = false;
}

/// INT 21h with these registers; DS:DX and ES point into the demand buffer's segment.
fn call<M: Machine + 'static>(
    host: &mut Host<M>,
    phase: Phase,
    ax: u16,
    bx: u16,
    cx: u16,
    dx: u16,
) -> Outcome {
    host.swap_file.phase = phase;
    let block = host.swap_file.block;
    let segment = (host.swap_file.buffer() >> 4) as u16;
    let regs = Registers {
        eax: ax as u32,
        ebx: bx as u32,
        ecx: cx as u32,
        edx: dx as u32,
        v_ds: segment as u32,
        v_es: if phase == Phase::Release { block } else { segment } as u32,
        eflags: INTERRUPT,
        ..Default::default()
    };
    let stack = match block {
        0 => 0,
        _ if phase == Phase::Release => 0,
        _ => ((block + PSP_PARAGRAPHS) as u32) << 16 | (STACK_PARAGRAPHS as u32) << 4,
    };
    let finish = Finish::Then(answered::<M>);
    host.call = Some(RealCall { target: RealTarget::Interrupt(0x21), regs, stack, words: (0, 0), finish });
    Ok(Next::RealCall)
}

/// INT 21h 4200h: to a byte of the file.
fn seek<M: Machine + 'static>(host: &mut Host<M>, phase: Phase, offset: u32) -> Outcome {
    let handle = host.swap_file.handle.unwrap_or(0);
    call(host, phase, 0x4200, handle, (offset >> 16) as u16, offset as u16)
}

/// DOS has answered.
fn answered<M: Machine + 'static>(host: &mut Host<M>, _: &mut Registers, real: &Registers) -> Outcome {
    let refused = real.eflags & CARRY != 0;
    match host.swap_file.phase {
        Phase::Strategy | Phase::LastFit | Phase::Block | Phase::StrategyBack => furnish(host, real, refused),
        Phase::Psp => {
            host.swap_file.psp = real.bx();
            let own = host.swap_file.block;
            call(host, Phase::OwnPsp, 0x5000, own, 0, 0)
        }
        Phase::OwnPsp => work(host),
        Phase::Free | Phase::Find | Phase::Head | Phase::CloseFound | Phase::Create => {
            open(host, real, refused)
        }
        Phase::Extend
        | Phase::Extended
        | Phase::Shrink
        | Phase::Shrunk
        | Phase::Stamp
        | Phase::Stamped
        | Phase::Commit => grow(host, real, refused),
        Phase::Seek | Phase::Move => transfer(host, real, refused),
        Phase::Close => {
            host.swap_file.handle = None;
            put_path(host);
            call(host, Phase::Delete, 0x4100, 0, 0, 0)
        }
        Phase::Delete => end(host, Ended::Well),
        Phase::PspBack => {
            host.swap_file.psp = 0;
            if host.swap_file.handle.is_none() {
                return call(host, Phase::Release, 0x4900, 0, 0, 0);
            }
            finished(host)
        }
        Phase::Release => {
            host.swap_file.block = 0;
            finished(host)
        }
        Phase::Idle => Ok(Next::AsIs),
    }
}

fn finished<M: Machine>(host: &mut Host<M>) -> Outcome {
    leave(host);
    host.swap_file.phase = Phase::Idle;
    Ok(Next::Paged)
}

/// The job is done: the PSP of before, and back.
fn end<M: Machine + 'static>(host: &mut Host<M>, ended: Ended) -> Outcome {
    host.swap_file.ended = ended;
    let psp = host.swap_file.psp;
    call(host, Phase::PspBack, 0x5000, psp, 0, 0)
}

/// The block: as many pages of buffer as there are, one at least.
fn furnish<M: Machine + 'static>(host: &mut Host<M>, real: &Registers, refused: bool) -> Outcome {
    const FIXED: u16 = PSP_PARAGRAPHS + STACK_PARAGRAPHS;
    match host.swap_file.phase {
        Phase::Strategy => {
            host.swap_file.strategy = if refused { 0 } else { real.ax() };
            call(host, Phase::LastFit, 0x5801, LAST_FIT, 0, 0)
        }
        Phase::LastFit => {
            host.swap_file.cluster = CLUSTER_MAX;
            call(host, Phase::Block, 0x4800, FIXED + CLUSTER_MAX as u16 * PAGE_PARAGRAPHS, 0, 0)
        }
        Phase::Block if refused => {
            let pages = (real.bx().saturating_sub(FIXED) / PAGE_PARAGRAPHS) as u32;
            if real.ax() == 8 && pages > 0 && pages < host.swap_file.cluster {
                host.swap_file.cluster = pages;
                return call(host, Phase::Block, 0x4800, FIXED + pages as u16 * PAGE_PARAGRAPHS, 0, 0);
            }
            log::warn!(target: "paging", "no conventional memory for a demand buffer");
            let strategy = host.swap_file.strategy;
            call(host, Phase::StrategyBack, 0x5801, strategy, 0, 0)
        }
        Phase::Block => {
            make_process(host, real.ax());
            let strategy = host.swap_file.strategy;
            call(host, Phase::StrategyBack, 0x5801, strategy, 0, 0)
        }
        _ if host.swap_file.block == 0 => {
            host.swap_file.ended = Ended::Refused;
            finished(host)
        }
        _ => call(host, Phase::Psp, 0x5100, 0, 0, 0),
    }
}

/// Makes the block a process of its own: it belongs to itself, and its PSP has a file table.
fn make_process<M: Machine>(host: &mut Host<M>, block: u16) {
    host.swap_file.block = block;
    let (at, machine) = ((block as u32) << 4, &mut host.machine);
    // The memory control block's owner.
    machine.write_u16(at - 15, block);
    for word in (0..256).step_by(4) {
        machine.write_u32(at + word, 0);
    }
    machine.write_u16(at, 0x20CD);
    machine.write_u16(at + 0x16, block);
    (0..FILES).for_each(|file| machine.write_u8(at + PSP_TABLE + file, 0xFF));
    machine.write_u16(at + PSP_TABLE_SIZE, FILES as u16);
    machine.write_u32(at + PSP_TABLE_POINTER, (block as u32) << 16 | PSP_TABLE);
    machine.write_u32(at + 0x38, u32::MAX);
}

fn work<M: Machine + 'static>(host: &mut Host<M>) -> Outcome {
    match host.swap_file.job {
        Job::Close(_) => {
            let handle = host.swap_file.handle.unwrap_or(0);
            call(host, Phase::Close, 0x3E00, handle, 0, 0)
        }
        Job::Grow(_) if host.swap_file.handle.is_none() => {
            let path = host.swap_file.path;
            let drive = if path[1] == b':' { (path[0] & 0xDF) - b'A' + 1 } else { 0 };
            call(host, Phase::Free, 0x3600, 0, 0, drive as u16)
        }
        Job::Grow(_) => start_growth(host),
        _ => carry_out(host),
    }
}

fn put_path<M: Machine>(host: &mut Host<M>) {
    let at = host.swap_file.buffer();
    host.machine.write_bytes(at, &host.swap_file.path);
}

/// From nothing to a file of ours with nothing in it.
fn open<M: Machine + 'static>(host: &mut Host<M>, real: &Registers, refused: bool) -> Outcome {
    match host.swap_file.phase {
        Phase::Free => {
            let bytes = real.ax() as u64 * real.cx() as u64 * real.bx() as u64;
            let pages = (bytes >> 12).min(u32::MAX as u64) as u32;
            if real.ax() == 0xFFFF || pages <= LEAVE_FREE {
                return end(host, Ended::Refused);
            }
            let limit = if host.swap_file.limit == 0 { DEFAULT_LIMIT } else { host.swap_file.limit };
            host.swap_file.goal = limit.min(pages - LEAVE_FREE);
            put_path(host);
            call(host, Phase::Find, 0x3D00, 0, 0, 0)
        }
        Phase::Find if refused => {
            put_path(host);
            call(host, Phase::Create, 0x3C00, 0, 0, 0)
        }
        Phase::Find => {
            host.swap_file.handle = Some(real.ax());
            call(host, Phase::Head, 0x3F00, real.ax(), HEADER_BYTES as u16, 0)
        }
        Phase::Head => {
            let mut head = [0; HEADER_BYTES];
            let at = host.swap_file.buffer();
            host.machine.read_bytes(at, &mut head);
            let length = if refused { 1 } else { (real.ax() as usize).min(HEADER_BYTES) };
            // An empty file has nothing to lose.
            let ours = length == 0 || Header::may_replace(Header::parse(&head[..length]));
            host.swap_file.step = if ours { Step::Ready } else { Step::NoRoom };
            let handle = host.swap_file.handle.take().unwrap_or(0);
            call(host, Phase::CloseFound, 0x3E00, handle, 0, 0)
        }
        Phase::CloseFound if host.swap_file.step == Step::Ready => {
            put_path(host);
            call(host, Phase::Create, 0x3C00, 0, 0, 0)
        }
        Phase::Create if !refused => {
            host.swap_file.handle = Some(real.ax());
            let slots = Slots::new(host.swap_file.goal);
            host.memory.swap = Some(Swap::new(slots, host.swap_file.buffer(), host.swap_file.cluster));
            start_growth(host)
        }
        _ => {
            log::warn!(target: "paging", "the swap file cannot be made, or is not ours");
            end(host, Ended::Refused)
        }
    }
}

fn start_growth<M: Machine + 'static>(host: &mut Host<M>) -> Outcome {
    let more = host.swap_file.more;
    let goal = host.memory.swap.as_ref().and_then(|swap| swap.slots.growth(more));
    let Some(goal) = goal else { return end(host, Ended::Refused) };
    host.swap_file.goal = goal;
    seek(host, Phase::Extend, file_offset(goal) - 1)
}

/// The file gets its new size: its last byte is written, so that DOS allocates all before it.
fn grow<M: Machine + 'static>(host: &mut Host<M>, real: &Registers, refused: bool) -> Outcome {
    let handle = host.swap_file.handle.unwrap_or(0);
    let pages = host.memory.swap.as_ref().map_or(0, |swap| swap.slots.pages());
    match host.swap_file.phase {
        Phase::Extend if !refused => call(host, Phase::Extended, 0x4000, handle, 1, 0),
        Phase::Extended if !refused && real.ax() == 1 => seek(host, Phase::Stamp, 0),
        Phase::Extend | Phase::Extended => {
            // The disk is full: what was had stays, and nothing more is asked for.
            if let Some(swap) = host.memory.swap.as_mut() {
                swap.slots.cannot_grow();
            }
            seek(host, Phase::Shrink, file_offset(pages))
        }
        Phase::Shrink => call(host, Phase::Shrunk, 0x4000, handle, 0, 0),
        Phase::Stamp => {
            let header =
                Header { pages: host.swap_file.goal, serial: host.machine.read_u32(0x46C), in_use: true };
            let at = host.swap_file.buffer();
            host.machine.write_bytes(at, &header.encode());
            call(host, Phase::Stamped, 0x4000, handle, HEADER_BYTES as u16, 0)
        }
        // Its directory entry must be right even after a crash: what is found then has to be known as ours.
        Phase::Stamped => call(host, Phase::Commit, 0x6800, handle, 0, 0),
        Phase::Commit => {
            let goal = host.swap_file.goal;
            let grown = host.memory.swap_grown(goal);
            log::info!(target: "paging", "swap file of {} KiB", goal * 4);
            end(host, if grown { Ended::Well } else { Ended::Refused })
        }
        _ => end(host, Ended::Refused),
    }
}

/// Carries out the step that the pager wants.
fn carry_out<M: Machine + 'static>(host: &mut Host<M>) -> Outcome {
    match host.swap_file.step {
        Step::Write { slot, .. } | Step::Read { slot, .. } => seek(host, Phase::Seek, file_offset(slot)),
        other => end(host, ended_with(other)),
    }
}

fn transfer<M: Machine + 'static>(host: &mut Host<M>, real: &Registers, refused: bool) -> Outcome {
    let handle = host.swap_file.handle.unwrap_or(0);
    let (function, count) = match host.swap_file.step {
        Step::Write { count, .. } => (0x4000, count),
        Step::Read { count, .. } => (0x3F00, count),
        _ => return end(host, Ended::Lost),
    };
    // 64 KiB do not fit CX: the last paragraph goes by itself.
    let bytes = count << 12;
    let first = bytes.min(0xFFF0);
    let done = host.swap_file.moved;
    if host.swap_file.phase == Phase::Seek && !refused {
        host.swap_file.moved = 0;
        return call(host, Phase::Move, function, handle, first as u16, 0);
    }
    let asked = if done == 0 { first } else { bytes - done };
    let ok = !refused && host.swap_file.phase == Phase::Move && real.ax() as u32 == asked;
    if ok && done + asked < bytes {
        host.swap_file.moved = asked;
        return call_beyond(host, function, handle, bytes - asked, asked);
    }
    host.swap_file.moved = 0;
    let Host { machine, memory, clients, .. } = host;
    host.swap_file.step = memory.transferred(machine, &mut Clients(clients), ok);
    carry_out(host)
}

/// The rest of a transfer, with DS:DX `beyond` bytes into the buffer.
fn call_beyond<M: Machine + 'static>(
    host: &mut Host<M>,
    function: u16,
    handle: u16,
    bytes: u32,
    beyond: u32,
) -> Outcome {
    let outcome = call(host, Phase::Move, function, handle, bytes as u16, 0);
    if let Some(call) = host.call.as_mut() {
        call.regs.v_ds += beyond >> 4;
    }
    outcome
}
