//! The DOS extension, "MS-DOS": interrupts that a client issues in protected mode with pointers to its own memory.
//!
//! A row of a table says which registers of a call are pointers, and what lies behind them ([`row`], [`rows`]). What goes in is
//! copied to the transfer buffer in conventional memory, DOS is called in virtual-8086 mode, and what comes out is copied
//! back ([`call`]). Calls that a description cannot express have code of their own: reading and writing of any size
//! ([`stream`]), starting programs ([`exec`]), memory ([`memory`]), sectors ([`disk`]), the end of a process that is not the client's own ([`end`]), and what only the host knows
//! ([`process`]). An interrupt without a row is reflected as it is.
//!
//! # Invariants
//! * A call works in steps. Between two of them DOS runs, and anything may happen: interrupts, callbacks, other calls of
//!   the same client or of a child, or never a return. So what a call knows is in a [`Pending`], found again by the client's
//!   number and stack; those that lie above it have been abandoned.
//! * The client's registers stay as they were until the last step. So the step that finds a page missing is done again:
//!   the interrupt is issued anew, finds its [`Pending`] and goes on there.
//! * A call inside another's has the transfer buffer for itself: what the outer call has there is set aside.
//!
//! Specification: INT 2Fh 168Ah with "MS-DOS" (DPMI 1.0, appendix); DOS calls as Ralf Brown's list has them. The layouts that no
//! text gives (EXEC's parameters, far pointers in structures) are those of Windows 9x and HDPMI. On purpose otherwise:
//! tables that 65h points to keep their real-mode addresses, as there.

mod call;
mod disk;
pub mod end;
pub mod events;
mod exec;
mod memory;
mod process;
pub mod row;
pub mod rows;
mod span;
mod stream;
pub mod swapfile;
#[cfg(test)]
mod tests;
pub mod transfer;

use alloc::vec::Vec;

use crate::host::{Finish, Host, RealCall, RealTarget};
use crate::machine::Machine;
use crate::regs::{Registers, Width, ALWAYS, ARITHMETIC, CARRY, INTERRUPT};
use crate::service::{Code, Next, Outcome, Refusal};
pub use memory::Holdings;
use row::{Does, Row, Special};
use span::{Trouble, NO_MEMORY};

/// What becomes of an interrupt that a client issued and has no handler for.
#[derive(Debug)]
#[must_use]
pub enum Translation {
    /// Nothing to translate: reflect it with the registers as they are.
    NotOurs,
    /// Translated; the answer is a service's.
    Done(Outcome),
}

/// Most calls under way; beyond it the oldest is given up, since it was most likely abandoned.
const PENDING_MAX: usize = 64;

/// Calls that wait for DOS, oldest first.
#[derive(Default)]
pub struct Calls {
    pending: Vec<Pending>,
}

impl Calls {
    /// None.
    pub const fn new() -> Self {
        Calls { pending: Vec::new() }
    }

    /// Drops the calls of a client that has ended. Without any, no table stays behind in the core's heap: it would keep a page or
    /// more, and more after a client that nested its calls deeper.
    pub fn forget(&mut self, client: u8) {
        self.pending.retain(|pending| pending.client != client);
        if self.pending.is_empty() {
            self.pending = Vec::new();
        }
    }

    /// How many wait.
    pub fn count(&self) -> usize {
        self.pending.len()
    }
}

/// A call that waits for DOS.
struct Pending {
    client: u8,
    /// SS, ESP and EIP of the client: nested calls lie deeper, abandoned ones are above.
    place: (u32, u32, u32),
    work: Work,
    /// What DOS returned, kept while a page comes in.
    real: Registers,
    /// Does it wait for a page rather than for DOS?
    paging: bool,
    /// Bytes of the transfer buffer that it uses.
    used: u32,
    /// What the call below it had in the transfer buffer.
    saved: Vec<u8>,
}

/// What kind of call it is, and how far it has come.
#[derive(Clone, Copy)]
enum Work {
    Call(call::Call),
    Stream(stream::Stream),
    Execute(exec::Execute),
    Disk(disk::Disk),
    Conventional(memory::Conventional),
    End(end::End),
    Event(events::Event),
}

/// What a step comes to.
enum Step {
    /// Call real-mode code; the first so many bytes of the transfer buffer are in use meanwhile.
    Ask(RealTarget, Registers, u32),
    /// Finished: the client's registers are as they are to be.
    Finished,
    /// The client ends.
    Exit,
}

/// Translates interrupt `vector` of the current client.
pub fn translate<M: Machine + 'static>(host: &mut Host<M>, regs: &mut Registers, vector: u8) -> Translation {
    if let Some(outcome) = resume(host, regs) {
        return Translation::Done(outcome);
    }
    match rows::find(vector, regs) {
        Some(row) => run(host, regs, vector, row),
        None => Translation::NotOurs,
    }
}

/// INT 21h.
pub fn int21<M: Machine + 'static>(host: &mut Host<M>, regs: &mut Registers) -> Translation {
    translate(host, regs, 0x21)
}

fn run<M: Machine + 'static>(
    host: &mut Host<M>,
    regs: &mut Registers,
    vector: u8,
    row: &'static Row,
) -> Translation {
    let special = match &row.does {
        Does::Call(shape) => {
            return Translation::Done(begin(host, regs, Work::Call(call::Call::new(vector, shape))))
        }
        Does::Special(special) => *special,
    };
    Translation::Done(match special {
        Special::End if host.facts.transfer.1 != 0 => begin(host, regs, Work::End(end::End::Asking)),
        Special::End => process::exit(regs),
        Special::Exit => process::exit(regs),
        Special::StayResident => {
            host.client().resident = true;
            return Translation::NotOurs;
        }
        Special::SetDta => process::set_dta(host, regs),
        Special::GetDta => process::get_dta(host, regs),
        Special::SetVector => process::set_vector(host, regs),
        Special::GetVector => process::get_vector(host, regs),
        Special::Allocate => memory::allocate(host, regs),
        Special::Free => return memory::free(host, regs),
        Special::Resize => return memory::resize(host, regs),
        Special::Print => begin(host, regs, Work::Stream(stream::Stream::print())),
        Special::Read => begin(host, regs, Work::Stream(stream::Stream::read())),
        Special::Write => begin(host, regs, Work::Stream(stream::Stream::write())),
        Special::Execute => begin(host, regs, Work::Execute(exec::Execute)),
        Special::ReadSectors => begin(host, regs, Work::Disk(disk::Disk::new(vector, false))),
        Special::ReadTrack => begin(host, regs, Work::Disk(disk::Disk::of_track(false))),
        Special::WriteTrack => begin(host, regs, Work::Disk(disk::Disk::of_track(true))),
        Special::WriteSectors => begin(host, regs, Work::Disk(disk::Disk::new(vector, true))),
        Special::Event => begin(host, regs, Work::Event(events::Event::new(vector))),
    })
}

/// First step of a call.
fn begin<M: Machine + 'static>(host: &mut Host<M>, regs: &mut Registers, work: Work) -> Outcome {
    drop_abandoned(host, regs);
    if host.facts.transfer.1 == 0 {
        return fail(NO_MEMORY);
    }
    let saved = set_aside(host)?;
    if host.dos.pending.len() >= PENDING_MAX {
        host.dos.pending.remove(0);
    }
    host.dos.pending.try_reserve(1).map_err(|_| Refusal { code: NO_MEMORY, bx: None })?;
    let mut pending = Pending {
        client: host.current,
        place: place(regs),
        work,
        real: Registers::default(),
        paging: false,
        used: 0,
        saved,
    };
    let step = match &mut pending.work {
        Work::Call(call) => call.start(host, regs),
        Work::Stream(stream) => stream.start(host, regs),
        Work::Execute(execute) => execute.start(host, regs),
        Work::Disk(disk) => disk.start(host, regs),
        Work::Conventional(block) => block.start(host, regs),
        Work::End(end) => end.start(host, regs),
        Work::Event(event) => event.start(host, regs),
    };
    match step {
        Ok(step) => go_on(host, regs, pending, step),
        Err(trouble) => {
            give_back(host, &pending);
            match trouble {
                Trouble::Page(page) => page_in(host, page),
                Trouble::Fail(code) => fail(code),
            }
        }
    }
}

/// DOS has returned.
fn returned<M: Machine + 'static>(host: &mut Host<M>, regs: &mut Registers, real: &Registers) -> Outcome {
    let Some(mut pending) = take(host, regs) else {
        return Err(Code::InvalidState.into());
    };
    pending.real = *real;
    advance(host, regs, pending)
}

/// A call of this place that waited for a page goes on.
fn resume<M: Machine + 'static>(host: &mut Host<M>, regs: &mut Registers) -> Option<Outcome> {
    let top = host.dos.pending.last()?;
    if !top.paging || top.client != host.current || top.place != place(regs) {
        return None;
    }
    let pending = host.dos.pending.pop()?;
    Some(advance(host, regs, pending))
}

fn advance<M: Machine + 'static>(host: &mut Host<M>, regs: &mut Registers, mut pending: Pending) -> Outcome {
    let real = pending.real;
    let step = match &mut pending.work {
        Work::Call(call) => call.returned(host, regs, &real),
        Work::Stream(stream) => stream.returned(host, regs, &real),
        Work::Execute(execute) => execute.returned(host, regs, &real),
        Work::Disk(disk) => disk.returned(host, regs, &real),
        Work::Conventional(block) => block.returned(host, regs, &real),
        Work::End(end) => end.returned(host, regs, &real),
        Work::Event(event) => event.returned(host, regs, &real),
    };
    match step {
        Ok(step) => go_on(host, regs, pending, step),
        Err(Trouble::Page(page)) => {
            pending.paging = true;
            // There is room: it was taken from here just now.
            host.dos.pending.push(pending);
            page_in(host, page)
        }
        Err(Trouble::Fail(code)) => {
            give_back(host, &pending);
            fail(code)
        }
    }
}

fn go_on<M: Machine + 'static>(
    host: &mut Host<M>,
    regs: &mut Registers,
    mut pending: Pending,
    step: Step,
) -> Outcome {
    match step {
        Step::Ask(target, regs, used) => {
            pending.used = used;
            pending.paging = false;
            host.dos.pending.push(pending);
            let finish = Finish::Then(returned::<M>);
            host.call = Some(RealCall { target, regs, stack: 0, words: (0, 0), finish });
            Ok(Next::RealCall)
        }
        Step::Finished => {
            give_back(host, &pending);
            Ok(Next::AsIs)
        }
        Step::Exit => {
            give_back(host, &pending);
            process::exit(regs)
        }
    }
}

fn fail(code: u16) -> Outcome {
    Err(Refusal { code, bx: None })
}

fn page_in<M: Machine>(host: &mut Host<M>, page: u32) -> Outcome {
    host.wanted_page = page;
    Ok(Next::PageIn)
}

fn place(regs: &Registers) -> (u32, u32, u32) {
    (regs.ss & 0xFFFF, regs.esp, regs.eip)
}

/// The call that this return belongs to, the innermost of its place. What lies above it never came back.
fn take<M: Machine>(host: &mut Host<M>, regs: &Registers) -> Option<Pending> {
    let (client, wanted) = (host.current, place(regs));
    let found =
        host.dos.pending.iter().rposition(|pending| pending.client == client && pending.place == wanted)?;
    host.dos.pending.truncate(found + 1);
    host.dos.pending.pop()
}

/// A new call from the place of an old one: the old one was abandoned.
fn drop_abandoned<M: Machine>(host: &mut Host<M>, regs: &Registers) {
    let _ = take(host, regs);
}

/// What the innermost call has in the transfer buffer.
fn set_aside<M: Machine>(host: &Host<M>) -> Result<Vec<u8>, Refusal> {
    let used = host.dos.pending.last().map_or(0, |pending| pending.used);
    let mut saved = Vec::new();
    if used != 0 {
        saved.try_reserve_exact(used as usize).map_err(|_| Refusal { code: NO_MEMORY, bx: None })?;
        saved.resize(used as usize, 0);
        host.machine.read_bytes(transfer(host), &mut saved);
    }
    Ok(saved)
}

fn give_back<M: Machine>(host: &mut Host<M>, pending: &Pending) {
    if !pending.saved.is_empty() {
        let linear = transfer(host);
        host.machine.write_bytes(linear, &pending.saved);
    }
}

/// Linear address of the transfer buffer.
fn transfer<M: Machine>(host: &Host<M>) -> u32 {
    (host.facts.transfer.0 as u32) << 4
}

/// Registers for a real-mode call: the client's, with DS and ES at the transfer buffer.
fn real_registers<M: Machine>(host: &Host<M>, regs: &Registers) -> Registers {
    let paragraph = host.facts.transfer.0 as u32;
    Registers {
        v_ds: paragraph,
        v_es: paragraph,
        v_fs: 0,
        v_gs: 0,
        eflags: regs.eflags & (INTERRUPT | CARRY) | ALWAYS,
        ..*regs
    }
}

/// Returns the arithmetic flags.
fn merge_flags(regs: &mut Registers, real: &Registers) {
    regs.eflags = regs.eflags & !ARITHMETIC | real.eflags & ARITHMETIC;
}

/// Returns AX: the low half, or all of it for a 32-bit client.
fn merge_ax<M: Machine>(host: &Host<M>, regs: &mut Registers, value: u32) {
    match host.width() {
        Width::Bits16 => regs.set_ax(value as u16),
        Width::Bits32 => regs.eax = value,
    }
}
