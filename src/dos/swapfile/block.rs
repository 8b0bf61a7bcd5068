//! The block of conventional memory in which the swap file's calls live: a PSP, a real-mode stack, the demand buffer.

use super::{call, finished, save_world, Ended, Phase};
use super::{PAGE_PARAGRAPHS, PSP_PARAGRAPHS, STACK_PARAGRAPHS};
use crate::host::Host;
use crate::machine::Machine;
use crate::regs::Registers;
use crate::service::Outcome;

/// Pages of the demand buffer, 32 KiB: a cluster. One transfer of it fits DOS's 16-bit counts.
const BUFFER_PAGES: u32 = 8;
/// Offsets in a PSP: the file table, its size, and the pointer to it.
const PSP_TABLE: u32 = 0x18;
const PSP_TABLE_SIZE: u32 = 0x32;
const PSP_TABLE_POINTER: u32 = 0x34;
/// Files in the table.
const FILES: u32 = 20;
/// Last fit: DOS allocation strategy that keeps the block out of the way of programs that grow.
const LAST_FIT: u16 = 2;

/// Asks for the block: as many pages of buffer as there are, one at least.
pub(super) fn furnish<M: Machine + 'static>(host: &mut Host<M>, real: &Registers, refused: bool) -> Outcome {
    const FIXED: u16 = PSP_PARAGRAPHS + STACK_PARAGRAPHS;
    match host.swap_file.phase {
        Phase::Strategy => {
            host.swap_file.strategy = if refused { 0 } else { real.ax() };
            call(host, Phase::LastFit, 0x5801, LAST_FIT, 0, 0)
        }
        Phase::LastFit => {
            host.swap_file.cluster = BUFFER_PAGES;
            call(host, Phase::Block, 0x4800, FIXED + BUFFER_PAGES as u16 * PAGE_PARAGRAPHS, 0, 0)
        }
        Phase::Block if refused => {
            let pages = (real.bx().saturating_sub(FIXED) / PAGE_PARAGRAPHS) as u32;
            if real.ax() == 8 && pages > 0 && pages < host.swap_file.cluster {
                host.swap_file.cluster = pages;
                return call(host, Phase::Block, 0x4800, FIXED + pages as u16 * PAGE_PARAGRAPHS, 0, 0);
            }
            log::warn!(target: "paging", "no conventional memory for a demand buffer");
            let strategy = host.swap_file.strategy;
            call(host, Phase::StrategyBack, 0x5801, strategy, 0, 0)
        }
        Phase::Block => {
            make_process(host, real.ax());
            let strategy = host.swap_file.strategy;
            call(host, Phase::StrategyBack, 0x5801, strategy, 0, 0)
        }
        _ if host.swap_file.block == 0 => {
            host.swap_file.ended = Ended::Refused;
            finished(host)
        }
        _ => save_world(host),
    }
}

/// Makes the block a process of its own: it belongs to itself, and its PSP has a file table.
fn make_process<M: Machine>(host: &mut Host<M>, block: u16) {
    host.swap_file.block = block;
    let (at, machine) = ((block as u32) << 4, &mut host.machine);
    // The memory control block's owner.
    machine.write_u16(at - 15, block);
    for word in (0..256).step_by(4) {
        machine.write_u32(at + word, 0);
    }
    machine.write_u16(at, 0x20CD);
    machine.write_u16(at + 0x16, block);
    (0..FILES).for_each(|file| machine.write_u8(at + PSP_TABLE + file, 0xFF));
    machine.write_u16(at + PSP_TABLE_SIZE, FILES as u16);
    machine.write_u32(at + PSP_TABLE_POINTER, (block as u32) << 16 | PSP_TABLE);
    machine.write_u32(at + 0x38, u32::MAX);
}
