//! The transfer buffer: conventional memory through which translated DOS calls pass what their pointers name.
//!
//! It is asked of DOS at the first client's entry, in upper memory if there is any, and shared by all clients. It belongs to
//! no process, for a client that the first one has started may stay resident and go on with it; with the last client it is
//! given back. The next first client asks anew.

use crate::host::{Finish, Host, RealCall, RealTarget};
use crate::machine::{owner_of_block, Machine};
use crate::regs::{Registers, CARRY};
use crate::service::{Next, Outcome};

/// Smallest buffer that is worth having, paragraphs.
const LEAST: u16 = 0x20;
/// DOS: get or set allocation strategy and whether upper memory is linked.
const GET_STRATEGY: u16 = 0x5800;
const SET_STRATEGY: u16 = 0x5801;
const GET_LINK: u16 = 0x5802;
const SET_LINK: u16 = 0x5803;
/// Last fit, upper memory first. A program may have looked where DOS's next block will be before it entered, and rely on getting it
/// by 0100h: Microsoft's DOSX32 does.
const HIGH_LAST_FIT: u16 = 0x0082;

/// The owner of blocks that are DOS's own, which it frees at no process's end.
const DOS: u16 = 8;

/// Steps of asking, in order; kept in the host between the calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Step {
    /// Nothing under way.
    #[default]
    Idle,
    /// The strategy was asked for.
    Strategy,
    /// The link state was asked for; the strategy that was.
    Link(u16),
    /// Upper memory was linked; strategy and link state that were.
    Linked(u16, u16),
    /// The strategy was set.
    High(u16, u16),
    /// A block was asked for; paragraphs.
    Allocated(u16, u16, u16),
    /// The strategy was put back; the link state that was.
    Restored(u16),
    /// The link state was put back.
    Done,
}

/// Asks for the buffer on behalf of a client that has just entered; `paragraphs` at most. The client's registers stay as
/// they are.
pub fn begin<M: Machine + 'static>(host: &mut Host<M>, paragraphs: u16) -> Outcome {
    host.transfer_wanted = paragraphs.max(LEAST);
    ask(host, Step::Strategy, GET_STRATEGY, 0)
}

fn ask<M: Machine + 'static>(host: &mut Host<M>, step: Step, ax: u16, bx: u16) -> Outcome {
    host.transfer_step = step;
    let regs = Registers { eax: ax as u32, ebx: bx as u32, ..Default::default() };
    let finish = Finish::Then(answered);
    host.call = Some(RealCall { target: RealTarget::Interrupt(0x21), regs, stack: 0, words: (0, 0), finish });
    Ok(Next::RealCall)
}

/// DOS has answered the step under way.
fn answered<M: Machine + 'static>(host: &mut Host<M>, _: &mut Registers, real: &Registers) -> Outcome {
    let refused = real.eflags & CARRY != 0;
    let wanted = host.transfer_wanted;
    match host.transfer_step {
        Step::Strategy if refused => ask(host, Step::Allocated(0, 0, wanted), 0x4800, wanted),
        Step::Strategy => ask(host, Step::Link(real.ax()), GET_LINK, 0),
        Step::Link(strategy) => {
            let link = if refused { 0 } else { real.ax() & 1 };
            ask(host, Step::Linked(strategy, link), SET_LINK, 1)
        }
        Step::Linked(strategy, link) => ask(host, Step::High(strategy, link), SET_STRATEGY, HIGH_LAST_FIT),
        Step::High(strategy, link) => ask(host, Step::Allocated(strategy, link, wanted), 0x4800, wanted),
        Step::Allocated(strategy, link, paragraphs) => {
            if refused && real.bx() >= LEAST && real.bx() < paragraphs {
                let less = real.bx();
                return ask(host, Step::Allocated(strategy, link, less), 0x4800, less);
            }
            if refused {
                log::warn!(target: "dos", "no conventional memory for a transfer buffer");
            } else {
                host.facts.transfer = (real.ax(), paragraphs as u32 * 16);
                own(host, DOS);
            }
            ask(host, Step::Restored(link), SET_STRATEGY, strategy)
        }
        Step::Restored(link) => ask(host, Step::Done, SET_LINK, link),
        Step::Done | Step::Idle => {
            host.transfer_step = Step::Idle;
            Ok(Next::AsIs)
        }
    }
}

/// Gives the buffer back to DOS: the last client is gone.
pub fn give_back<M: Machine>(host: &mut Host<M>) {
    let (block, bytes) = host.facts.transfer;
    if bytes != 0 && owner_of_block(&host.machine, block) == Some(DOS) {
        own(host, 0);
    }
    host.facts.transfer = (0, 0);
}

/// Writes the buffer's owner into its memory control block; 0 is nobody.
fn own<M: Machine>(host: &mut Host<M>, owner: u16) {
    let at = (host.facts.transfer.0 as u32) << 4;
    host.machine.write_u16(at.wrapping_sub(15), owner);
}
