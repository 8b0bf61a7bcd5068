//! Calls that a description is enough for: copy in, call, copy out, merge the registers.

use super::row::{After, Beside, If, Register, Segment, Shape, Size};
use super::span::{self, Span, Trouble, BAD_POINTER, NO_MEMORY, PATH_NOT_FOUND};
use super::{merge_flags, process, real_registers, transfer, Step};
use crate::host::{Host, RealTarget};
use crate::machine::Machine;
use crate::regs::{Registers, Width, CARRY};

/// Most pointers of a call, the disk transfer area counted.
const POINTERS: usize = 4;
/// The disk transfer area's place among them.
const DTA: usize = POINTERS - 1;

/// One pointer's data in the transfer buffer.
#[derive(Clone, Copy, Default)]
struct Place {
    /// Where the client has it.
    client: Span,
    /// Offset in the transfer buffer.
    offset: u16,
    /// Most bytes that come back.
    capacity: u16,
}

/// Which real-mode call is under way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Ask where the real-mode disk transfer area is.
    AskDta,
    /// Point it to the transfer buffer.
    PointDta,
    /// The call itself.
    Service,
    /// Point the disk transfer area to where it was.
    RestoreDta,
}

/// A call and how far it has come.
#[derive(Clone, Copy)]
pub struct Call {
    vector: u8,
    shape: &'static Shape,
    phase: Phase,
    places: [Place; POINTERS],
    /// Bytes of the transfer buffer in use.
    used: u32,
    /// CX as the service was given it.
    count: u16,
    /// The real-mode disk transfer area: paragraph and offset.
    old_dta: (u16, u16),
    /// What the service returned, while the disk transfer area is restored.
    result: Registers,
}

impl Call {
    /// A call that has not begun.
    pub fn new(vector: u8, shape: &'static Shape) -> Self {
        let phase = if shape.dta.is_some() { Phase::AskDta } else { Phase::Service };
        Call {
            vector,
            shape,
            phase,
            places: [Place::default(); POINTERS],
            used: 0,
            count: 0,
            old_dta: (0, 0),
            result: Registers::default(),
        }
    }

    /// Checks all pointers, copies in, and asks for the first call.
    pub fn start<M: Machine>(&mut self, host: &mut Host<M>, regs: &Registers) -> Result<Step, Trouble> {
        self.count = regs.cx();
        let mut lengths = [0; POINTERS];
        for (number, pointer) in self.shape.pointers.iter().enumerate() {
            let offset = host.width().offset(pointer.offset.of(regs));
            let at = span::span(host, pointer.segment.of(regs), offset)?;
            lengths[number] = self.lay_out(host, regs, number, at, (pointer.input, pointer.output))?;
        }
        if let Some(sizes) = self.shape.dta {
            let at = process::dta(host)?;
            lengths[DTA] = self.lay_out(host, regs, DTA, at, sizes)?;
        }

        let base = transfer(host);
        for (place, length) in self.places.iter().zip(lengths) {
            if length != 0 {
                host.machine.copy(place.client.linear, base + place.offset as u32, length);
            }
        }
        match self.phase {
            Phase::AskDta => Ok(self.ask_dos(host, regs, 0x2F00, 0, 0)),
            _ => self.service(host, regs),
        }
    }

    /// Gives one pointer's data its place; says how many bytes are copied there. Nothing is written yet.
    fn lay_out<M: Machine>(
        &mut self,
        host: &mut Host<M>,
        regs: &Registers,
        number: usize,
        client: Span,
        (input, output): (Size, Size),
    ) -> Result<u32, Trouble> {
        let room = host.facts.transfer.1.min(0x1_0000) - self.used;
        let length = length_in(host, regs, client, input)?;
        if length > room {
            return Err(Trouble::Fail(NO_MEMORY));
        }
        span::readable(host, client, length)?;
        let capacity = match output {
            Size::Nothing => 0,
            // What comes back of a variable size is cut to what there is room for, on both sides.
            Size::Text(most) => (most as u32).min(client.room).min(room),
            Size::AtMost(most) => span::reach(host, client, (most as u32).min(room), true)?,
            Size::Cx | Size::Ax => span::reach(host, client, (self.count as u32).min(room), true)?,
            Size::Line => length,
            fixed => length_in(host, regs, client, fixed)?,
        };
        if capacity > room {
            return Err(Trouble::Fail(NO_MEMORY));
        }
        if matches!(output, Size::Cx | Size::Ax) {
            self.count = capacity as u16;
        }
        let certain = if matches!(output, Size::Text(_)) { capacity.min(1) } else { capacity };
        span::writable(host, client, certain)?;
        // What comes back goes in as well: a service may fill less than there is, or nothing where it fails without carry.
        let length = match output {
            Size::Text(_) => length.max(span::reach(host, client, capacity, false)?),
            _ => length.max(capacity),
        };
        self.places[number] = Place { client, offset: self.used as u16, capacity: capacity as u16 };
        self.used += (length.max(capacity) + 15) & !15;
        self.used = self.used.min(host.facts.transfer.1);
        Ok(length)
    }

    /// The call itself.
    fn service<M: Machine>(&mut self, host: &mut Host<M>, regs: &Registers) -> Result<Step, Trouble> {
        self.phase = Phase::Service;
        let mut real = real_registers(host, regs);
        real.set_cx(self.count);
        for (pointer, place) in self.shape.pointers.iter().zip(&self.places) {
            pointer.offset.put_low(&mut real, place.offset);
        }
        let mut target = RealTarget::Interrupt(self.vector);
        if let Beside::Paragraph(register) | Beside::ParagraphFromPsp(register) = self.shape.beside {
            let paragraph = process::paragraph(host, register.of(regs) as u16);
            register.put_low(&mut real, paragraph);
        }
        if let Beside::ParagraphFromPsp(_) = self.shape.beside {
            target = process::from_psp(host).unwrap_or(target);
        }
        Ok(Step::Ask(target, real, self.used))
    }

    /// A DOS call about the disk transfer area.
    fn ask_dos<M: Machine>(&self, host: &Host<M>, regs: &Registers, ax: u16, ds: u16, dx: u16) -> Step {
        let mut real = real_registers(host, regs);
        real.set_ax(ax);
        real.set_dx(dx);
        if ds != 0 {
            real.v_ds = ds as u32;
        }
        Step::Ask(RealTarget::Interrupt(0x21), real, self.used)
    }

    /// DOS has returned from the call of this phase.
    pub fn returned<M: Machine>(
        &mut self,
        host: &mut Host<M>,
        regs: &mut Registers,
        real: &Registers,
    ) -> Result<Step, Trouble> {
        match self.phase {
            Phase::AskDta => {
                self.old_dta = (real.v_es as u16, real.bx());
                self.phase = Phase::PointDta;
                Ok(self.ask_dos(host, regs, 0x1A00, host.facts.transfer.0, self.places[DTA].offset))
            }
            Phase::PointDta => self.service(host, regs),
            Phase::Service if self.shape.dta.is_some() => {
                self.result = *real;
                self.phase = Phase::RestoreDta;
                Ok(self.ask_dos(host, regs, 0x1A00, self.old_dta.0, self.old_dta.1))
            }
            Phase::Service => self.finish(host, regs, real),
            Phase::RestoreDta => {
                let result = self.result;
                self.finish(host, regs, &result)
            }
        }
    }

    /// Copies out, as real mode has it whether the service succeeded or not (a disk's sectors up to a bad one), and merges the registers.
    /// Changes nothing before all pages are there.
    fn finish<M: Machine>(
        &mut self,
        host: &mut Host<M>,
        regs: &mut Registers,
        real: &Registers,
    ) -> Result<Step, Trouble> {
        let succeeded = !self.reports_by_carry(regs) || real.eflags & CARRY == 0;
        self.copy_out(host, real)?;
        let selector = self.selector_beside(host, real, succeeded)?;

        let had = *regs;
        merge_general(self.gives_32_bits(host.width()), regs, real);
        if real.cx() == self.count {
            regs.ecx = had.ecx;
        }
        for (pointer, place) in self.shape.pointers.iter().zip(&self.places) {
            let after = match pointer.after {
                After::Returned if !succeeded => After::Kept,
                after => after,
            };
            restore(host.width(), (pointer.offset, after), place, regs, &had, real);
        }
        match self.shape.beside {
            Beside::Pointer(segment, register, _) => {
                if let Some(selector) = selector {
                    segment.put(regs, selector);
                    register.put_offset(host.width(), regs, register.of(real) as u16);
                }
            }
            Beside::Segment(segment) => {
                if let Some(selector) = selector {
                    segment.put(regs, selector);
                }
            }
            Beside::Psp => regs.set_bx(selector.unwrap_or(0)),
            Beside::Paragraph(register) | Beside::ParagraphFromPsp(register) => {
                register.put(regs, register.of(&had));
            }
            Beside::Nothing => {}
        }
        merge_flags(regs, real);
        Ok(Step::Finished)
    }

    fn copy_out<M: Machine>(&self, host: &mut Host<M>, real: &Registers) -> Result<(), Trouble> {
        let base = transfer(host);
        let mut lengths = [0; POINTERS];
        let outputs = self.shape.pointers.iter().map(|pointer| pointer.output).enumerate();
        for (number, output) in outputs.chain(self.shape.dta.map(|(_, output)| (DTA, output))) {
            let place = &self.places[number];
            let from = base + place.offset as u32;
            lengths[number] = length_out(host, real, from, place.capacity as u32, output);
            span::writable(host, place.client, lengths[number])?;
        }
        for (place, length) in self.places.iter().zip(lengths) {
            if length != 0 {
                host.machine.copy(base + place.offset as u32, place.client.linear, length);
            }
        }
        Ok(())
    }

    /// The selector for a segment that came back.
    fn selector_beside<M: Machine>(
        &self,
        host: &mut Host<M>,
        real: &Registers,
        succeeded: bool,
    ) -> Result<Option<u16>, Trouble> {
        // A service that leaves the register as it was has returned nothing: fixed disks have no table in 08h, say.
        let returned = |segment: Segment| {
            Some(segment.paragraph_of(real)).filter(|&paragraph| paragraph != host.facts.transfer.0)
        };
        let paragraph = match self.shape.beside {
            Beside::Pointer(segment, _, condition) => {
                let is_one = match condition {
                    If::Success => succeeded,
                    If::Al(value) => real.al() == value,
                    If::AlNot(value) => real.al() != value,
                };
                returned(segment).filter(|_| is_one)
            }
            Beside::Segment(segment) => returned(segment).filter(|_| succeeded),
            Beside::Psp => return process::psp_selector(host, real.bx()).map(Some),
            _ => None,
        };
        paragraph.map(|paragraph| process::selector(host, paragraph)).transpose()
    }

    /// Does the service return 32-bit registers? Only INT 15h does. Of the others a BIOS beneath DOS leaves its own values in
    /// the upper halves, which belong to the client.
    fn gives_32_bits(&self, width: Width) -> bool {
        self.vector == 0x15 && width == Width::Bits32
    }

    /// Does the service report failure by carry? DOS does from function 38h on, but for those that cannot fail, and the BIOS's
    /// disk and system services.
    fn reports_by_carry(&self, regs: &Registers) -> bool {
        match self.vector {
            0x21 => regs.ah() >= 0x38 && !matches!(regs.ah(), 0x50..=0x53 | 0x55 | 0x59 | 0x62 | 0x63),
            0x13 | 0x15 => true,
            _ => false,
        }
    }
}

/// Bytes that go in.
fn length_in<M: Machine>(host: &mut Host<M>, regs: &Registers, at: Span, size: Size) -> Result<u32, Trouble> {
    Ok(match size {
        Size::Nothing => 0,
        Size::Bytes(bytes) => bytes as u32,
        Size::AtMost(most) => span::reach(host, at, most as u32, false)?,
        Size::Text(most) => text_length(host, at, most as u32)?,
        Size::TwoTexts(most) => {
            let first = text_length(host, at, most as u32)?;
            if first >= at.room {
                return Err(Trouble::Fail(BAD_POINTER));
            }
            first + text_length(host, at.after(first), most as u32)?
        }
        Size::Cx | Size::Ax => regs.cx() as u32,
        Size::ThreeCx => regs.cx() as u32 * 3,
        Size::FourCx => regs.cx() as u32 * 4,
        Size::CxTimesBh => regs.cx() as u32 * (regs.ebx >> 8 & 0xFF),
        Size::Cells => (regs.cx() as u32) << (regs.eax >> 1 & 1),
        Size::BxBytes => regs.bx() as u32,
        Size::Masks => (regs.ebx >> 8 & 0xFF) * (regs.ecx >> 8 & 0xFF) * 4,
        Size::Sectors => (regs.al() as u32) << 9,
        Size::Frames => (regs.dx() as u32) << 11,
        Size::Line => {
            span::readable(host, at, 1)?;
            host.machine.read_u8(at.linear) as u32 + 2
        }
        Size::Fcb => fcb_length(host, at)?,
        Size::Record => record_length(host, regs)?,
        Size::Records => record_length(host, regs)?.saturating_mul(regs.cx() as u32),
    })
}

fn text_length<M: Machine>(host: &mut Host<M>, at: Span, most: u32) -> Result<u32, Trouble> {
    span::text(host, at, most, 0)?.ok_or(Trouble::Fail(PATH_NOT_FOUND))
}

/// Bytes of a file control block: 7 more when it is an extended one.
fn fcb_length<M: Machine>(host: &mut Host<M>, at: Span) -> Result<u32, Trouble> {
    span::readable(host, at, 1)?;
    Ok(if host.machine.read_u8(at.linear) == 0xFF { 44 } else { 37 })
}

/// Record size of the opened FCB at DS:DX.
fn record_length<M: Machine>(host: &mut Host<M>, regs: &Registers) -> Result<u32, Trouble> {
    let offset = host.width().offset(regs.edx);
    let at = span::span(host, Segment::Ds.of(regs), offset)?;
    let length = fcb_length(host, at)?;
    span::readable(host, at, length)?;
    let record = host.machine.read_u16(at.linear.wrapping_add(length - 37 + 14));
    Ok(if record == 0 { 128 } else { record as u32 })
}

/// Bytes that come back.
fn length_out<M: Machine>(host: &Host<M>, real: &Registers, from: u32, capacity: u32, size: Size) -> u32 {
    match size {
        Size::Text(_) => {
            let end = (0..capacity).find(|&byte| host.machine.read_u8(from + byte) == 0);
            end.map_or(capacity, |end| end + 1)
        }
        Size::Cx => (real.cx() as u32).min(capacity),
        Size::Ax => (real.ax() as u32).min(capacity),
        _ => capacity,
    }
}

/// Takes over the general registers: their low halves, or all of them if `wide`.
fn merge_general(wide: bool, regs: &mut Registers, real: &Registers) {
    let mask = if wide { u32::MAX } else { 0xFFFF };
    let merge = |old: &mut u32, new: u32| *old = *old & !mask | new & mask;
    merge(&mut regs.eax, real.eax);
    merge(&mut regs.ebx, real.ebx);
    merge(&mut regs.ecx, real.ecx);
    merge(&mut regs.edx, real.edx);
    merge(&mut regs.esi, real.esi);
    merge(&mut regs.edi, real.edi);
    merge(&mut regs.ebp, real.ebp);
}

/// Gives an offset register back its meaning in the client.
fn restore(
    width: Width,
    (register, after): (Register, After),
    place: &Place,
    regs: &mut Registers,
    had: &Registers,
    real: &Registers,
) {
    let before = register.of(had);
    match after {
        After::Kept => register.put(regs, before),
        After::Returned => {}
        After::Advanced => {
            let moved = (register.of(real) as u16).wrapping_sub(place.offset);
            match width {
                Width::Bits16 => register.put_low(regs, (before as u16).wrapping_add(moved)),
                Width::Bits32 => register.put(regs, before.wrapping_add(moved as u32)),
            }
        }
    }
}
