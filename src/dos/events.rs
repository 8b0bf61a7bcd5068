//! Event procedures that a client gives to a driver: INT 33h 0Ch, 14h and 18h (mouse), INT 15h C207h (pointing device).
//!
//! The driver gets a real-mode address in the callback table; called there, the procedure runs in protected mode with the
//! driver's registers, null DS and ES, and ends with RETF (`monitor::callback`). When the client ends, the mouse driver gets
//! back what it had before, and the pointing device none; an address that a driver keeps all the same does nothing.
//!
//! The mouse driver is told by 14h, which answers with what it had. On purpose otherwise than the driver: a client that asks
//! for the old procedure by 14h is told its own, or none.

use super::row::{Register, Segment};
use super::span::Trouble;
use super::{merge_ax, merge_flags, real_registers, Step};
use crate::dpmi::translate;
use crate::host::{CallbackKind, Finish, Host, RealCall, RealTarget};
use crate::machine::Machine;
use crate::regs::{FarPointer, Registers, ALWAYS};
use crate::service::Next;

/// The mouse driver's vector and its "exchange event procedures"; the BIOS's, and its "set handler address".
const MOUSE: u8 = 0x33;
const EXCHANGE: u16 = 0x0014;
const ALTERNATE: u16 = 0x0018;
const SYSTEM: u8 = 0x15;
const SET_POINTER: u16 = 0xC207;
/// 18h's answer when it has no room; C207h's status "invalid input".
const NO_ROOM: u16 = 0xFFFF;
const INVALID_INPUT: u16 = 0x0200;

/// What a client has given to drivers.
#[derive(Clone, Copy, Default)]
pub struct Events {
    /// The mouse driver's procedure and the events that it is called for.
    mouse: FarPointer,
    mask: u16,
    /// What the driver had before the client: far pointer (segment in the high half) and events.
    before: Option<(u32, u16)>,
    /// Has the pointing device a procedure of the client's?
    pointer: bool,
}

/// A call that gives a driver an event procedure.
#[derive(Clone, Copy)]
pub(super) struct Event {
    vector: u8,
}

impl Event {
    /// INT 33h or INT 15h.
    pub fn new(vector: u8) -> Self {
        Event { vector }
    }

    /// What tells the procedures of a kind apart: those of 18h by their shift keys and events.
    fn key(self, regs: &Registers) -> (CallbackKind, u32) {
        match (self.vector, regs.ax()) {
            (MOUSE, ALTERNATE) => (CallbackKind::Mouse, 0x1_0000 | regs.cx() as u32),
            (MOUSE, _) => (CallbackKind::Mouse, 0),
            _ => (CallbackKind::Pointer, 0),
        }
    }

    /// The procedure, ES:(E)DX or ES:(E)BX.
    fn procedure<M: Machine>(self, host: &Host<M>, regs: &Registers) -> FarPointer {
        let register = if self.vector == MOUSE { Register::Dx } else { Register::Bx };
        let offset = host.width().offset(register.of(regs));
        FarPointer { offset, selector: Segment::Es.of(regs), reserved: 0 }
    }

    /// Gives the driver an address.
    pub fn start<M: Machine>(&mut self, host: &mut Host<M>, regs: &mut Registers) -> Result<Step, Trouble> {
        let procedure = self.procedure(host, regs);
        let (kind, key) = self.key(regs);
        let (segment, offset) = match procedure.selector & !3 {
            0 => (0, 0),
            _ => match translate::event_address(host, kind, key, procedure) {
                Ok(address) => address,
                Err(_) => {
                    match (self.vector, regs.ax()) {
                        (MOUSE, ALTERNATE) => regs.set_ax(NO_ROOM),
                        (MOUSE, _) => {}
                        _ => {
                            regs.set_ax(INVALID_INPUT);
                            regs.set_carry(true);
                        }
                    }
                    return Ok(Step::Finished);
                }
            },
        };
        let mut real = real_registers(host, regs);
        real.v_es = segment as u32;
        match self.vector {
            MOUSE => {
                real.set_dx(offset);
                if regs.ax() != ALTERNATE {
                    real.set_ax(EXCHANGE);
                }
            }
            _ => real.set_bx(offset),
        }
        Ok(Step::Ask(RealTarget::Interrupt(self.vector), real, 0))
    }

    /// The driver has it.
    pub fn returned<M: Machine>(
        &mut self,
        host: &mut Host<M>,
        regs: &mut Registers,
        real: &Registers,
    ) -> Result<Step, Trouble> {
        let procedure = self.procedure(host, regs);
        let width = host.width();
        let events = &mut host.client().dos.events;
        match (self.vector, regs.ax()) {
            (MOUSE, ALTERNATE) => merge_ax(host, regs, real.eax),
            (MOUSE, ax) => {
                events.before.get_or_insert((real.v_es << 16 | real.edx & 0xFFFF, real.cx()));
                let old = core::mem::replace(&mut events.mouse, procedure);
                let mask = core::mem::replace(&mut events.mask, regs.cx());
                if ax == EXCHANGE {
                    regs.set_cx(mask);
                    Segment::Es.put(regs, old.selector);
                    Register::Dx.put_offset(width, regs, old.offset as u16);
                    if width == crate::regs::Width::Bits32 {
                        regs.edx = old.offset;
                    }
                }
            }
            _ => {
                events.pointer = procedure.selector & !3 != 0 && real.eflags & crate::regs::CARRY == 0;
                merge_ax(host, regs, real.eax);
                merge_flags(regs, real);
            }
        }
        Ok(Step::Finished)
    }
}

/// The call that takes the next of an ending client's procedures back from its driver, if there is one; INT 21h AH=4Ch with
/// AL=`code` follows.
pub fn release<M: Machine + 'static>(host: &mut Host<M>) -> Option<RealCall<M>> {
    let events = &mut host.client().dos.events;
    let (vector, ax, es, offset, cx) = if let Some((pointer, mask)) = events.before.take() {
        (MOUSE, EXCHANGE, pointer >> 16, pointer as u16, mask)
    } else if core::mem::take(&mut events.pointer) {
        (SYSTEM, SET_POINTER, 0, 0, 0)
    } else {
        return None;
    };
    let mut regs = Registers { v_es: es, eflags: ALWAYS, ..Default::default() };
    regs.set_ax(ax);
    regs.set_cx(cx);
    regs.set_bx(offset);
    regs.set_dx(offset);
    let finish = Finish::Then(|_, _, _| Ok(Next::Exit));
    Some(RealCall { target: RealTarget::Interrupt(vector), regs, stack: 0, words: (0, 0), finish })
}
