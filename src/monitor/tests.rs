//! The monitor over the mock machine: what becomes of faults, which slots a client's end leaves, and that nothing is lost.
//!
//! The guest is played: a test puts what the CPU would have pushed into the current slot and reports the event.

mod callbacks;
mod ends;
mod exceptions;
mod hooks;
mod suspended;
mod swapping;
mod ticks;

use super::slots::{Landing, Slots, SLOTS};
use super::*;
use crate::client::Client;
use crate::host::Facts;
use crate::layout::{event, CLIENT_PSP};
use crate::mock::{Mock, KERNEL_DIRECTORY};
use crate::paging::frames::{Frames, Run};
use crate::paging::Memory;
use crate::regs::FarPointer;

const FRAMES: u32 = 200;
const RESIDENT: u32 = 0x8000;
const PSP: u32 = 0x1000;
const PROGRAM: u32 = 0x1100;
const HOST_DATA: u32 = 0x2000;
/// Where INT 21h leads in real mode.
const DOS: u32 = 0x0070_0123;
/// Page-fault error codes of ring 3: a read, a write.
const READ: u32 = 4;
const WRITE: u32 = 6;
const PAGE_FAULT: u8 = 0x0E;

/// What the monitor told of deaths.
#[derive(Default)]
struct Told {
    deaths: Vec<(u8, u32)>,
    told: Vec<String>,
}

impl Reporter<Mock> for Told {
    const DEBUG_CALLS: bool = true;

    fn died(&mut self, _: &mut Host<Mock>, _: &Registers, vector: u8, fault_address: u32, _: bool) {
        self.deaths.push((vector, fault_address));
    }

    fn reboot(&mut self) -> ! {
        panic!("nobody asks for a reboot")
    }

    fn tell(&mut self, text: &str) {
        self.told.push(text.into());
    }

    fn stuck(&mut self) -> ! {
        panic!("DOS cannot end the client")
    }
}

struct Stage {
    monitor: Monitor<Mock, Told>,
    slots: Box<Slots>,
    /// A test has changed the core's tables itself.
    played: bool,
}

/// However a test ends, the core's tables agree with each other.
impl Drop for Stage {
    fn drop(&mut self) {
        if !self.played && !std::thread::panicking() {
            assert_eq!(self.monitor.host.audit(), Ok(true));
        }
    }
}

impl Stage {
    /// Dormant, with no client.
    fn dormant(facts: Facts) -> Stage {
        let mut machine = Mock::new();
        let mut memory = Memory::new(Frames::new(vec![0; FRAMES as usize].leak(), 0x200));
        memory.frames.add(Run { first: 0x200, count: FRAMES });
        machine.write_u16(RESIDENT + CLIENT_PSP, PSP as u16);
        machine.write_u32(0x21 * 4, DOS);
        let facts = Facts {
            cpu: 5,
            client_iopl: 3,
            kernel_directory: KERNEL_DIRECTORY,
            resident: RESIDENT,
            trap_base: 0x200,
            callback_trap: 0x300,
            transfer: (0x3000, 0x2000),
            ..facts
        };
        let host = Host::new(machine, memory, Default::default(), facts);
        Stage { monitor: Monitor::new(host, Told::default()), slots: Box::default(), played: false }
    }

    /// With one client of 32 bits, which runs.
    fn with_client(facts: Facts) -> Stage {
        let mut stage = Stage::dormant(facts);
        assert_eq!(stage.enter(), Resume::Guest);
        stage
    }

    fn enter(&mut self) -> Resume {
        self.enter_with(1)
    }

    /// A program calls the entry point with these flags in EAX: 0 for a client of 16 bits, 1 of 32.
    fn enter_with(&mut self, eax: u32) -> Resume {
        let stack = PROGRAM << 4;
        self.monitor.host.machine.write_u32(stack + 0x1000, PROGRAM << 16 | 0x123);
        let frame = RealFrame {
            eax,
            ds: PROGRAM as u16,
            es: HOST_DATA as u16,
            cs: (RESIDENT >> 4) as u16,
            ip: 0x210,
            ss: PROGRAM as u16,
            sp: 0x1000,
            eflags: 0x202,
            event: event::DPMI_ENTRY as u8,
            a20_found: 1,
            ..Default::default()
        };
        self.monitor.activate(&mut self.slots, &frame)
    }

    fn regs(&mut self) -> &mut Registers {
        self.slots.regs()
    }

    fn client(&mut self) -> &mut Client {
        self.monitor.host.client()
    }

    /// A block of the client's, by 0501h; its address.
    fn allocate(&mut self, bytes: u32) -> u32 {
        let regs = self.regs();
        regs.set_ax(0x0501);
        regs.set_bx_cx(bytes);
        assert_eq!(self.monitor.interrupt(&mut self.slots, 0x31, Kind::Software), Resume::Guest);
        let regs = self.regs();
        assert_eq!(regs.eflags & 1, 0, "0501h: {:04X}", regs.ax());
        regs.bx_cx()
    }

    /// The client calls DOS, and real-mode code runs now, in slot 2.
    fn in_real_mode(&mut self) {
        self.regs().set_ax(0x3000);
        assert_eq!(self.monitor.interrupt(&mut self.slots, 0x21, Kind::Software), Resume::Guest);
        assert_eq!((self.slots.index(), self.regs().is_v86()), (2, true));
    }

    /// V86 code executes the trap INT at CS:IP.
    fn traps_at(&mut self, cs: u16, ip: u16) -> Resume {
        let regs = self.regs();
        (regs.cs, regs.eip) = (cs as u32, ip as u32 + 2);
        self.monitor.interrupt(&mut self.slots, TRAP_VECTOR as u8, Kind::Software)
    }

    /// The client has come to a place on the landing page.
    fn lands_at(&mut self, site: u32) -> Resume {
        let regs = self.regs();
        (regs.cs, regs.eip) = (crate::layout::SEL_LANDING32, site + 2);
        self.monitor.interrupt(&mut self.slots, LANDING_VECTOR as u8, Kind::Software)
    }

    fn page_fault(&mut self, linear: u32, error: u32) -> Resume {
        self.regs().error = error;
        self.monitor.fault_address = linear;
        self.monitor.interrupt(&mut self.slots, PAGE_FAULT, Kind::Exception)
    }

    /// The client's handler of page faults, at offset 500h of its code.
    fn handle_page_faults(&mut self) {
        let selector = self.regs().cs as u16;
        self.client().exceptions[PAGE_FAULT as usize] =
            FarPointer { selector, offset: 0x500, ..Default::default() };
    }

    /// DOS ends the client's process, and what it jumps to is the trap.
    fn dos_ends_the_process(&mut self) -> Resume {
        let id = self.monitor.host.current;
        self.monitor.process_end(&mut self.slots, id)
    }

    /// Frames free and promised.
    fn account(&self) -> (u32, u32) {
        let frames = &self.monitor.host.memory.frames;
        (frames.free_count(), frames.promised())
    }
}

#[test]
fn a_client_enters_in_the_slot_above_its_caller() {
    let mut stage = Stage::with_client(Facts::default());
    assert_eq!(stage.slots.index(), 1);
    assert_eq!(stage.slots.current().landing, Landing::Client);
    let regs = *stage.regs();
    assert!(!regs.is_v86());
    assert_eq!((regs.eip, regs.cs & 7, regs.eflags & 1), (0x123, 7, 0));
    let directory = stage.client().space.directory();
    assert_eq!(stage.monitor.host.machine.cr3, directory);
}

#[test]
fn the_first_touch_of_a_page_is_repaired_and_the_instruction_runs_again() {
    let mut stage = Stage::with_client(Facts::default());
    let block = stage.allocate(0x3000);
    let before = *stage.regs();
    assert_eq!(stage.page_fault(block + 0x1234, WRITE), Resume::Guest);
    assert_eq!(stage.slots.index(), 1);
    assert_eq!(*stage.regs(), Registers { error: WRITE, ..before });
    assert!(stage.monitor.host.machine.is_mapped(block + 0x1000, true));
    assert!(!stage.monitor.host.machine.is_mapped(block, false));
    assert!(stage.monitor.reporter.deaths.is_empty());
}

#[test]
fn a_fault_where_nothing_is_goes_to_the_clients_handler() {
    let mut stage = Stage::with_client(Facts::default());
    stage.handle_page_faults();
    let before = *stage.regs();
    assert_eq!(stage.page_fault(0x9000_0000, READ), Resume::Guest);
    assert_eq!((stage.slots.index(), stage.slots.current().landing), (2, Landing::Exception));
    let regs = *stage.regs();
    assert_eq!((regs.eip, regs.cs), (0x500, before.cs));
    let locked = stage.client().hot;
    assert_eq!((regs.ss, locked.locked_depth), (locked.locked_selector, 1));
    let at = locked.locked_base + regs.esp;
    let frame = [0, 4, 8, 12, 16].map(|offset| stage.monitor.host.machine.read_u32(at + offset));
    assert_eq!(frame[2..], [READ, before.eip, before.cs]);
}

#[test]
fn a_fault_that_nobody_handles_ends_the_client_and_nothing_is_lost() {
    let mut stage = Stage::dormant(Facts::default());
    let before = stage.account();
    for round in 1..=3 {
        assert_eq!(stage.enter(), Resume::Guest);
        stage.monitor.host.facts.transfer = (0x3000, 0x2000);
        let block = stage.allocate(0x40_0000 / 8);
        assert_eq!(stage.page_fault(block, WRITE), Resume::Guest);
        assert_eq!(stage.page_fault(0x9000_0000, WRITE), Resume::Guest);
        assert_eq!(stage.monitor.reporter.deaths.len(), round);
        assert_eq!(stage.monitor.reporter.deaths[round - 1], (PAGE_FAULT, 0x9000_0000));
        // DOS is asked to end the process, in real mode, in the client's base slot.
        assert_eq!(stage.slots.index(), 1);
        let regs = *stage.regs();
        assert!(regs.is_v86());
        assert_eq!((regs.ax(), regs.cs << 16 | regs.eip), (0x4CFF, DOS));
        assert_eq!(stage.dos_ends_the_process(), Resume::Dormant);
        assert_eq!((stage.slots.index(), stage.account()), (0, before));
        assert!(stage.monitor.host.clients.iter().all(|client| client.is_none()));
        stage.monitor.host.facts.transfer = (0x3000, 0x2000);
    }
}

#[test]
fn an_end_deep_in_handlers_drops_all_slots_above_the_clients_base() {
    let mut stage = Stage::with_client(Facts::default());
    stage.handle_page_faults();
    for depth in 2..8 {
        assert_eq!(stage.page_fault(0x9000_0000, READ), Resume::Guest);
        assert_eq!(stage.slots.index(), depth);
    }
    stage.regs().set_ax(0x4C05);
    assert_eq!(stage.monitor.interrupt(&mut stage.slots, 0x21, Kind::Software), Resume::Guest);
    assert_eq!((stage.slots.index(), stage.slots.current().landing), (1, Landing::Client));
    assert_eq!((stage.regs().is_v86(), stage.regs().ax()), (true, 0x4C05));
    assert!(stage.monitor.reporter.deaths.is_empty());
    assert_eq!(stage.dos_ends_the_process(), Resume::Dormant);
    assert_eq!(stage.slots.index(), 0);
}

#[test]
fn faults_without_end_run_out_of_stack_or_slots_and_end_the_client_alone() {
    let mut stage = Stage::with_client(Facts::default());
    stage.handle_page_faults();
    for _ in 0..2 * SLOTS {
        assert_eq!(stage.page_fault(0x9000_0000, READ), Resume::Guest);
        if !stage.monitor.reporter.deaths.is_empty() {
            break;
        }
    }
    assert_eq!(stage.monitor.reporter.deaths, [(PAGE_FAULT, 0x9000_0000)]);
    assert_eq!((stage.slots.index(), stage.regs().ax()), (1, 0x4CFF));
}

#[test]
fn a_refused_service_leaves_the_slot_and_memory_as_they_were() {
    let mut stage = Stage::with_client(Facts::default());
    let before = stage.account();
    let regs = stage.regs();
    regs.set_ax(0x0501);
    regs.set_bx_cx(0x7000_0000);
    let registers = *regs;
    assert_eq!(stage.monitor.interrupt(&mut stage.slots, 0x31, Kind::Software), Resume::Guest);
    let mut after = *stage.regs();
    assert_eq!((after.ax(), after.eflags & 1), (0x8013, 1));
    after.set_ax(0x0501);
    after.set_carry(registers.eflags & 1 != 0);
    assert_eq!((after, stage.account(), stage.slots.index()), (registers, before, 1));
}

#[test]
fn the_first_page_is_open_to_real_mode_code_only() {
    let mut stage = Stage::with_client(Facts { protect_page0: true, ..Facts::default() });
    let user = |stage: &Stage| stage.monitor.host.machine.table_entry(0) & crate::x86::entry::USER != 0;
    assert!(!user(&stage), "closed as the client starts");
    stage.handle_page_faults();
    assert_eq!(stage.page_fault(0x46C, READ | 1), Resume::Guest);
    assert_eq!(stage.slots.index(), 2, "the client's touch is its own fault");
    // INT 12h goes to real mode, where the page is opened by the first touch.
    stage.monitor.host.machine.write_u32(0x12 * 4, 0xF000_1234);
    assert_eq!(stage.monitor.interrupt(&mut stage.slots, 0x12, Kind::Software), Resume::Guest);
    assert!(stage.regs().is_v86() && !user(&stage));
    assert_eq!(stage.page_fault(0x413, READ | 1), Resume::Guest);
    assert!(stage.regs().is_v86() && user(&stage));
    assert!(stage.monitor.host.machine.table_entry(1) & crate::x86::entry::USER != 0);
    // It comes back through the RETURN trap.
    let (segment, offset) = stage.monitor.host.facts.site_address(event::RETURN);
    let expected = stage.slots.current().expected;
    let regs = stage.regs();
    (regs.cs, regs.eip) = (segment as u32, offset as u32 + 2);
    (regs.ss, regs.esp) = (expected >> 16, expected & 0xFFFF);
    assert_eq!(stage.monitor.interrupt(&mut stage.slots, 0xF8, Kind::Software), Resume::Guest);
    assert!(!stage.regs().is_v86() && !user(&stage), "closed again");
    assert!(stage.monitor.reporter.deaths.is_empty());
}

/// The client is dying, and DOS's call for it meets an exception that no monitor can carry out.
fn dos_faults(stage: &mut Stage) {
    assert!(stage.regs().is_v86());
    assert_eq!(stage.monitor.interrupt(&mut stage.slots, 0x0D, Kind::Exception), Resume::Guest);
}

#[test]
fn a_client_that_dies_as_dos_ends_it_is_ended_with_the_vectors_of_its_entry() {
    let mut stage = Stage::with_client(Facts::default());
    stage.monitor.host.machine.write_u32(0x21 * 4, 0x1234_0000);
    assert_eq!(stage.page_fault(0x9000_0000, READ), Resume::Guest);
    assert_eq!(stage.regs().cs, 0x1234);
    dos_faults(&mut stage);
    let regs = *stage.regs();
    assert_eq!((regs.ax(), regs.cs << 16 | regs.eip, stage.slots.index()), (0x4CFF, DOS, 1));
    assert_eq!(stage.monitor.host.machine.read_u32(0x21 * 4), DOS);
    assert_eq!(stage.monitor.reporter.deaths, [(PAGE_FAULT, 0x9000_0000), (0x0D, 0x9000_0000)]);
    assert_eq!(stage.dos_ends_the_process(), Resume::Dormant);
}

#[test]
#[should_panic(expected = "DOS cannot end the client")]
fn a_third_death_is_the_machines_end() {
    let mut stage = Stage::with_client(Facts::default());
    assert_eq!(stage.page_fault(0x9000_0000, READ), Resume::Guest);
    dos_faults(&mut stage);
    dos_faults(&mut stage);
}
