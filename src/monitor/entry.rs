//! The landing page's sites, and a client's start: the DPMI entry point (DPMI 0.9, "entering protected mode").

use alloc::boxed::Box;

use super::slots::{Landing, Slots};
use super::{Monitor, Reporter, Resume};
use crate::client::{Client, CLIENTS_MAX};
use crate::dpmi::ldt;
use crate::landing::LANDING_PAGE;
use crate::layout::{event, SEL_BIOS_DATA, SEL_LANDING16, SEL_LANDING32};
use crate::machine::Machine;
use crate::paging::space::Space;
use crate::regs::{Registers, Width, GUEST_FLAGS};
use crate::service::Code;
use crate::x86::descriptor::{Descriptor, BIG, CODE3, DATA3};

/// Descriptors of the core's that ring 3 may use.
pub fn landing_descriptor(selector: u16) -> Option<Descriptor> {
    match (selector | 3) as u32 {
        SEL_LANDING32 => Some(Descriptor::new(LANDING_PAGE, 0xFFF, CODE3, BIG)),
        SEL_LANDING16 => Some(Descriptor::new(LANDING_PAGE, 0xFFF, CODE3, 0)),
        SEL_BIOS_DATA => Some(Descriptor::new(0x400, 0xFFFF, DATA3, 0)),
        _ => None,
    }
}

/// Offsets in the PSP.
mod psp {
    /// INT 22h address, offset and segment.
    pub use crate::dos::end::PSP_TERMINATE as TERMINATE;
    /// The environment's paragraph.
    pub const ENVIRONMENT: u32 = 0x2C;
}

/// Bytes of a client's locked stack.
pub const LOCKED_BYTES: u32 = 0x4000;

impl<M: Machine + 'static, R: Reporter<M>> Monitor<M, R> {
    /// The DPMI entry point, with as much memory free as can be had.
    pub(super) fn enter_client(&mut self, slots: &mut Slots) -> Resume {
        let was_active = self.active;
        let mut regs = *slots.regs();
        self.far_return(&mut regs);
        *slots.regs() = regs;
        let psp = self.host.machine.read_u16(self.host.facts.resident + crate::layout::CLIENT_PSP) as u32;
        match self.start_client(slots, &regs, psp as u16) {
            Ok(()) => {
                self.active = true;
                if self.host.facts.transfer.1 != 0 {
                    return Resume::Guest;
                }
                let paragraphs = self.host.transfer_wanted;
                let outcome = crate::dos::transfer::begin(&mut self.host, paragraphs);
                self.finish(slots, outcome)
            }
            Err(code) => {
                log::warn!(target: "client", "entry refused: {code:?}");
                let regs = slots.regs();
                regs.set_ax(code as u16);
                regs.set_carry(true);
                if was_active {
                    Resume::Guest
                } else {
                    Resume::Dormant
                }
            }
        }
    }

    fn start_client(&mut self, slots: &mut Slots, at: &Registers, psp: u16) -> Result<(), Code> {
        let width = if at.eax & 1 != 0 { Width::Bits32 } else { Width::Bits16 };
        let id = (0..CLIENTS_MAX)
            .find(|&id| self.host.clients[id].is_none())
            .ok_or(Code::ResourceUnavailable)? as u8;
        if !slots.has_room(8) || !self.host.machine.reserve_heap(2 * core::mem::size_of::<Client>()) {
            return Err(Code::ResourceUnavailable);
        }
        let outer = self.host.current;
        let directory = self.host.facts.kernel_directory;
        let mut space = Space::create(&mut self.host.machine, &mut self.host.memory, directory)?;
        space.set_client(id);
        space.set_guard(self.host.facts.guard_pages);
        self.host.clients[id as usize] = Some(Box::new(Client::new(id, width, psp, at.v_es as u16, space)));
        self.protect_outer_stack(slots, outer);
        self.reset_fpu_for(id, outer);
        match self.furnish(slots, id, outer, at, psp) {
            Ok(()) => {
                log::info!(target: "client", "client {id} enters, {width:?}, PSP {psp:04X}");
                Ok(())
            }
            Err(code) => {
                self.discard_client(id, outer);
                Err(code)
            }
        }
    }

    /// Loads the new client's world; the FPU state of the one before is kept.
    fn reset_fpu_for(&mut self, id: u8, outer: u8) {
        let host = &mut self.host;
        if host.facts.has_fpu {
            let mut scratch = [0; 108];
            match host.clients[outer as usize].as_mut().filter(|_| outer != id) {
                Some(old) => host.machine.save_fpu(&mut old.fpu),
                None => host.machine.save_fpu(&mut scratch),
            }
        }
        host.current = id;
        if let Some(old) = host.clients[outer as usize].as_mut().filter(|_| outer != id) {
            old.watches.disable(&mut host.machine);
        }
        if let Some(new) = host.clients[id as usize].as_ref() {
            host.machine.load_space(new.space.directory());
            crate::dpmi::fpu::load(host);
        }
    }

    /// While the new client lives, the one outside must not use the part of its real-mode stack that the DOS call below
    /// occupies.
    fn protect_outer_stack(&mut self, slots: &mut Slots, outer: u8) {
        let expected = slots.current().expected;
        if slots.index() == 0 {
            return;
        }
        if let Some(client) = self.host.clients[outer as usize].as_mut() {
            let is_own = expected >> 16 == client.hot.real_stack >> 16;
            if is_own && (expected as u16) > DOS_FRAME_BYTES {
                client.hot.real_stack = expected - DOS_FRAME_BYTES as u32;
            }
        }
    }

    /// Makes the entry's descriptors and the new client's first slot.
    fn furnish(
        &mut self,
        slots: &mut Slots,
        id: u8,
        outer: u8,
        at: &Registers,
        psp: u16,
    ) -> Result<(), Code> {
        let host = &mut self.host;
        let machine = &mut host.machine;
        let client = host.clients[id as usize].as_mut().ok_or(Code::ResourceUnavailable)?;
        if !machine.grow_descriptors(id, 0x7F) {
            return Err(Code::DescriptorUnavailable);
        }
        machine.load_descriptors(id);
        let locked = client.space.allocate_locked_stack(machine, &mut host.memory, LOCKED_BYTES)?;
        let mut make = |descriptor: Descriptor| -> Result<u16, Code> {
            let index = ldt::allocate(machine, id, &mut client.ldt, 1)?;
            machine.set_descriptor(id, index, descriptor.0);
            Ok(index << 3 | 7)
        };
        let big = if client.width == Width::Bits32 { BIG } else { 0 };
        let segment = |paragraph: u32, access: u8, flags: u8| {
            Descriptor::new((paragraph & 0xFFFF) << 4, 0xFFFF, access, flags)
        };
        // CS is 16-bit for either width; SS has the client's, as HDPMI and CWSDPMI have it.
        let cs = make(segment(at.cs, CODE3, 0))?;
        let ds = make(segment(at.v_ds, DATA3, big))?;
        let ss = if at.ss as u16 == at.v_ds as u16 { ds } else { make(segment(at.ss, DATA3, big))? };
        let es = make(Descriptor::new((psp as u32) << 4, 0xFF, DATA3, 0))?;
        let psp_linear = (psp as u32) << 4;
        let environment = machine.read_u16(psp_linear + psp::ENVIRONMENT);
        let environment_selector = match environment {
            0 => 0,
            _ => {
                // 64 KiB, as HDPMI and CWSDPMI have it: who scans for its end by dwords may look behind the block.
                let machine_selector = ldt::allocate(machine, id, &mut client.ldt, 1)?;
                let descriptor = segment(environment as u32, DATA3, 0);
                machine.set_descriptor(id, machine_selector, descriptor.0);
                machine_selector << 3 | 7
            }
        };
        let locked_index = ldt::allocate(machine, id, &mut client.ldt, 1)?;
        machine.set_descriptor(id, locked_index, Descriptor::new(locked, LOCKED_BYTES - 1, DATA3, big).0);
        let alias_index = ldt::allocate(machine, id, &mut client.ldt, 1)?;
        machine.set_descriptor(id, alias_index, Descriptor::new(0, 0xFFFF, DATA3, 0).0);
        // Handlers and callbacks run with these, and the entry code knows where the stack lies: not the client's to change.
        client.ldt.fix(locked_index);
        client.ldt.fix(alias_index);
        client.hot.locked_selector = (locked_index << 3 | 7) as u32;
        client.hot.locked_base = locked;
        client.hot.locked_esp = LOCKED_BYTES;
        // At IOPL 0 the entry code leaves handlers to Rust, which knows about the client's interrupt flag.
        let fast = client.width == Width::Bits32 && host.facts.client_iopl == 3;
        client.hot.locked_low = if fast { super::LOCKED_RESERVE } else { u32::MAX };
        client.hot.locked_floor = super::LOCKED_RESERVE;
        client.hot.locked_high = LOCKED_BYTES - 23;
        client.alias_selector = alias_index << 3 | 7;
        client.psp_selector = es;
        client.environment = environment;
        client.in_service = super::pic::in_service(machine);
        client.terminate = machine.read_u32(psp_linear + psp::TERMINATE);
        client.entry_vectors = core::array::from_fn(|vector| machine.read_u32(vector as u32 * 4));
        let slot = slots.push().ok_or(Code::ResourceUnavailable)?;
        *slot = Default::default();
        slot.landing = Landing::Client;
        slot.outer_client = outer;
        slot.interrupts_off = (at.eflags & crate::regs::INTERRUPT == 0) as u32;
        slot.regs = Registers {
            gs: 0,
            fs: 0,
            es: es as u32,
            ds: ds as u32,
            cs: cs as u32,
            ss: ss as u32,
            esp: at.esp & 0xFFFF,
            eip: at.eip & 0xFFFF,
            eflags: Registers::sanitised_flags(
                at.eflags & GUEST_FLAGS & !crate::regs::CARRY,
                host.facts.client_iopl as u32,
                false,
            ),
            ..*at
        };
        machine.write_u16(psp_linear + psp::ENVIRONMENT, environment_selector);
        let (trap_cs, trap_ip) = host.facts.alias_address(event::PROCESS_END, id);
        machine.write_u32(psp_linear + psp::TERMINATE, (trap_cs as u32) << 16 | trap_ip as u32);
        Ok(())
    }

    /// Puts back what the client changed in its PSP, so that DOS can end the process: the environment's paragraph.
    /// The INT 22h trap stays; it is how the end is noticed.
    pub(super) fn restore_psp(&mut self, id: u8) {
        if let Some(client) = self.host.clients[id as usize].as_ref() {
            let at = ((client.psp as u32) << 4) + psp::ENVIRONMENT;
            self.host.machine.write_u16(at, client.environment);
        }
    }
}

/// What a DOS call may have pushed on its caller's stack before it switched to its own.
const DOS_FRAME_BYTES: u16 = 0xE0;
