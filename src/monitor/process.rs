//! The processes that a client has started: a fault in one of them ends it alone, and they end before the client does.
//!
//! Which process is DOS's current one stands in DOS's swappable data area, behind the InDOS flag; it is looked at, not asked for,
//! since DOS may be in the middle of a call.

use super::slots::Slots;
use super::{Monitor, Reporter, Resume};
use crate::dos::end::{parent_paragraph, PSP_MARK, PSP_PARENT, PSP_TERMINATE};
use crate::dos::swapfile::indos;
use crate::host::{Finish, RealCall, RealTarget};
use crate::layout::event;
use crate::machine::Machine;
use crate::regs::Registers;
use crate::service::Next;

/// The current PSP, from the InDOS flag (DOS 3.1 and later).
const CURRENT_PSP: u32 = 0x0F;
/// SS:SP of a process's last DOS call, in its PSP: what DOS has pushed there.
const PSP_STACK: u32 = 0x2E;
/// What is left between that and the next call's frame, and bytes that a DOS call may take.
const FRAME_MARGIN: u16 = 0x20;
const LEAST_STACK: u16 = 0x80;
/// How many generations of processes are looked at.
const GENERATIONS: usize = 16;
/// How many calls a client's end may make before the one that ends it.
const CALLS_BEFORE_END: u8 = 16;

impl<M: Machine + 'static, R: Reporter<M>> Monitor<M, R> {
    /// The PSP of the process that DOS runs; `None` where that cannot be known.
    fn current_psp(&self) -> Option<u16> {
        let machine = &self.host.machine;
        let indos = indos(&self.host);
        let psp = machine.read_u16(indos + CURRENT_PSP);
        (indos != 0 && machine.read_u16((psp as u32) << 4) == PSP_MARK).then_some(psp)
    }

    /// The PSP of DOS's process where that is neither the current client's nor one of those that led to the client: a process
    /// that the client, or a child of its, has started or made.
    fn child_process(&mut self) -> Option<u16> {
        // The swap file's calls are a process of their own.
        if self.host.swap_file.busy {
            return None;
        }
        let child = self.current_psp()?;
        let client =
            self.host.clients[self.host.current as usize].as_ref().filter(|client| !client.outlives)?;
        let mut ancestor = client.psp;
        for _ in 0..GENERATIONS {
            if ancestor == child {
                return None;
            }
            let parent = self.host.machine.read_u16(((ancestor as u32) << 4) + PSP_PARENT);
            let parent = parent_paragraph(&mut self.host, parent);
            if parent == ancestor {
                break;
            }
            ancestor = parent;
        }
        Some(child)
    }

    /// A fault in the current slot, V86 code: where that is another program's, which the current client has started, that
    /// program ends (INT 21h AH=4Ch in its name), and the client finds its EXEC over. `None`: it is the client's own, or
    /// the same program faults once more.
    pub(super) fn end_child_at_fault(&mut self, slots: &mut Slots, vector: u8, code: u8) -> Option<Resume> {
        if !slots.regs().is_v86() {
            return None;
        }
        let child = self.child_process()?;
        let terminate = self.host.machine.read_u32(((child as u32) << 4) + PSP_TERMINATE);
        let client = self.host.client();
        let mark = (child as u32) << 8 | client.call_next as u32;
        // One that the client has made itself (55h) has nowhere to return to.
        if client.ended_child == mark || terminate == client.terminate {
            return None;
        }
        client.ended_child = mark;
        let mut regs = *slots.regs();
        let address = self.fault_address;
        self.reporter.died(&mut self.host, &regs, vector, address, true);
        regs.set_ax(0x4C00 | code as u16);
        self.reflect(&mut regs, 0x21);
        *slots.regs() = regs;
        Some(Resume::Guest)
    }

    /// The call that has to come before DOS can be asked to end client `id`, with `code` in AL, if there is one. `swapping` is the
    /// PSP that was current before a transfer that was cut off.
    pub(super) fn call_before_end(&mut self, id: u8, code: u8, swapping: Option<u16>) -> Option<RealCall<M>> {
        let client = self.host.clients[id as usize].as_mut()?;
        let psp = client.psp;
        client.end_calls += 1;
        if client.end_calls > CALLS_BEFORE_END {
            return None;
        }
        let mut stack = 0;
        let regs = match (swapping, self.child_process()) {
            // DOS has to know again whose process it is that ends.
            (Some(before), _) => Registers { eax: 0x5000, ebx: before as u32, ..Default::default() },
            (None, Some(child)) if self.host.client().end_calls < CALLS_BEFORE_END => {
                log::info!(target: "client", "the process at {child:04X} ends before client {id} does");
                stack = self.prepare_end_of_child(id, child);
                Registers { eax: 0x4C00 | code as u32, ..Default::default() }
            }
            _ if self.current_psp().is_some_and(|current| current != psp) => {
                Registers { eax: 0x5000, ebx: psp as u32, ..Default::default() }
            }
            _ => return crate::dos::events::release(&mut self.host),
        };
        let finish = Finish::Then(|_, _, _| Ok(Next::Exit));
        Some(RealCall { target: RealTarget::Interrupt(0x21), regs, stack, words: (0, 0), finish })
    }

    /// The process at `child` is going to end, and to come back where calls to real mode do. A client in it is given up. SS:SP for
    /// the call, 0 for the client's first stack: DOS returns from the parent's last call, whose frame may be on that one.
    fn prepare_end_of_child(&mut self, id: u8, child: u16) -> u32 {
        let of_child = |client: &crate::client::Client| client.psp == child && !client.outlives;
        let inner =
            self.host.clients.iter().flatten().find(|client| of_child(client)).map(|client| client.id);
        if let Some(inner) = inner.filter(|&inner| inner != id) {
            self.restore_vectors(inner, |_| true);
            self.restore_psp(inner);
            self.disconnect(inner);
            self.discard_client(inner, id);
        }
        let psp = (child as u32) << 4;
        let parent = self.host.machine.read_u16(psp + PSP_PARENT);
        let parent = parent_paragraph(&mut self.host, parent);
        let (cs, ip) = self.site_address(event::RETURN);
        self.host.machine.write_u16(psp + PSP_PARENT, parent);
        self.host.machine.write_u32(psp + PSP_TERMINATE, (cs as u32) << 16 | ip as u32);
        let frame = self.host.machine.read_u32(((parent as u32) << 4) + PSP_STACK);
        let below = (frame as u16).saturating_sub(FRAME_MARGIN);
        let on_first = frame >> 16 == self.host.client().host_data as u32 && below >= LEAST_STACK;
        if on_first {
            frame & 0xFFFF_0000 | below as u32
        } else {
            0
        }
    }
}
