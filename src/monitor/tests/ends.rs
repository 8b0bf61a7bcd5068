//! What a client's end leaves: vectors, callbacks, interrupts in service, the way to the next program.

use super::*;
use crate::host::{Callback, CallbackKind, NOBODY};
use crate::layout::event;

/// INT 22h's vector.
const TERMINATE: u32 = 0x22 * 4;

impl Stage {
    /// The client calls a service; its registers are as before then.
    pub(super) fn service(&mut self, ax: u16, change: impl FnOnce(&mut Registers)) {
        let regs = self.regs();
        let before = *regs;
        regs.set_ax(ax);
        change(regs);
        assert_eq!(self.monitor.interrupt(&mut self.slots, 0x31, Kind::Software), Resume::Guest);
        assert_eq!(self.regs().eflags & 1, 0, "{ax:04X}h: {:04X}h", self.regs().ax());
        *self.regs() = before;
    }

    /// 0201h.
    fn set_real_vector(&mut self, vector: u8, segment: u16, offset: u16) {
        self.service(0x0201, |regs| {
            regs.set_bx(vector as u16);
            regs.set_cx(segment);
            regs.set_dx(offset);
        });
    }

    fn real_vector(&self, vector: u8) -> u32 {
        self.monitor.host.machine.read_u32(vector as u32 * 4)
    }

    fn exits(&mut self) -> Resume {
        self.regs().set_ax(0x4C00);
        assert_eq!(self.monitor.interrupt(&mut self.slots, 0x21, Kind::Software), Resume::Guest);
        self.dos_ends_the_process()
    }
}

/// A client with a callback whose address is in vector 61h, and another value of its own in 60h.
fn with_vectors() -> Stage {
    let mut stage = Stage::with_client(Facts::default());
    stage.monitor.host.machine.write_u32(0x60 * 4, 0x6000_0060);
    stage.monitor.host.machine.write_u32(0x61 * 4, 0x6100_0061);
    let client = stage.monitor.host.current;
    stage.monitor.host.callbacks.push(Callback {
        kind: CallbackKind::Structure,
        client,
        ..Default::default()
    });
    stage.set_real_vector(0x60, 0x1234, 0x5678);
    stage.set_real_vector(0x61, (RESIDENT >> 4) as u16, 0x300);
    stage
}

#[test]
fn at_an_ordinary_end_only_vectors_to_dead_callbacks_come_back() {
    let mut stage = with_vectors();
    assert_eq!(stage.exits(), Resume::Dormant);
    assert_eq!(stage.real_vector(0x60), 0x1234_5678, "the program's own affair");
    assert_eq!(stage.real_vector(0x61), 0x6100_0061);
}

#[test]
fn a_client_that_dies_leaves_no_vector_behind() {
    let mut stage = with_vectors();
    assert_eq!(stage.page_fault(0x9000_0000, READ), Resume::Guest);
    assert_eq!((stage.real_vector(0x60), stage.real_vector(0x61)), (0x6000_0060, 0x6100_0061));
}

#[test]
fn vectors_set_several_times_come_back_as_they_were_first() {
    let mut stage = with_vectors();
    stage.set_real_vector(0x60, 0xAAAA, 0);
    stage.set_real_vector(0x60, 0xBBBB, 0);
    assert_eq!(stage.page_fault(0x9000_0000, READ), Resume::Guest);
    assert_eq!(stage.real_vector(0x60), 0x6000_0060);
}

#[test]
fn handlers_and_callbacks_are_gone_as_soon_as_the_client_ends() {
    let mut stage = with_vectors();
    let client = stage.monitor.host.current;
    let selector = stage.regs().cs as u16;
    let mouse = Callback { kind: CallbackKind::Mouse, client, ..Default::default() };
    stage.monitor.host.callbacks.push(mouse);
    stage.service(0x0205, |regs| {
        regs.set_bx(0x1C);
        regs.set_cx(selector);
        regs.edx = 0x500;
    });
    assert_eq!(stage.monitor.host.hooked[0] >> 0x1C & 1, 1);
    stage.regs().set_ax(0x4C00);
    assert_eq!(stage.monitor.interrupt(&mut stage.slots, 0x21, Kind::Software), Resume::Guest);
    // DOS still runs in the client's process.
    assert_eq!(stage.monitor.host.hooked[0] >> 0x1C & 1, 0);
    let callbacks = &stage.monitor.host.callbacks;
    assert_eq!(callbacks[0].kind, CallbackKind::Free);
    assert_eq!(
        (callbacks[1].kind, callbacks[1].client),
        (CallbackKind::Mouse, NOBODY),
        "a driver may call it still"
    );
}

#[test]
fn interrupts_that_came_in_service_meanwhile_are_ended_and_no_others() {
    let mut stage = Stage::dormant(Facts::default());
    // In service as the client enters: IRQ 1. As it ends: IRQ 0, 1, 12 (and 2, to which the second controller is tied).
    for (port, values) in [(0x20, [0x02, 0x07]), (0xA0, [0x00, 0x10])] {
        stage.monitor.host.machine.inputs.insert(port, values.into());
    }
    assert_eq!(stage.enter(), Resume::Guest);
    stage.monitor.host.machine.outputs.clear();
    stage.regs().set_ax(0x4C00);
    assert_eq!(stage.monitor.interrupt(&mut stage.slots, 0x21, Kind::Software), Resume::Guest);
    let outputs = &stage.monitor.host.machine.outputs;
    let mut ended: Vec<(u16, u8)> =
        outputs.iter().copied().filter(|(_, value)| value & 0xF8 == 0x60).collect();
    ended.sort();
    assert_eq!(ended, [(0x20, 0x60), (0x20, 0x62), (0xA0, 0x64)]);
}

#[test]
fn the_parent_goes_on_where_dos_would_have_gone() {
    let mut stage = Stage::dormant(Facts::default());
    // The PSP's INT 22h address, as DOS has it before the client enters.
    stage.monitor.host.machine.write_u32((PSP << 4) + 0x0A, 0x0777_0999);
    assert_eq!(stage.enter(), Resume::Guest);
    let id = stage.monitor.host.current;
    let (cs, ip) = stage.monitor.host.facts.alias_address(event::PROCESS_END, id);
    let trap = (cs as u32) << 16 | ip as u32;
    assert_eq!(stage.monitor.host.machine.read_u32((PSP << 4) + 0x0A), trap);
    stage.monitor.host.machine.write_u32(TERMINATE, trap);
    assert_eq!(stage.exits(), Resume::Dormant);
    assert_eq!((stage.regs().cs, stage.regs().eip), (0x0777, 0x0999));
    assert_eq!(stage.real_vector(0x22), 0x0777_0999, "nobody comes by the trap any more");
}

#[test]
fn a_terminate_vector_that_is_somebody_elses_stays() {
    let mut stage = Stage::with_client(Facts::default());
    stage.monitor.host.machine.write_u32(TERMINATE, 0x0BAD_0BAD);
    assert_eq!(stage.exits(), Resume::Dormant);
    assert_eq!(stage.real_vector(0x22), 0x0BAD_0BAD);
}

#[test]
fn a_client_that_stayed_resident_keeps_its_handlers_and_the_machine_active() {
    let mut stage = with_vectors();
    let before = stage.account();
    let selector = stage.regs().cs as u16;
    stage.client().vectors[8] = FarPointer { selector, offset: 0x500, ..Default::default() };
    stage.monitor.host.refresh_hooks();
    let id = stage.monitor.host.current;
    stage.regs().set_ax(0x3100);
    assert_eq!(stage.monitor.interrupt(&mut stage.slots, 0x21, Kind::Software), Resume::Guest);
    assert_eq!(stage.dos_ends_the_process(), Resume::Guest);
    assert!(stage.monitor.is_active());
    assert_eq!(stage.slots.index(), 0);
    assert!(stage.monitor.host.clients[id as usize].as_ref().is_some_and(|client| client.outlives));
    assert_eq!(stage.monitor.host.hooked[0] >> 8 & 1, 1);
    assert_eq!(stage.monitor.host.callbacks[0].kind, CallbackKind::Structure);
    assert_eq!(stage.account(), before);
}

#[test]
fn the_last_end_gives_the_transfer_buffer_and_the_callback_table_back() {
    let mut stage = with_vectors();
    assert_eq!(stage.exits(), Resume::Dormant);
    assert!(!stage.monitor.is_active());
    assert_eq!(stage.monitor.host.facts.transfer, (0, 0), "it was the client's process's");
    assert_eq!(stage.monitor.host.callbacks.capacity(), 0);
}
