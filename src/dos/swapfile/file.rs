//! The file itself: found or made, grown, stamped, deleted.

use super::places::Places;
use super::{call, directory, end, seek, Ended, Phase, NAME_IN_DIRECTORY, NOWHERE, PATH_BYTES};
use crate::host::Host;
use crate::machine::Machine;
use crate::paging::pager::{Step, Swap};
use crate::paging::swap::{file_offset, limit_in_pages, Header, Slots, HEADER_BYTES};
use crate::regs::Registers;
use crate::service::Outcome;

/// Pages of the disk that are left free, 1 MiB.
const LEAVE_FREE: u32 = 256;
/// Where in the buffer DOS puts the full name, and where in its list of lists the table of open files begins.
const FULL_NAME: u32 = 0x80;
const FIRST_TABLE: u32 = 4;
/// Default limit of the file, 512 MiB.
const DEFAULT_LIMIT: u32 = 0x2_0000;

/// DOS versions whose table of open files is laid out as [`Places`] expects it: 4 to 6, and FreeDOS.
fn has_known_table(ax: u16, bx: u16) -> bool {
    const FREEDOS: u8 = 0xFD;
    (4..=6).contains(&(ax as u8)) || (bx >> 8) as u8 == FREEDOS
}

pub(super) fn put_path<M: Machine>(host: &mut Host<M>) {
    let at = host.swap_file.buffer();
    host.machine.write_bytes(at, &host.swap_file.path);
}

/// The file is to grow; first of all it is made, if it is not there.
pub(super) fn begin<M: Machine + 'static>(host: &mut Host<M>) -> Outcome {
    if host.swap_file.handle.is_some() {
        return ask_for_room(host);
    }
    if host.swap_file.ask_client {
        if let Some(path) = directory::of_client(host) {
            host.swap_file.path = path;
            host.swap_file.ask_client = false;
        }
    }
    // The full name, which means the same wherever DOS's current directory will be. Into the buffer behind the name.
    put_path(host);
    let outcome = call(host, Phase::FullName, 0x6000, 0, 0, 0);
    if let Some(call) = host.call.as_mut() {
        call.regs.edi = FULL_NAME;
    }
    outcome
}

fn ask_for_room<M: Machine + 'static>(host: &mut Host<M>) -> Outcome {
    let path = host.swap_file.path;
    let drive = if path[1] == b':' { (path[0] & 0xDF) - b'A' + 1 } else { 0 };
    call(host, Phase::Free, 0x3600, 0, 0, drive as u16)
}

/// From nothing to a file of ours with nothing in it.
pub(super) fn open<M: Machine + 'static>(host: &mut Host<M>, real: &Registers, refused: bool) -> Outcome {
    let (at, handle) = (host.swap_file.buffer(), host.swap_file.handle.unwrap_or(0));
    match host.swap_file.phase {
        Phase::FullName => {
            let mut full = [0; PATH_BYTES];
            host.machine.read_bytes(at + FULL_NAME, &mut full);
            if !refused && full[1] == b':' && full.contains(&0) {
                host.swap_file.path = full;
            }
            ask_for_room(host)
        }
        Phase::Free => {
            let cluster = real.ax() as u64 * real.cx() as u64;
            let free = ((cluster * real.bx() as u64) >> 12).min(u32::MAX as u64) as u32;
            if real.ax() == 0xFFFF {
                return refuse(host, "the drive of the swap file does not answer");
            }
            let now = host.memory.swap.as_ref().map_or(0, |swap| swap.slots.pages());
            let limit = if host.swap_file.limit == 0 { DEFAULT_LIMIT } else { host.swap_file.limit };
            let limit = limit_in_pages(limit, now, free, LEAVE_FREE);
            if limit <= now {
                return refuse(host, "the disk has no room for a larger swap file");
            }
            host.swap_file.goal = limit;
            host.swap_file.cluster_bytes = cluster as u32;
            if let Some(swap) = host.memory.swap.as_mut().filter(|_| host.swap_file.handle.is_some()) {
                swap.slots.set_limit(limit);
                return start_growth(host);
            }
            put_path(host);
            call(host, Phase::Find, 0x3D00, 0, 0, 0)
        }
        Phase::Find if refused => {
            put_path(host);
            call(host, Phase::Create, 0x3C00, 0, 0, 0)
        }
        Phase::Find => {
            host.swap_file.handle = Some(real.ax());
            call(host, Phase::Head, 0x3F00, real.ax(), HEADER_BYTES as u16, 0)
        }
        Phase::Head => {
            let mut head = [0; HEADER_BYTES];
            host.machine.read_bytes(at, &mut head);
            let length = if refused { 1 } else { (real.ax() as usize).min(HEADER_BYTES) };
            // An empty file has nothing to lose.
            let ours = length == 0 || Header::may_replace(Header::parse(&head[..length]));
            host.swap_file.step = if ours { Step::Ready } else { Step::NoRoom };
            host.swap_file.handle = None;
            call(host, Phase::CloseFound, 0x3E00, handle, 0, 0)
        }
        Phase::CloseFound if host.swap_file.step == Step::Ready => {
            put_path(host);
            call(host, Phase::Create, 0x3C00, 0, 0, 0)
        }
        Phase::CloseFound => refuse(host, "there is a FERRITE.SWP that is not ours"),
        Phase::Create if !refused => {
            host.swap_file.handle = Some(real.ax());
            host.swap_file.position = NOWHERE;
            // Marked as ours before it grows, so that it is known if the power fails meanwhile.
            stamp(host, Phase::Mark, real.ax(), 0)
        }
        Phase::Mark if !refused && real.ax() == HEADER_BYTES as u16 => {
            call(host, Phase::Marked, 0x6800, handle, 0, 0)
        }
        Phase::Marked if is_done(real, refused) => call(host, Phase::Version, 0x3000, 0, 0, 0),
        Phase::Version if has_known_table(real.ax(), real.bx()) => call(host, Phase::Lists, 0x5200, 0, 0, 0),
        Phase::Lists => {
            let lists = ((real.v_es & 0xFFFF) << 4) + (real.ebx & 0xFFFF);
            let first = host.machine.read_u32(lists + FIRST_TABLE);
            let (block, bytes) = (host.swap_file.block, host.swap_file.cluster_bytes);
            host.swap_file.places = Places::find(&host.machine, first, NAME_IN_DIRECTORY, block, bytes);
            offer(host)
        }
        Phase::Version => offer(host),
        Phase::Mark | Phase::Marked => {
            host.swap_file.failed = true;
            call(host, Phase::Spoilt, 0x3E00, handle, 0, 0)
        }
        Phase::Spoilt => {
            // With half a header it would be taken for somebody else's the next time.
            host.swap_file.handle = None;
            put_path(host);
            call(host, Phase::SpoiltGone, 0x4100, 0, 0, 0)
        }
        Phase::SpoiltGone => refuse(host, "the swap file cannot be written"),
        _ => refuse(host, "the swap file cannot be made"),
    }
}

fn refuse<M: Machine + 'static>(host: &mut Host<M>, why: &str) -> Outcome {
    log::warn!(target: "paging", "{why}");
    end(host, Ended::Refused)
}

/// The file is there: paging may begin.
fn offer<M: Machine + 'static>(host: &mut Host<M>) -> Outcome {
    let slots = Slots::new(host.swap_file.goal);
    host.memory.swap = Some(Swap::new(slots, host.swap_file.buffer(), host.swap_file.cluster));
    start_growth(host)
}

/// Writes the header, where DOS is in the file.
fn stamp<M: Machine + 'static>(host: &mut Host<M>, phase: Phase, handle: u16, pages: u32) -> Outcome {
    let header = Header { pages, serial: host.machine.read_u32(0x46C), in_use: true };
    let at = host.swap_file.buffer();
    host.machine.write_bytes(at, &header.encode());
    call(host, phase, 0x4000, handle, HEADER_BYTES as u16, 0)
}

/// Has DOS written everything out (INT 21h 68h)? A drive that knows no such call has no say in it.
fn is_done(real: &Registers, refused: bool) -> bool {
    const NO_SUCH_CALL: u16 = 1;
    !refused || real.ax() == NO_SUCH_CALL
}

fn start_growth<M: Machine + 'static>(host: &mut Host<M>) -> Outcome {
    let more = host.swap_file.more;
    let goal = host.memory.swap.as_ref().and_then(|swap| swap.slots.growth(more));
    let Some(goal) = goal else { return refuse(host, "the swap file is as large as it may be") };
    host.swap_file.goal = goal;
    // The header was what DOS saw last: it need not look for the file's end from there again.
    host.swap_file.places.steer(&mut host.machine, file_offset(goal) - 1);
    seek(host, Phase::Extend, file_offset(goal) - 1)
}

/// The file gets its new size: its last byte is written, so that DOS allocates all before it.
pub(super) fn grow<M: Machine + 'static>(host: &mut Host<M>, real: &Registers, refused: bool) -> Outcome {
    let handle = host.swap_file.handle.unwrap_or(0);
    let pages = host.memory.swap.as_ref().map_or(0, |swap| swap.slots.pages());
    host.swap_file.position = NOWHERE;
    match host.swap_file.phase {
        Phase::Extend if !refused => call(host, Phase::Extended, 0x4000, handle, 1, 0),
        Phase::Extended if !refused && real.ax() == 1 => {
            let end = file_offset(host.swap_file.goal);
            host.swap_file.places.note(&host.machine, end);
            seek(host, Phase::Stamp, 0)
        }
        Phase::Stamp if !refused => {
            let goal = host.swap_file.goal;
            stamp(host, Phase::Stamped, handle, goal)
        }
        // Its directory entry must be right even after a crash: what is found then has to be known as ours.
        Phase::Stamped if !refused && real.ax() == HEADER_BYTES as u16 => {
            call(host, Phase::Commit, 0x6800, handle, 0, 0)
        }
        Phase::Commit if is_done(real, refused) => {
            let goal = host.swap_file.goal;
            let grown = host.memory.swap_grown(goal);
            log::info!(target: "paging", "swap file of {} KiB", goal * 4);
            end(host, if grown { Ended::Well } else { Ended::Refused })
        }
        Phase::Extend | Phase::Extended | Phase::Stamp | Phase::Stamped | Phase::Commit => {
            // The disk is full, or fails: what was had stays.
            host.swap_file.failed = true;
            host.swap_file.places.forget();
            seek(host, Phase::Shrink, file_offset(pages))
        }
        Phase::Shrink => call(host, Phase::Shrunk, 0x4000, handle, 0, 0),
        _ => refuse(host, "the disk is full, or fails: the swap file stays as it is"),
    }
}
