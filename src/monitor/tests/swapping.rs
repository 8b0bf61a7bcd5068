//! Pages in the swap file, with a DOS that is played: what waits for a page, and clients that end meanwhile.

use std::collections::BTreeMap;

use super::*;
use crate::host::Host;
use crate::landing;
use crate::layout::{ResidentInfo, SEL_LANDING32};
use crate::paging::page::Page;
use crate::paging::pager::Swap;
use crate::paging::swap;
use crate::regs::INTERRUPT;

mod foreign;

/// Paragraph of what DOS allocates for the demand buffer and its PSP.
const BLOCK: u16 = 0x4000;
/// The InDOS flag.
const INDOS: u32 = 0x60_0011;
/// More pages than there are frames.
const PAGES: u32 = FRAMES + 60;
const PAGE: u32 = 4096;

/// DOS, as far as the swap file's calls go.
#[derive(Default)]
struct Dos {
    file: BTreeMap<u32, Vec<u8>>,
    position: u32,
    calls: Vec<u16>,
    /// Transfers that fail yet.
    away: u32,
}

impl Stage {
    /// A client of which a part must always be in the file.
    fn swapping() -> Stage {
        let mut stage = Stage::dormant(Facts::default());
        let host = &mut stage.monitor.host;
        host.machine.write_u32(RESIDENT + core::mem::offset_of!(ResidentInfo, indos) as u32, INDOS);
        host.swap_file.allowed = true;
        let buffer = (BLOCK as u32 + 0x90) << 4;
        host.memory.swap = Some(Swap::new(swap::Slots::new(256), buffer, 8));
        assert!(host.memory.swap_grown(256));
        assert_eq!(stage.enter(), Resume::Guest);
        stage
    }

    /// Is DOS called in the current slot?
    fn in_dos(&mut self) -> bool {
        let regs = self.regs();
        regs.is_v86() && regs.cs << 16 | regs.eip == DOS
    }

    /// DOS answers one call and returns.
    fn dos_answers(&mut self, dos: &mut Dos) -> Resume {
        assert!(self.in_dos());
        let mut regs = *self.regs();
        let (ax, count) = (regs.ax(), regs.cx() as u32);
        dos.calls.push(ax);
        let at = (regs.v_ds << 4) + (regs.edx & 0xFFFF);
        let mut answer = ax;
        let refused = dos.away > 0 && matches!(ax, 0x3F00 | 0x4000);
        match ax {
            _ if refused => (dos.away, answer) = (dos.away - 1, 5),
            0x4800 => answer = BLOCK,
            0x5100 => regs.set_bx(PSP as u16),
            0x4200 => dos.position = (regs.ecx & 0xFFFF) << 16 | regs.edx & 0xFFFF,
            0x4000 => {
                let mut bytes = vec![0; count as usize];
                self.monitor.host.machine.read_bytes(at, &mut bytes);
                for (page, bytes) in bytes.chunks(PAGE as usize).enumerate() {
                    dos.file.insert(dos.position + page as u32 * PAGE, bytes.to_vec());
                }
                (dos.position, answer) = (dos.position + count, count as u16);
            }
            0x3F00 => {
                for page in (0..count).step_by(PAGE as usize) {
                    let bytes =
                        dos.file.get(&(dos.position + page)).expect("a place that was written").clone();
                    self.monitor.host.machine.write_bytes(at + page, &bytes);
                }
                (dos.position, answer) = (dos.position + count, count as u16);
            }
            0x5800 | 0x5801 | 0x5900 | 0x5D0A | 0x3302 | 0x3301 | 0x5000 | 0x3E00 | 0x4100 | 0x4900 => {}
            other => panic!("DOS call {other:04X}"),
        }
        regs.set_ax(answer);
        regs.set_carry(refused);
        let (segment, offset) = self.monitor.host.facts.site_address(event::RETURN);
        let expected = self.slots.current().expected;
        (regs.cs, regs.eip) = (segment as u32, offset as u32 + 2);
        (regs.ss, regs.esp) = (expected >> 16, expected & 0xFFFF);
        *self.regs() = regs;
        self.monitor.interrupt(&mut self.slots, 0xF8, Kind::Software)
    }

    /// DOS answers until the client goes on.
    fn dos_works(&mut self, dos: &mut Dos) {
        for _ in 0..1000 {
            if !self.in_dos() {
                return;
            }
            assert_eq!(self.dos_answers(dos), Resume::Guest);
        }
        panic!("no end of DOS calls");
    }

    /// The client writes to an address of its own.
    fn touch(&mut self, dos: &mut Dos, linear: u32) {
        for _ in 0..4 {
            if self.monitor.host.machine.is_mapped(linear, true) {
                return;
            }
            assert_eq!(self.page_fault(linear, WRITE), Resume::Guest);
            self.dos_works(dos);
        }
        panic!("{linear:08X} does not come in");
    }

    /// The same for a read.
    fn touch_to_read(&mut self, dos: &mut Dos, linear: u32) {
        if !self.monitor.host.machine.is_mapped(linear, false) {
            assert_eq!(self.page_fault(linear, READ), Resume::Guest);
            self.dos_works(dos);
        }
    }

    /// A block larger than memory, all of it touched; and one of its pages that is in the file now.
    fn overcommit(&mut self, dos: &mut Dos) -> (u32, u32) {
        let block = self.allocate(PAGES * PAGE);
        for page in 0..PAGES {
            self.touch(dos, block + page * PAGE);
            self.monitor.host.machine.write_u32(block + page * PAGE, block + page * PAGE);
        }
        (block, self.gone(block))
    }

    /// Writes to a page of the current client's that is in the file: it would have gone there so.
    fn write_in_file(&mut self, dos: &mut Dos, linear: u32, values: &[u32]) {
        let Host { clients, machine, current, .. } = &mut self.monitor.host;
        let space = &clients[*current as usize].as_ref().unwrap().space;
        let Page::Swapped { slot, .. } = space.page_anywhere(machine, linear) else {
            panic!("not in the file")
        };
        let page = dos.file.get_mut(&swap::file_offset(slot)).expect("a place that was written");
        let at = (linear % PAGE) as usize;
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        page[at..at + bytes.len()].copy_from_slice(&bytes);
    }

    fn gone(&self, block: u32) -> u32 {
        let machine = &self.monitor.host.machine;
        let gone = (0..PAGES).map(|page| block + page * PAGE).find(|&at| !machine.is_mapped(at, false));
        gone.expect("a page in the file")
    }

    /// A flat data selector.
    fn flat(&mut self) -> u32 {
        let before = *self.regs();
        for (ax, bx, cx, dx) in [(0, 0, 1, 0), (8, 0, 0xFFFF, 0xFFFF), (9, 0, 0xC0F3, 0)] {
            let selector = self.regs().ax();
            let regs = self.regs();
            regs.set_bx(if ax == 0 { bx } else { selector });
            regs.set_ax(ax);
            regs.set_cx(cx);
            regs.set_dx(dx);
            assert_eq!(self.monitor.interrupt(&mut self.slots, 0x31, Kind::Software), Resume::Guest);
            let regs = self.regs();
            assert_eq!(regs.eflags & 1, 0, "{ax:04X}: {:04X}", regs.ax());
            if ax != 0 {
                let selector = regs.bx();
                regs.set_ax(selector);
            }
        }
        let selector = self.regs().ax() as u32;
        *self.regs() = before;
        selector
    }
}

#[test]
fn pages_come_back_from_the_file_as_they_went() {
    let (mut stage, mut dos) = (Stage::swapping(), Dos::default());
    let (block, _) = stage.overcommit(&mut dos);
    for page in (0..PAGES).map(|number| block + number * PAGE) {
        stage.touch(&mut dos, page);
        assert_eq!(stage.monitor.host.machine.read_u32(page), page);
    }
    assert!(dos.calls.contains(&0x3F00) && stage.monitor.reporter.deaths.is_empty());
}

#[test]
fn a_client_waits_for_a_disk_that_is_away_and_not_for_ever() {
    const CLOCK: u32 = 0x46C;
    let (mut stage, mut dos) = (Stage::swapping(), Dos::default());
    let (block, gone) = stage.overcommit(&mut dos);
    dos.away = 60;
    stage.touch(&mut dos, gone);
    assert_eq!((dos.away, stage.monitor.host.machine.read_u32(gone)), (0, gone));
    assert_eq!((stage.monitor.reporter.told.len(), stage.monitor.reporter.deaths.len()), (1, 0));
    let gone = stage.gone(block);
    dos.away = u32::MAX;
    assert_eq!(stage.page_fault(gone, READ), Resume::Guest);
    let mut calls = 0;
    while stage.monitor.reporter.deaths.is_empty() {
        let now = stage.monitor.host.machine.read_u32(CLOCK);
        stage.monitor.host.machine.write_u32(CLOCK, now + 1);
        assert_eq!(stage.dos_answers(&mut dos), Resume::Guest);
        calls += 1;
    }
    // Fifteen seconds, and the calls of the try under way.
    assert!((273..400).contains(&calls), "{calls} ticks");
    assert_eq!((stage.monitor.reporter.told.len(), stage.monitor.reporter.deaths[0]), (2, (0x0E, gone)));
    assert_eq!(stage.monitor.host.death_note, "A page of it cannot be read from the swap file.");
}

#[test]
fn a_handler_that_chains_from_a_stack_in_the_file_chains_once_the_stack_is_there() {
    let (mut stage, mut dos) = (Stage::swapping(), Dos::default());
    let flat = stage.flat();
    let (_, gone) = stage.overcommit(&mut dos);
    let selector = stage.regs().cs as u16;
    stage.client().exceptions[0x0D] = FarPointer { selector, offset: 0x700, ..Default::default() };
    let place = *stage.regs();
    // The handler's frame, with its return address below, will be on a stack of the handler's own.
    let frame = [
        landing::EXCEPTION_RETURN,
        SEL_LANDING32,
        0x18,
        place.eip,
        place.cs,
        place.eflags,
        place.esp,
        place.ss,
    ];
    stage.write_in_file(&mut dos, gone + 0x800, &frame);
    stage.regs().error = 0x18;
    assert_eq!(stage.monitor.interrupt(&mut stage.slots, 0x0D, Kind::Exception), Resume::Guest);
    assert_eq!(stage.slots.current().landing, Landing::Exception);
    let site = landing::EXCEPTIONS + 2 * 0x0D;
    let regs = stage.regs();
    (regs.ss, regs.esp, regs.cs, regs.eip) = (flat, gone + 0x800, SEL_LANDING32, site + 2);
    regs.eax = 0x5555;
    assert_eq!(stage.monitor.interrupt(&mut stage.slots, 0xF9, Kind::Software), Resume::Guest);
    assert!(stage.in_dos(), "the page is asked for");
    stage.dos_works(&mut dos);
    let regs = *stage.regs();
    assert_eq!((regs.esp, regs.eip, regs.cs), (gone + 0x800, site, SEL_LANDING32), "the landing runs again");
    assert!(stage.monitor.reporter.deaths.is_empty());
    stage.regs().eip += 2;
    assert_eq!(stage.monitor.interrupt(&mut stage.slots, 0xF9, Kind::Software), Resume::Guest);
    assert_eq!(stage.monitor.reporter.deaths.len(), 1, "the default action is the client's end");
    assert_eq!(stage.monitor.reporter.deaths[0].0, 0x0D);
    assert_eq!((stage.slots.index(), stage.regs().ax()), (1, 0x4CFF));
}

/// The client's page is wanted; DOS has answered `calls` calls for it when an IRQ comes, which the client handles.
fn interrupted_transfer(stage: &mut Stage, dos: &mut Dos, calls: usize) {
    let selector = stage.regs().cs as u16;
    stage.client().vectors[8] = FarPointer { selector, offset: 0x600, ..Default::default() };
    stage.monitor.host.refresh_hooks();
    let (_, gone) = stage.overcommit(dos);
    assert_eq!(stage.page_fault(gone, WRITE), Resume::Guest);
    for _ in 0..calls {
        assert_eq!(stage.dos_answers(dos), Resume::Guest);
        assert!(stage.in_dos());
    }
    stage.regs().eflags |= INTERRUPT;
    assert_eq!(stage.monitor.interrupt(&mut stage.slots, 8, Kind::Irq), Resume::Guest);
    assert_eq!((stage.regs().is_v86(), stage.regs().eip), (false, 0x600));
}

#[test]
fn a_client_that_ends_in_a_handler_amid_a_transfer_ends_when_dos_is_done() {
    for calls in 0..8 {
        for dies in [false, true] {
            let (mut stage, mut dos) = (Stage::swapping(), Dos::default());
            interrupted_transfer(&mut stage, &mut dos, calls);
            let resume = if dies {
                stage.page_fault(0xA000_0000, WRITE)
            } else {
                stage.regs().set_ax(0x4C07);
                stage.monitor.interrupt(&mut stage.slots, 0x21, Kind::Software)
            };
            assert_eq!(resume, Resume::Guest);
            assert!(stage.in_dos(), "DOS goes on with the transfer");
            while stage.slots.index() > 1 {
                assert_eq!(stage.dos_answers(&mut dos), Resume::Guest);
            }
            assert_eq!(stage.regs().ax(), if dies { 0x4CFF } else { 0x4C07 });
            assert_eq!(stage.monitor.reporter.deaths.len(), dies as usize);
            assert!(!stage.monitor.host.swap_file.busy);
            assert_eq!(stage.dos_ends_the_process(), Resume::Dormant);
        }
    }
}

#[test]
fn a_client_that_dies_in_dos_amid_a_transfer_is_ended_with_its_own_process_current() {
    for calls in 0..8 {
        let (mut stage, mut dos) = (Stage::swapping(), Dos::default());
        let (_, gone) = stage.overcommit(&mut dos);
        assert_eq!(stage.page_fault(gone, WRITE), Resume::Guest);
        for _ in 0..calls {
            assert_eq!(stage.dos_answers(&mut dos), Resume::Guest);
        }
        let psp_was_changed = dos.calls.iter().rev().take(calls).any(|&ax| ax == 0x5100);
        dos.calls.clear();
        dos_faults(&mut stage);
        while stage.slots.index() > 1 {
            assert_eq!(stage.dos_answers(&mut dos), Resume::Guest);
        }
        assert_eq!(stage.regs().ax(), 0x4CFF, "after {calls} calls");
        assert_eq!(dos.calls.contains(&0x5000), psp_was_changed, "after {calls} calls");
        assert!(!stage.monitor.host.swap_file.busy);
        assert_eq!(stage.dos_ends_the_process(), Resume::Dormant);
    }
}

#[test]
fn a_resident_client_that_ends_amid_a_transfer_is_given_up_when_dos_is_done() {
    for calls in 0..8 {
        let (mut stage, mut dos) = (Stage::swapping(), Dos::default());
        let before = stage.monitor.host.current;
        interrupted_transfer(&mut stage, &mut dos, calls);
        // It is another program that called it.
        stage.client().outlives = true;
        stage.regs().set_ax(0x4C09);
        assert_eq!(stage.monitor.interrupt(&mut stage.slots, 0x21, Kind::Software), Resume::Guest);
        assert!(stage.in_dos(), "DOS goes on with the transfer");
        for _ in 0..60 {
            if stage.monitor.host.clients[before as usize].is_none() || stage.regs().ax() == 0x4C09 {
                break;
            }
            let _ = stage.dos_answers(&mut dos);
        }
        assert_eq!(
            stage.regs().ax(),
            0x4C09,
            "DOS is asked to end the program that called, after {calls} calls"
        );
        assert!(stage.regs().is_v86());
        assert!(stage.monitor.host.clients.iter().all(|client| client.is_none()), "after {calls} calls");
        assert!(!stage.monitor.host.swap_file.busy);
        assert!(!stage.monitor.is_active());
    }
}

#[test]
fn an_interrupt_whose_stack_is_in_the_file_runs_again_at_its_own_instruction() {
    // A division by zero is at CS:EIP; INT3 and INTO have one byte, others two.
    for (vector, code, kind, length) in [
        (0x00, [0, 0], Kind::Exception, 0),
        (0x03, [0, 0xCC], Kind::Software, 1),
        (0x03, [0xCD, 0x03], Kind::Software, 2),
        (0x04, [0, 0xCE], Kind::Software, 1),
        (0x60, [0xCD, 0x60], Kind::Software, 2),
    ] {
        let (mut stage, mut dos) = (Stage::swapping(), Dos::default());
        let flat = stage.flat();
        let (_, gone) = stage.overcommit(&mut dos);
        let place = *stage.regs();
        stage.client().vectors[vector as usize] =
            FarPointer { selector: place.cs as u16, offset: 0x700, ..Default::default() };
        let selector = place.cs as u16 >> 3;
        let base =
            Descriptor(stage.monitor.host.machine.descriptor(stage.monitor.host.current, selector)).base();
        stage.monitor.host.machine.write_bytes(base + place.eip - 2, &code);
        (stage.regs().ss, stage.regs().esp) = (flat, gone + 0x800);
        assert_eq!(stage.monitor.interrupt(&mut stage.slots, vector, kind), Resume::Guest);
        assert!(stage.in_dos(), "the page is asked for");
        stage.dos_works(&mut dos);
        assert!(stage.monitor.reporter.deaths.is_empty());
        let regs = *stage.regs();
        assert_eq!((regs.eip, regs.esp), (place.eip - length, gone + 0x800), "{vector:02X} {code:02X?}");
    }
}
