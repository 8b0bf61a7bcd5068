//! Reads the one instruction that faulted, when it is one that the monitor carries out for its guests.
//!
//! Ring-3 clients and virtual-8086 code share this decoder; only the code's default size tells them apart. It
//! knows the privileged and IOPL-sensitive instructions, the software interrupts, port I/O and BOUND (vector 05h
//! needs a look at the opcode), and nothing else: [`decode`] answers `None` to every other instruction, to those
//! that the CPU would refuse with #UD (a LOCK prefix, a register where memory is demanded, CR1), to those longer
//! than 15 bytes, and when the bytes end early. Whether the instruction is *allowed* (mode, IOPL, permission
//! map) is the caller's business, as is what the CPU model has: RDTSC decodes on a 486 as well.
//!
//! Sources: SDM vol. 2, instruction reference and appendix A (opcode map); vol. 3, "8086 Emulation". Where the
//! manual leaves F2h before INS and OUTS open, it counts as REP, which is what processors do. F3h before WBINVD
//! is ignored, as on every CPU older than WBNOINVD.

use self::fetch::{Bytes, Prefixes};
pub use self::operand::{Address, Operand, Segment, Width};

mod fetch;
mod operand;
#[cfg(test)]
mod tests;

/// The longest instruction, in bytes; the CPU answers longer ones with #GP.
pub const LONGEST: usize = 15;

/// Where a port number comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Port {
    /// The instruction's own byte, 00h-FFh.
    Immediate(u8),
    /// The register DX.
    Dx,
}

/// A descriptor table whose base and limit LGDT and its kin move as six bytes of memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Table {
    /// The global descriptor table.
    Global,
    /// The interrupt descriptor table.
    Interrupt,
}

/// A register of the system that holds a selector.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SystemSelector {
    /// LDTR: LLDT and SLDT.
    LocalTable,
    /// TR: LTR and STR.
    Task,
}

/// What the instruction does. General registers are numbered as the CPU encodes them: 0 EAX, 1 ECX, 2 EDX,
/// 3 EBX, 4 ESP, 5 EBP, 6 ESI, 7 EDI.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Operation {
    /// HLT.
    Halt,
    /// CLI.
    ClearInterrupts,
    /// STI.
    SetInterrupts,
    /// PUSHF (word) or PUSHFD (dword).
    PushFlags(Width),
    /// POPF (word) or POPFD (dword).
    PopFlags(Width),
    /// IRET (word) or IRETD (dword).
    InterruptReturn(Width),
    /// INT n, the two-byte form, whatever its vector.
    Interrupt(u8),
    /// INT3, the one-byte form.
    Breakpoint,
    /// INTO.
    Overflow,
    /// BOUND: `register`, signed, against the pair of `width` integers at `bounds`.
    Bound {
        /// General register that holds the index.
        register: u8,
        /// Word or dword.
        width: Width,
        /// Address of the lower bound; the upper one follows it.
        bounds: Address,
    },
    /// IN to AL, AX or EAX.
    In {
        /// Which port.
        port: Port,
        /// How much of EAX is loaded.
        width: Width,
    },
    /// OUT from AL, AX or EAX.
    Out {
        /// Which port.
        port: Port,
        /// How much of EAX is sent.
        width: Width,
    },
    /// INS: port DX to ES:DI or ES:EDI, which no prefix can redirect.
    InString {
        /// Size of one element.
        width: Width,
        /// Which of DI and EDI, CX and ECX are used.
        address_width: Width,
        /// Whether (E)CX counts elements.
        is_repeated: bool,
    },
    /// OUTS: `segment`:SI or `segment`:ESI to port DX.
    OutString {
        /// Size of one element.
        width: Width,
        /// Which of SI and ESI, CX and ECX are used.
        address_width: Width,
        /// Whether (E)CX counts elements.
        is_repeated: bool,
        /// Segment of the source: DS unless overridden.
        segment: Segment,
    },
    /// MOV r32, CRn.
    ReadControl {
        /// Number of the control register: 0, 2, 3 or 4.
        control: u8,
        /// General register that receives it.
        register: u8,
    },
    /// MOV CRn, r32.
    WriteControl {
        /// Number of the control register: 0, 2, 3 or 4.
        control: u8,
        /// General register that holds the new value.
        register: u8,
    },
    /// MOV r32, DRn.
    ReadDebug {
        /// Number of the debug register, 0-7; 4 and 5 mean 6 and 7 unless CR4.DE is set.
        debug: u8,
        /// General register that receives it.
        register: u8,
    },
    /// MOV DRn, r32.
    WriteDebug {
        /// Number of the debug register, 0-7; 4 and 5 mean 6 and 7 unless CR4.DE is set.
        debug: u8,
        /// General register that holds the new value.
        register: u8,
    },
    /// CLTS.
    ClearTaskSwitched,
    /// LMSW: the low four bits of the word `source` go to CR0 (PE cannot be cleared).
    LoadMachineStatus {
        /// The word to take them from.
        source: Operand,
    },
    /// SMSW: the low half of CR0; a dword register gets all of it, memory always one word.
    StoreMachineStatus {
        /// Where it goes.
        target: Operand,
        /// Width of a register target; [`Width::Word`] for memory.
        width: Width,
    },
    /// LGDT or LIDT.
    LoadTable {
        /// Which table.
        table: Table,
        /// Address of limit (2 bytes) and base (4 bytes).
        address: Address,
        /// [`Width::Word`] when only 24 bits of the base count.
        width: Width,
    },
    /// SGDT or SIDT. All CPUs from the 386 on store six bytes, whatever the operand size.
    StoreTable {
        /// Which table.
        table: Table,
        /// Address that receives limit (2 bytes) and base (4 bytes).
        address: Address,
    },
    /// LLDT or LTR.
    LoadSelector {
        /// Which register.
        register: SystemSelector,
        /// The word to load.
        source: Operand,
    },
    /// SLDT or STR.
    StoreSelector {
        /// Which register.
        register: SystemSelector,
        /// Where it goes.
        target: Operand,
        /// Width of a register target, zero-extended; [`Width::Word`] for memory.
        width: Width,
    },
    /// INVD.
    InvalidateCaches,
    /// WBINVD (or WBNOINVD).
    WriteBackCaches,
    /// INVLPG.
    InvalidatePage(Address),
    /// RDMSR: the register numbered by ECX to EDX:EAX.
    ReadModelSpecific,
    /// WRMSR: EDX:EAX to the register numbered by ECX.
    WriteModelSpecific,
    /// RDTSC, which faults when CR4.TSD is set.
    ReadTimestamp,
}

/// A decoded instruction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Decoded {
    /// Bytes it occupies, prefixes included, 1-15.
    pub length: u8,
    /// What it does.
    pub operation: Operation,
}

/// Decodes the instruction at the start of `bytes`, which are those at CS:(E)IP as far as they can be read;
/// 15 are enough. `default32` is the D bit of CS (false for virtual-8086 code).
pub fn decode(bytes: &[u8], default32: bool) -> Option<Decoded> {
    let mut bytes = Bytes::new(&bytes[..bytes.len().min(LONGEST)]);
    let (prefixes, opcode) = Prefixes::read(&mut bytes, default32)?;
    if prefixes.has_lock {
        return None; // none of these instructions can be locked: #UD
    }

    let operation = match opcode {
        0x0F => {
            let opcode = bytes.byte()?;
            two_byte(opcode, &mut bytes, &prefixes)?
        }
        0x62 => bound(&mut bytes, &prefixes)?,
        0x6C..=0x6F => string(opcode, &prefixes),
        0xE4..=0xE7 => port_io(opcode, Port::Immediate(bytes.byte()?), &prefixes),
        0xEC..=0xEF => port_io(opcode, Port::Dx, &prefixes),
        0x9C => Operation::PushFlags(prefixes.operand_width),
        0x9D => Operation::PopFlags(prefixes.operand_width),
        0xCC => Operation::Breakpoint,
        0xCD => Operation::Interrupt(bytes.byte()?),
        0xCE => Operation::Overflow,
        0xCF => Operation::InterruptReturn(prefixes.operand_width),
        0xF4 => Operation::Halt,
        0xFA => Operation::ClearInterrupts,
        0xFB => Operation::SetInterrupts,
        _ => return None,
    };
    Some(Decoded { length: bytes.consumed(), operation })
}

/// Bit 0 of the port and string opcodes chooses between bytes and the operand size.
fn element_width(opcode: u8, prefixes: &Prefixes) -> Width {
    match opcode & 1 {
        0 => Width::Byte,
        _ => prefixes.operand_width,
    }
}

/// IN and OUT: bit 1 of the opcode is the direction.
fn port_io(opcode: u8, port: Port, prefixes: &Prefixes) -> Operation {
    let width = element_width(opcode, prefixes);
    match opcode & 2 {
        0 => Operation::In { port, width },
        _ => Operation::Out { port, width },
    }
}

/// INS and OUTS: bit 1 of the opcode is the direction.
fn string(opcode: u8, prefixes: &Prefixes) -> Operation {
    let width = element_width(opcode, prefixes);
    let address_width = prefixes.address_width;
    let is_repeated = prefixes.has_repeat;
    match opcode & 2 {
        0 => Operation::InString { width, address_width, is_repeated },
        _ => {
            let segment = prefixes.segment.unwrap_or(Segment::Ds);
            Operation::OutString { width, address_width, is_repeated, segment }
        }
    }
}

/// BOUND, 62h. With a register as second operand the opcode is #UD (and the EVEX prefix of later CPUs).
fn bound(bytes: &mut Bytes, prefixes: &Prefixes) -> Option<Operation> {
    let (register, operand) = bytes.operand(prefixes)?;
    Some(Operation::Bound { register, width: prefixes.operand_width, bounds: operand.memory()? })
}

/// The opcodes behind 0Fh.
fn two_byte(opcode: u8, bytes: &mut Bytes, prefixes: &Prefixes) -> Option<Operation> {
    match opcode {
        0x00 => selectors(bytes, prefixes),
        0x01 => tables(bytes, prefixes),
        0x06 => Some(Operation::ClearTaskSwitched),
        0x08 => Some(Operation::InvalidateCaches),
        0x09 => Some(Operation::WriteBackCaches),
        0x20..=0x23 => special_move(opcode, bytes.byte()?),
        0x30 => Some(Operation::WriteModelSpecific),
        0x31 => Some(Operation::ReadTimestamp),
        0x32 => Some(Operation::ReadModelSpecific),
        _ => None,
    }
}

/// MOV from and to control and debug registers. The mode bits of ModRM are ignored: it names registers always.
fn special_move(opcode: u8, modrm: u8) -> Option<Operation> {
    let number = modrm >> 3 & 7;
    let register = modrm & 7;
    if opcode & 1 == 0 && !matches!(number, 0 | 2 | 3 | 4) {
        return None;
    }
    Some(match opcode {
        0x20 => Operation::ReadControl { control: number, register },
        0x21 => Operation::ReadDebug { debug: number, register },
        0x22 => Operation::WriteControl { control: number, register },
        _ => Operation::WriteDebug { debug: number, register },
    })
}

/// 0F 00: LLDT, LTR, SLDT, STR. (VERR and VERW, in the same group, never fault for their privilege.)
fn selectors(bytes: &mut Bytes, prefixes: &Prefixes) -> Option<Operation> {
    let (extension, operand) = bytes.operand(prefixes)?;
    let register = match extension & 1 {
        0 => SystemSelector::LocalTable,
        _ => SystemSelector::Task,
    };
    match extension {
        0 | 1 => {
            let width = operand.stored_width(prefixes.operand_width);
            Some(Operation::StoreSelector { register, target: operand, width })
        }
        2 | 3 => Some(Operation::LoadSelector { register, source: operand }),
        _ => None,
    }
}

/// 0F 01: descriptor tables, machine status word, INVLPG.
fn tables(bytes: &mut Bytes, prefixes: &Prefixes) -> Option<Operation> {
    let (extension, operand) = bytes.operand(prefixes)?;
    let width = prefixes.operand_width;
    let table = match extension & 1 {
        0 => Table::Global,
        _ => Table::Interrupt,
    };
    Some(match extension {
        0 | 1 => Operation::StoreTable { table, address: operand.memory()? },
        2 | 3 => Operation::LoadTable { table, address: operand.memory()?, width },
        4 => Operation::StoreMachineStatus { target: operand, width: operand.stored_width(width) },
        6 => Operation::LoadMachineStatus { source: operand },
        7 => Operation::InvalidatePage(operand.memory()?),
        _ => return None,
    })
}
