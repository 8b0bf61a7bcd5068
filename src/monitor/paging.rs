//! Pages that come in from the swap file: what a fault or a service that waits for one goes through.
//!
//! The guest in the current slot stays as it is. The conversation with DOS ([`crate::dos::swapfile`]) runs in slots above; at
//! its end the instruction is run again, or the interrupt that the service was called by.

use super::slots::{Slots, ENTERED};
use super::{pic, Monitor, Reporter, Resume};
use crate::dos::swapfile::{self, Ended, Job};
use crate::dpmi::memory::frames_wanted;
use crate::host::CallbackKind;
use crate::machine::Machine;
use crate::paging::pager::{Request, Swap};
use crate::regs::{Registers, INTERRUPT};
use crate::service::{Code, Next, Outcome, Refusal};

const PAGE_FAULT: u8 = 0x0E;
/// The BIOS's count of clock ticks.
const CLOCK: u32 = 0x46C;

impl<M: Machine + 'static, R: Reporter<M>> Monitor<M, R> {
    /// The page at `linear` (0: so many frames) is wanted for `job`, in the current slot.
    #[cold]
    pub(super) fn page_in(&mut self, slots: &mut Slots, job: Job, linear: u32, frames: u32) -> Resume {
        let client = self.host.current;
        self.request(slots, job, Request { client, linear, frames })
    }

    #[cold]
    fn request(&mut self, slots: &mut Slots, job: Job, request: Request) -> Resume {
        let linear = request.linear;
        self.host.wanted_page = linear;
        // For a handler that waited, DOS has been found free already.
        let free = job == Job::Handler || swapfile::may_call(&self.host);
        if self.host.memory.swap.is_none() || !free || !slots.has_room(4) {
            let done = swapfile::without_transfer(&mut self.host, request);
            if !done && self.host.memory.swap.is_some() && self.put_aside(slots, job, linear) {
                return Resume::Guest;
            }
            return self.paged(slots, job, if done { Ended::Well } else { Ended::Refused });
        }
        self.host.swap_file.slot = slots.index() + 1;
        let outcome = swapfile::begin_request(&mut self.host, job, request);
        self.hold_interrupts(slots);
        self.finish(slots, outcome)
    }

    /// The guest that DOS now works for may have interrupts off, while DOS has them on: the lines that clients handle are
    /// masked until the job is done, and what they request waits at the controllers. The disks' own lines are not.
    fn hold_interrupts(&mut self, slots: &mut Slots) {
        const DISKS: u16 = 1 << 6 | 1 << 14 | 1 << 15;
        if !self.host.swap_file.busy || self.shown_flags(slots.current()) & INTERRUPT != 0 {
            return;
        }
        let lines = (0..16).filter(|&line| self.goes_to_client(slots, pic::vector_of(line)));
        let lines = lines.fold(0, |lines, line| lines | 1 << line) & !DISKS;
        if lines != 0 {
            self.held_lines = pic::hold(&mut self.host.machine, lines);
        }
    }

    /// The job is done, or given up.
    pub(super) fn release_interrupts(&mut self) {
        match core::mem::take(&mut self.held_lines) {
            0 => {}
            lines => pic::release(&mut self.host.machine, lines),
        }
    }

    /// The DPMI entry point was called in the current slot, a V86 slot at the trap site: AX bit 0 the width, ES the host
    /// data area. Refused with CF and a code in AX; the caller stays in real mode. Where the pages of other clients fill the
    /// memory, there is room made first for what the new one needs at once.
    pub(super) fn dpmi_entry(&mut self, slots: &mut Slots) -> Resume {
        const FRAMES: u32 = 64;
        let host = &self.host;
        let is_short = host.memory.swap.is_some() && host.memory.frames.free_count() < FRAMES;
        if !is_short || !swapfile::may_call(host) || !slots.has_room(12) {
            return self.enter_client(slots);
        }
        self.page_in(slots, Job::Entry, 0, FRAMES)
    }

    /// A service wants a page or frames, then to be called again.
    #[cold]
    pub(super) fn page_in_for_service(&mut self, slots: &mut Slots) -> Resume {
        let linear = self.host.wanted_page;
        let frames = if linear == 0 { self.host.memory.wanted_frames } else { 0 };
        let current = self.host.current;
        match self.host.wanted_of.take().filter(|&client| client != current) {
            Some(client) => {
                self.request(slots, Job::Foreign(self.vector), Request { client, linear, frames })
            }
            None => self.page_in(slots, Job::Service(self.vector), linear, frames),
        }
    }

    /// A stack of the client's is in the swap file: the INT instruction before CS:EIP runs again, once it is there. Else it is
    /// the exception of a stack that cannot be used.
    #[cold]
    pub(super) fn stack_fault(&mut self, slots: &mut Slots) -> Resume {
        self.missing_fault(slots, 0x0C, 0, 2)
    }

    /// The same for other memory, and the exception that it is if it cannot be used; for an instruction of `length` bytes before
    /// CS:EIP, which a fault leaves at it, or the one there, 0.
    #[cold]
    pub(super) fn missing_fault(&mut self, slots: &mut Slots, vector: u8, error: u32, length: u32) -> Resume {
        let regs = slots.regs();
        regs.eip = regs.eip.wrapping_sub(length);
        match core::mem::take(&mut self.missing) {
            0 => {
                // For the report, should the client end: what is there is the INT's number, or its gate's error code.
                slots.regs().error = error;
                self.exception_here(slots, vector, error)
            }
            linear => self.page_in(slots, Job::Fault, linear, 0),
        }
    }

    /// The job that the host's conversation was for is over.
    #[cold]
    pub(super) fn job_over(&mut self, slots: &mut Slots) -> Resume {
        self.release_interrupts();
        let job = core::mem::take(&mut self.host.swap_file.job);
        let ended = self.host.swap_file.ended;
        // A handler's own fault may have come in between.
        self.host.wanted_page = self.host.swap_file.request.linear;
        if let Some(code) = self.host.swap_file.doomed.take() {
            return self.exit_client(slots, code);
        }
        self.paged(slots, job, ended)
    }

    /// The disk does not answer, for a page without which the client has to end: it may have been taken out, and may come back. True
    /// while it is worth while to ask again.
    fn waits_for_disk(&mut self, ended: Ended) -> bool {
        /// Ticks of the clock, 15 seconds; and tries within one, should the clock stand still.
        const TICKS: u32 = 273;
        const TRIES: u32 = 100_000;
        let writes_fail = self.host.memory.swap.as_ref().is_some_and(Swap::writes_fail);
        if ended != Ended::Lost && !(writes_fail && swapfile::may_call(&self.host)) {
            return false;
        }
        let now = self.host.machine.read_u32(CLOCK);
        let Some((since, last, tries)) = self.disk_awaited else {
            self.disk_awaited = Some((now, now, 0));
            self.reporter.tell(
                "Ferrite: the disk with the swap file does not answer. It is tried again for 15 seconds.",
            );
            return true;
        };
        let tries = if now == last { tries + 1 } else { 0 };
        self.disk_awaited = Some((since, now, tries));
        now.wrapping_sub(since) < TICKS && tries < TRIES
    }

    pub(super) fn paged(&mut self, slots: &mut Slots, job: Job, ended: Ended) -> Resume {
        if ended == Ended::Well {
            self.disk_awaited = None;
        }
        match (job, ended) {
            (Job::Close(id), _) => {
                let outer = self.host.swap_file.outer;
                self.give_up_client(slots, id, outer)
            }
            (Job::Grow(vector), ended) => {
                self.host.swap_file.tried = ended != Ended::Well;
                self.keep_handlers();
                self.default_interrupt(slots, vector)
            }
            (Job::Entry, _) => self.enter_client(slots),
            (Job::Handler, ended) => self.go_on_with_handler(slots, ended),
            (Job::Service(vector) | Job::Foreign(vector), Ended::Well) => {
                self.default_interrupt(slots, vector)
            }
            (Job::Structure, Ended::Well) => {
                let (at, from) = self.host.swap_file.structure;
                self.put_structure(slots, at, &from)
            }
            (Job::Foreign(_), _) => self.finish(slots, Err(Code::InvalidState.into())),
            (Job::Service(_), Ended::Refused) if self.host.wanted_page == 0 => {
                self.finish(slots, Err(Code::PhysicalMemoryUnavailable.into()))
            }
            (Job::Fault, Ended::Well) | (Job::None, _) => {
                self.pin_if_interrupting(slots);
                Resume::Guest
            }
            (Job::Fault | Job::Service(_) | Job::Structure, ended) if self.waits_for_disk(ended) => {
                let request = self.host.swap_file.request;
                self.request(slots, job, request)
            }
            _ => {
                self.fault_address = self.host.wanted_page;
                log::error!(target: "paging", "the page at {:08X} cannot come in now", self.fault_address);
                self.host.death_note = match ended {
                    Ended::Lost => "A page of it cannot be read from the swap file.",
                    _ if swapfile::may_call(&self.host) => {
                        "There is no memory for a page, and nothing can be written to the swap file."
                    }
                    _ => "It needs the disk for a page while DOS is busy.",
                };
                self.kill_client(slots, PAGE_FAULT)
            }
        }
    }

    /// From the time that there is a swap file, what handlers and callbacks use stays in memory.
    fn keep_handlers(&mut self) {
        let host = &mut self.host;
        for vector in 0..=255_u8 {
            let pointer = host.client().vectors[vector as usize];
            if crate::client::reaches_protected_mode(vector) && pointer.selector != 0 {
                host.keep_resident(pointer);
            }
        }
        for vector in 0..32 {
            let pointer = host.client().exceptions[vector];
            host.keep_resident(pointer);
        }
        for index in 0..host.callbacks.len() {
            let callback = host.callbacks[index];
            if callback.kind != CallbackKind::Free && callback.client == host.current {
                host.keep_resident(callback.procedure);
                host.keep_resident(callback.structure);
            }
        }
    }

    /// What an interrupt handler touches stays in memory from then on. Not without end: a program may spend its life in a
    /// callback, and then its pages have to come and go as any others.
    fn pin_if_interrupting(&mut self, slots: &mut Slots) {
        const SHARE: u32 = 16;
        if self.host.swap_file.pins >= self.host.memory.frames.total() / SHARE {
            return;
        }
        let linear = self.host.wanted_page;
        let inside = slots.slot[1..=slots.index()].iter().any(|slot| slot.locked & ENTERED != 0);
        if inside && self.host.readable(linear, 1).is_ok() {
            self.host.swap_file.pins += 1;
            self.pin_page(linear);
        }
    }

    /// Keeps the page at `linear`, if it is the client's own and there, in memory for good.
    fn pin_page(&mut self, linear: u32) {
        let crate::host::Host { clients, machine, memory, current, .. } = &mut self.host;
        if let Some(client) = clients[*current as usize].as_mut() {
            client.space.pin(machine, memory, linear);
        }
    }

    /// Writes a register structure, once it is in memory.
    pub(super) fn put_structure(&mut self, slots: &mut Slots, at: u32, from: &Registers) -> Resume {
        if let Err(crate::host::Refused::PageIn(page)) = self.host.writable(at, crate::structure::SIZE) {
            self.host.swap_file.structure = (at, *from);
            return self.page_in(slots, Job::Structure, page, 0);
        }
        self.store_structure(at, from);
        self.finish(slots, Ok(Next::Resume))
    }

    /// A service was refused for want of memory: the file may grow, and the service be called again. `None`: it is
    /// refused.
    #[cold]
    pub(super) fn grow_for(&mut self, slots: &mut Slots, ax: u16, refusal: Refusal) -> Option<Outcome> {
        if core::mem::take(&mut self.host.swap_file.tried)
            || !self.host.swap_file.allowed
            || refusal.code != Code::PhysicalMemoryUnavailable as u16
            || !swapfile::may_call(&self.host)
            || !slots.has_room(4)
        {
            return None;
        }
        let wanted = frames_wanted(&mut self.host, ax, slots.regs())?;
        let more = wanted.saturating_sub(self.host.memory.available_with_swap());
        self.host.swap_file.slot = slots.index() + 1;
        let outcome = swapfile::begin_growth(&mut self.host, 0x31, more.max(1));
        self.hold_interrupts(slots);
        Some(outcome)
    }

    /// The last client's process has ended: the swap file goes before the client does. `None`: there is nothing to do.
    #[cold]
    pub(super) fn close_swap(&mut self, slots: &mut Slots, id: u8) -> Option<Resume> {
        let others = self.host.clients.iter().flatten().any(|client| client.id != id);
        if others || !self.host.swap_file.is_open() || !swapfile::may_call(&self.host) {
            return None;
        }
        self.disconnect(id);
        self.host.swap_file.outer = self.host.current;
        self.switch_client(id);
        let outcome = swapfile::begin_close(&mut self.host, id);
        Some(self.finish(slots, outcome))
    }
}
