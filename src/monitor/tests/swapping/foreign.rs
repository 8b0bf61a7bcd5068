//! A client maps another client's pages that are in the swap file (by debug calls): they come in, then the service runs again.

use super::*;
use crate::regs::{CARRY, VIRTUAL};

/// Where they are mapped: one page before the end of a page table.
const AT: u32 = 0x240_0000 - PAGE;
const BUSY: u16 = 0x8002;
const TOO_MUCH: u16 = 0x8013;

impl Stage {
    /// Another client, of the same program, above the one that runs.
    fn enter_above(&mut self, dos: &mut Dos) {
        let outer = self.monitor.host.current;
        self.monitor.host.machine.write_u32((PROGRAM << 4) + 0x1000, PROGRAM << 16 | 0x123);
        self.slots.push().unwrap().outer_client = outer;
        *self.regs() = Registers {
            eax: 1,
            cs: RESIDENT >> 4,
            eip: 0x210,
            ss: PROGRAM,
            esp: 0x1000,
            v_ds: PROGRAM,
            v_es: HOST_DATA,
            eflags: VIRTUAL | 0x202,
            ..Registers::default()
        };
        assert_eq!(self.monitor.dpmi_entry(&mut self.slots), Resume::Guest);
        self.dos_works(dos);
        assert_ne!(self.monitor.host.current, outer);
    }

    fn state(&self, client: u8, linear: u32) -> Page {
        let host = &self.monitor.host;
        host.clients[client as usize].as_ref().unwrap().space.page_anywhere(&host.machine, linear)
    }

    /// Asks for pages of client 0, at [`AT`].
    fn ask(&mut self, from: u32, pages: u32, shared: bool) {
        let regs = self.regs();
        (regs.eax, regs.ebx, regs.ecx, regs.edx, regs.edi) = (0xFE03, from, pages, 2 | shared as u32, AT);
        regs.eflags &= !CARRY;
        assert_eq!(self.monitor.interrupt(&mut self.slots, 0x31, Kind::Software), Resume::Guest);
    }

    /// What the call has answered: the address, or a code.
    fn answer(&mut self) -> Result<u32, u16> {
        assert!(!self.in_dos() && self.monitor.reporter.deaths.is_empty());
        let regs = *self.regs();
        if regs.eflags & CARRY == 0 {
            Ok(regs.ebx)
        } else {
            Err(regs.ax())
        }
    }

    /// Client 0 with more than memory holds, above it client 1, which runs; client 0's block, and 12 pages of it of which the
    /// fourth is in the file.
    fn two() -> (Stage, Dos, u32, u32) {
        let (mut stage, mut dos) = (Stage::swapping(), Dos::default());
        let (block, _) = stage.overcommit(&mut dos);
        stage.enter_above(&mut dos);
        let out = (3..PAGES - 12)
            .map(|page| block + page * PAGE)
            .find(|&at| matches!(stage.state(0, at), Page::Swapped { .. }));
        (stage, dos, block, out.unwrap() - 3 * PAGE)
    }
}

#[test]
fn another_clients_pages_come_in_from_the_file_to_be_mapped() {
    for shared in [true, false] {
        let (mut stage, mut dos, _, from) = Stage::two();
        let (id, before) = (stage.monitor.host.current, dos.calls.len());
        stage.ask(from, 12, shared);
        assert!(stage.in_dos());
        let owner = stage.monitor.host.swap_file.request.client;
        assert_eq!((owner, stage.monitor.host.swap_file.waiting()), (0, Some(id)));
        stage.dos_works(&mut dos);
        assert_eq!(stage.answer(), Ok(AT));
        assert!(dos.calls[before..].contains(&0x3F00));
        for page in 0..12 {
            stage.touch_to_read(&mut dos, AT + page * PAGE);
            assert_eq!(stage.monitor.host.machine.read_u32(AT + page * PAGE), from + page * PAGE);
        }
        stage.touch(&mut dos, AT + 3 * PAGE);
        stage.monitor.host.machine.write_u32(AT + 3 * PAGE, 0x1234);
        stage.monitor.switch_client(0);
        let want = if shared { 0x1234 } else { from + 3 * PAGE };
        assert_eq!(stage.monitor.host.machine.read_u32(from + 3 * PAGE), want);
    }
}

#[test]
fn another_clients_page_that_cannot_come_in_is_a_refusal() {
    let (mut stage, mut dos, block, from) = Stage::two();
    let indos = (INDOS >> 16 << 4) + (INDOS & 0xFFFF);
    stage.monitor.host.machine.write_u8(indos, 1);
    stage.ask(from, 12, true);
    assert_eq!(stage.answer(), Err(BUSY));
    assert!(matches!(stage.state(0, from + 3 * PAGE), Page::Swapped { .. }));
    stage.monitor.host.machine.write_u8(indos, 0);
    // Pages that do not fit at once would push each other out for ever.
    stage.ask(block, FRAMES, true);
    assert_eq!(stage.answer(), Err(TOO_MUCH));
    // A page of one's own that is asked for next is one's own again.
    let own = stage.allocate(4 * PAGE);
    stage.touch(&mut dos, own);
    assert_eq!(stage.monitor.host.wanted_of, None);
    stage.ask(from, 12, true);
    stage.dos_works(&mut dos);
    assert_eq!(stage.answer(), Ok(AT));
}
