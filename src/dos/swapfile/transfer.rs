//! Pages between the demand buffer and the file.

use super::{call, end, ended_with, seek, Clients, Ended, Phase, NOWHERE};
use crate::host::Host;
use crate::machine::Machine;
use crate::paging::pager::Step;
use crate::paging::swap::file_offset;
use crate::regs::Registers;
use crate::service::Outcome;

/// Carries out the step that the pager wants.
pub(super) fn carry_out<M: Machine + 'static>(host: &mut Host<M>) -> Outcome {
    let (Step::Write { slot, .. } | Step::Read { slot, .. }) = host.swap_file.step else {
        let ended = ended_with(host.swap_file.step);
        return end(host, ended);
    };
    let position = file_offset(slot);
    if host.swap_file.position == position {
        return carry(host);
    }
    host.swap_file.position = NOWHERE;
    host.swap_file.places.steer(&mut host.machine, position);
    seek(host, Phase::Seek, position)
}

/// The transfer itself, where DOS is in the file.
fn carry<M: Machine + 'static>(host: &mut Host<M>) -> Outcome {
    let handle = host.swap_file.handle.unwrap_or(0);
    match host.swap_file.step {
        Step::Write { count, .. } => call(host, Phase::Move, 0x4000, handle, (count << 12) as u16, 0),
        Step::Read { count, .. } => call(host, Phase::Move, 0x3F00, handle, (count << 12) as u16, 0),
        _ => end(host, Ended::Lost),
    }
}

/// DOS has moved to the place, or has transferred.
pub(super) fn transfer<M: Machine + 'static>(host: &mut Host<M>, real: &Registers, refused: bool) -> Outcome {
    if host.swap_file.phase == Phase::Seek && !refused {
        return carry(host);
    }
    let (Step::Write { slot, count } | Step::Read { slot, count }) = host.swap_file.step else {
        return end(host, Ended::Lost);
    };
    let ok = !refused && host.swap_file.phase == Phase::Move && real.ax() as u32 == count << 12;
    host.swap_file.position = NOWHERE;
    if ok {
        let position = file_offset(slot + count);
        host.swap_file.position = position;
        host.swap_file.places.note(&host.machine, position);
    }
    let Host { machine, memory, clients, .. } = host;
    host.swap_file.step = memory.transferred(machine, &mut Clients(clients), ok);
    carry_out(host)
}
