//! 03h to 07h: the A20 line.
//!
//! The line is on while somebody has enabled it globally or there are local enables that nobody took back; it is switched
//! only by these calls, so a line found on stays on until somebody disables it. Switching is the caller's business
//! (`context.a20`): the hardware on the way back to real mode, the mapping of the first 64 KiB above 1 MiB
//! while active.

use super::{Answer, Code, Stop, XmsContext, XmsOutcome};
use crate::machine::Machine;
use crate::regs::Registers;

/// AH=03h.
pub fn global_enable<M: Machine>(context: &mut XmsContext<M>, _regs: &mut Registers) -> XmsOutcome {
    ours(context)?;
    context.xms.a20_global = true;
    context.a20 = true;
    Ok(Answer::Success)
}

/// AH=04h. Refused: 94h while local enables keep the line on, or when nothing switches it off.
pub fn global_disable<M: Machine>(context: &mut XmsContext<M>, _regs: &mut Registers) -> XmsOutcome {
    ours(context)?;
    context.xms.a20_global = false;
    switch_off(context)
}

/// AH=05h. Refused: 82h when there are too many.
pub fn local_enable<M: Machine>(context: &mut XmsContext<M>, _regs: &mut Registers) -> XmsOutcome {
    ours(context)?;
    context.xms.a20_local = context.xms.a20_local.checked_add(1).ok_or(Code::A20Error)?;
    context.a20 = true;
    Ok(Answer::Success)
}

/// AH=06h. Refused: 82h when there is no enable to take back, 94h when the line stays on for others (the count has gone
/// down all the same).
pub fn local_disable<M: Machine>(context: &mut XmsContext<M>, _regs: &mut Registers) -> XmsOutcome {
    ours(context)?;
    context.xms.a20_local = context.xms.a20_local.checked_sub(1).ok_or(Code::A20Error)?;
    switch_off(context)
}

/// AH=07h. Out: AX=1 if the line is on, BL=0. While active, the line is the core's mapping whoever switches it: an older
/// driver would only read it there by port 92h, a trap of its own.
pub fn query<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsOutcome {
    if !context.active {
        ours(context)?;
    }
    regs.set_ax(context.a20 as u16);
    regs.ebx &= !0xFF;
    Ok(Answer::Reported)
}

fn ours<M: Machine>(context: &XmsContext<M>) -> Result<(), Stop> {
    if context.xms.config.has_older {
        return Err(Stop::PassOn);
    }
    Ok(())
}

fn switch_off<M: Machine>(context: &mut XmsContext<M>) -> XmsOutcome {
    let xms = &*context.xms;
    if xms.a20_global || xms.a20_local > 0 || xms.config.a20_fixed {
        return Err(Code::A20StillEnabled.into());
    }
    context.a20 = false;
    Ok(Answer::Success)
}
