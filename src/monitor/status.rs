//! Questions of the stub's (`FERRITE /S`): what there is, what is in use, and what each client has.

use core::mem::size_of;

use super::{Monitor, Reporter};
use crate::layout::{control, ClientInfo, StatusInfo, VERSION_MAJOR, VERSION_MINOR};
use crate::machine::Machine;
use crate::paging::swap::Slots;
use crate::regs::{Registers, Width};

/// Version, major in the high byte.
const VERSION: u32 = VERSION_MAJOR << 8 | VERSION_MINOR;
/// AX where there is no such client.
const NO_CLIENT: u16 = 2;

const fn kib(pages: u32) -> u32 {
    pages * 4
}

impl<M: Machine + 'static, R: Reporter<M>> Monitor<M, R> {
    /// A question: AL=1 fills a [`StatusInfo`] at ES:DI, AL=2 the [`ClientInfo`] of client CX. Any other leaves AX alone.
    pub(super) fn control(&mut self, regs: &mut Registers) {
        let bytes = size_of::<StatusInfo>().max(size_of::<ClientInfo>()) as u32;
        let Some(at) = Self::v86_range(regs.v_es, regs.edi, bytes) else { return self.far_return(regs) };
        match regs.al() as u32 {
            control::STATUS => {
                self.answer(at, &self.status());
                regs.set_ax(0);
            }
            control::CLIENT => match self.client_status(regs.cx()) {
                Some(words) => {
                    self.answer(at, &words);
                    regs.set_ax(0);
                }
                None => regs.set_ax(NO_CLIENT),
            },
            _ => {}
        }
        self.far_return(regs);
    }

    fn answer(&mut self, at: u32, words: &[u32]) {
        for (index, value) in words.iter().enumerate() {
            self.host.machine.write_u32(at + index as u32 * 4, *value);
        }
    }

    /// A [`StatusInfo`], as double words.
    fn status(&self) -> [u32; size_of::<StatusInfo>() / 4] {
        let memory = &self.host.memory;
        let frames = &memory.frames;
        let clients = self.host.clients.iter().flatten().count() as u32;
        let slots = |count: fn(&Slots) -> u32| memory.swap.as_ref().map_or(0, |swap| count(&swap.slots));
        [
            size_of::<StatusInfo>() as u32,
            VERSION | clients << 16,
            kib(frames.total()),
            kib(frames.free_count()) + memory.heap.hoarded(),
            kib(frames.core_pages()),
            kib(slots(|slots| slots.pages())),
            kib(slots(|slots| slots.used())),
            self.host.xms.handles_used() as u32 | (self.host.xms.handles_total() as u32) << 16,
            memory.counts.faults,
            memory.counts.read,
            memory.counts.written,
            memory.counts.clusters,
            self.host.facts.physical_kib,
            kib(memory.locked_pages()),
        ]
    }

    /// The [`ClientInfo`] of client `id`, as double words, if it lives.
    fn client_status(&self, id: u16) -> Option<[u32; size_of::<ClientInfo>() / 4]> {
        let client = self.host.clients.get(id as usize)?.as_ref()?;
        let memory = &self.host.memory;
        let (totals, counts) = (client.space.totals(memory), client.space.counts());
        let bits = if client.width == Width::Bits32 { 32 } else { 16 };
        Some([
            client.psp as u32 | bits << 16,
            client.space.blocks().iter().filter(|block| block.handle != 0).count() as u32,
            kib(totals.committed),
            kib(memory.frames.pages_of(client.id)),
            kib(totals.locked),
            counts.faults,
            counts.page_ins,
            counts.page_outs,
        ])
    }
}
