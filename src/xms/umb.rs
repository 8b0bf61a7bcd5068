//! 10h to 12h: upper memory blocks, which only an older driver may have.

use super::{Code, Stop, XmsContext, XmsOutcome};
use crate::machine::Machine;
use crate::regs::Registers;

/// AH=10h, 11h, 12h. Refused: 80h.
pub fn older<M: Machine>(context: &mut XmsContext<M>, _regs: &mut Registers) -> XmsOutcome {
    if context.xms.config.has_older {
        return Err(Stop::PassOn);
    }
    Err(Code::NotImplemented.into())
}
