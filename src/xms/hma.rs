//! 00h to 02h: the version, and the high memory area.

use super::{Answer, Code, Stop, XmsContext, XmsOutcome, REVISION, VERSION};
use crate::machine::Machine;
use crate::regs::Registers;

/// AH=00h. Out: AX version, BX our own, DX=1 if there is an HMA.
pub fn version<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsOutcome {
    regs.set_ax(VERSION);
    regs.set_bx(REVISION);
    regs.set_dx(context.xms.config.has_hma as u16);
    Ok(Answer::Reported)
}

/// AH=01h. In: DX bytes needed, FFFFh from an application. Refused: 90h, 91h, 92h.
pub fn request<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsOutcome {
    let xms = &mut *context.xms;
    if xms.config.has_older {
        return Err(Stop::PassOn);
    }
    if !xms.config.has_hma {
        return Err(Code::NoHma.into());
    }
    if xms.hma_used {
        return Err(Code::HmaInUse.into());
    }
    if regs.dx() < xms.config.hma_minimum {
        return Err(Code::HmaMinimum.into());
    }
    xms.hma_used = true;
    Ok(Answer::Success)
}

/// AH=02h. Refused: 90h, 93h.
pub fn release<M: Machine>(context: &mut XmsContext<M>, _regs: &mut Registers) -> XmsOutcome {
    let xms = &mut *context.xms;
    if xms.config.has_older {
        return Err(Stop::PassOn);
    }
    if !xms.config.has_hma {
        return Err(Code::NoHma.into());
    }
    if !xms.hma_used {
        return Err(Code::HmaNotAllocated.into());
    }
    xms.hma_used = false;
    Ok(Answer::Success)
}
