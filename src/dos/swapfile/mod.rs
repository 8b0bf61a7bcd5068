//! The swap file, as a conversation with DOS: made on the first need, grown, read, written, and deleted at the end.
//!
//! The calls have a world of their own: a block of conventional memory that belongs to nobody's process and holds a PSP
//! (whose file table has the handle), a real-mode stack and the demand buffer ([`block`]); INT 23h and 24h lead to the
//! resident part and answer "go on" and "fail"; the BREAK flag is off, and what the extended error was is put back. All of it
//! is set up on the first need, so that a machine whose memory suffices never sees any of it.
//!
//! Every conversation is a job: [`begin`] asks for the first call, [`answered`] goes on from each answer, and at the end
//! the monitor is told [`Next::Paged`].

mod block;
mod directory;
mod file;
mod places;
mod state;
mod transfer;

use core::mem::offset_of;

use crate::host::{Finish, Host, RealCall, RealTarget};
use crate::layout::{event, ResidentInfo, TRAP_STRIDE};
use crate::machine::Machine;
use crate::paging::pager::{Request, Spaces, Step};
use crate::paging::space::Space;
use crate::regs::{far_linear, Registers, CARRY, INTERRUPT};
use crate::service::{Next, Outcome};
use places::Places;
use state::Phase;
pub use state::{Ended, Job, SwapFile};

/// The file's name in its directory.
const NAME: &[u8] = b"FERRITE.SWP\0";
/// Bytes of a path, the directory's 80 and the name.
const PATH_BYTES: usize = 96;
/// Paragraphs of the block's parts: the PSP, then the stack, then the buffer.
const PSP_PARAGRAPHS: u16 = 0x10;
const STACK_PARAGRAPHS: u16 = 0x80;
/// Paragraphs of a page.
const PAGE_PARAGRAPHS: u16 = 0x100;
/// The name as it stands in the directory, and in DOS's table of open files.
const NAME_IN_DIRECTORY: &[u8; 11] = b"FERRITE SWP";
/// The position is not known.
const NOWHERE: u32 = u32::MAX;
/// Vectors of Ctrl-C and of the critical error.
const VECTORS: [u8; 2] = [0x23, 0x24];

struct Clients<'a>(&'a mut [Option<alloc::boxed::Box<crate::client::Client>>]);

impl Spaces for Clients<'_> {
    fn space(&mut self, client: u8) -> Option<&mut Space> {
        self.0.get_mut(client as usize)?.as_mut().map(|client| &mut client.space)
    }
}

/// May DOS be called? Not while it runs already, nor the disk's BIOS.
pub fn may_call<M: Machine>(host: &Host<M>) -> bool {
    is_free(host, 0)
}

/// May DOS be called while it calls INT 28h? With one call of DOS under way, it may: one that waits for a key.
pub fn may_call_idle<M: Machine>(host: &Host<M>) -> bool {
    is_free(host, 1)
}

/// Is it known whether DOS is busy?
pub fn is_known<M: Machine>(host: &Host<M>) -> bool {
    indos(host) != 0
}

/// Linear address of DOS's count of calls under way; 0 while it is not known.
pub fn indos<M: Machine>(host: &Host<M>) -> u32 {
    far_linear(host.machine.read_u32(host.facts.resident + offset_of!(ResidentInfo, indos) as u32))
}

/// Are so many calls of DOS under way, and neither a critical error nor the disk's BIOS nor a conversation of ours?
fn is_free<M: Machine>(host: &Host<M>, calls: u8) -> bool {
    let (resident, machine, indos) = (host.facts.resident, &host.machine, indos(host));
    // The critical-error flag lies before InDOS.
    !host.swap_file.busy
        && indos != 0
        && machine.read_u16(indos - 1) == (calls as u16) << 8
        && machine.read_u8(resident + offset_of!(ResidentInfo, disk_depth) as u32) == 0
}

/// What is wanted without any transfer: true if that is enough. For moments when DOS may not be called.
pub fn without_transfer<M: Machine>(host: &mut Host<M>, Request { client, linear, frames }: Request) -> bool {
    let Host { machine, memory, clients, .. } = host;
    let mut spaces = Clients(clients);
    if linear != 0 {
        use crate::paging::page::Page;
        let Some(space) = spaces.space(client) else { return false };
        if matches!(space.page_anywhere(machine, linear), Page::Swapped { .. }) {
            return false;
        }
    }
    memory.drop_clean(machine, &mut spaces, frames + 2)
}

/// Starts a job that wants a page or frames. [`Next::Paged`] at once where no transfer is needed.
pub fn begin_request<M: Machine + 'static>(host: &mut Host<M>, job: Job, request: Request) -> Outcome {
    let Host { machine, memory, clients, .. } = host;
    let step = memory.start_paging(machine, &mut Clients(clients), request);
    host.swap_file.request = request;
    host.swap_file.waiter = host.current;
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
    host.swap_file.request = Request { client: host.current, linear: 0, frames: 0 };
    host.swap_file.waiter = host.current;
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
    host.swap_file.failed = false;
    match host.swap_file.block {
        0 => call(host, Phase::Strategy, 0x5800, 0, 0, 0),
        _ => save_world(host),
    }
}

/// Asks for what has to be as before at the end: the extended error first, before anything can change it.
fn save_world<M: Machine + 'static>(host: &mut Host<M>) -> Outcome {
    call(host, Phase::Error, 0x5900, 0, 0, 0)
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
    host.swap_file.failed |= refused;
    match host.swap_file.phase {
        Phase::Strategy | Phase::LastFit | Phase::Block | Phase::StrategyBack => {
            block::furnish(host, real, refused)
        }
        Phase::Error => {
            let [ax, bx, cx, dx] = [real.ax(), real.bx(), real.cx(), real.edx as u16];
            host.swap_file.error =
                [ax, bx, cx, dx, real.esi as u16, real.edi as u16, real.v_ds as u16, real.v_es as u16];
            host.swap_file.failed = false;
            // Sets the flag, and tells what it was.
            call(host, Phase::Break, 0x3302, 0, 0, 0)
        }
        Phase::Break => {
            host.swap_file.break_flag = real.edx as u8 & 1;
            call(host, Phase::Psp, 0x5100, 0, 0, 0)
        }
        Phase::Psp => {
            host.swap_file.psp = real.bx();
            let own = host.swap_file.block;
            call(host, Phase::OwnPsp, 0x5000, own, 0, 0)
        }
        Phase::OwnPsp => work(host),
        Phase::FullName
        | Phase::Free
        | Phase::Find
        | Phase::Head
        | Phase::CloseFound
        | Phase::Create
        | Phase::Mark
        | Phase::Marked
        | Phase::Spoilt
        | Phase::SpoiltGone
        | Phase::Version
        | Phase::Lists => file::open(host, real, refused),
        Phase::Extend
        | Phase::Extended
        | Phase::Shrink
        | Phase::Shrunk
        | Phase::Stamp
        | Phase::Stamped
        | Phase::Commit => file::grow(host, real, refused),
        Phase::Seek | Phase::Move => transfer::transfer(host, real, refused),
        Phase::Close => {
            host.swap_file.handle = None;
            host.swap_file.places = Places::default();
            file::put_path(host);
            call(host, Phase::Delete, 0x4100, 0, 0, 0)
        }
        Phase::Delete => end(host, Ended::Well),
        Phase::PspBack => {
            host.swap_file.psp = 0;
            let flag = host.swap_file.break_flag as u16;
            call(host, Phase::BreakBack, 0x3301, 0, 0, flag)
        }
        Phase::BreakBack if host.swap_file.failed => {
            let at = host.swap_file.buffer();
            for (index, word) in host.swap_file.error.into_iter().chain([0; 3]).enumerate() {
                host.machine.write_u16(at + index as u32 * 2, word);
            }
            call(host, Phase::ErrorBack, 0x5D0A, 0, 0, 0)
        }
        Phase::BreakBack | Phase::ErrorBack => {
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

fn work<M: Machine + 'static>(host: &mut Host<M>) -> Outcome {
    match host.swap_file.job {
        Job::Close(_) => {
            let handle = host.swap_file.handle.unwrap_or(0);
            call(host, Phase::Close, 0x3E00, handle, 0, 0)
        }
        Job::Grow(_) => file::begin(host),
        _ => transfer::carry_out(host),
    }
}
