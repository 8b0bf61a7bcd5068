//! What the hot crossings (`fast/*.S`) know of the host: a few words that follow every event that Rust has handled.
//!
//! Facts relied on: the clients and the callback table do not move while a guest runs; only Rust code changes them, and
//! every way from Rust to a guest passes [`follow`].

use ferrite::dpmi::version;
use ferrite::heap::entry_code;
use ferrite::host::{Callback, Host};
use ferrite::layout::{event, TRAP_STRIDE};
use ferrite::monitor::slots::{Landing, ENTERED, QUICK};

use super::memory::{ldt_address, Pc};
use super::tables;

/// See the module.
#[repr(C)]
pub struct Fast {
    /// Address of the current client.
    pub client: u32,
    /// Linear base of its LDT.
    pub ldt: u32,
    /// Its number; none before the first one.
    pub current: u32,
    /// CS:IP of the RETURN site, CS in the high half.
    pub return_site: u32,
    /// The same behind its INT.
    pub return_after: u32,
    /// CS:IP behind the raw switch's INT; 0 where Rust has to see every switch.
    pub raw_after: u32,
    /// CS:IP behind the XMS entry's INT,
    pub xms_after: u32,
    /// and behind that of an XMS call which goes on.
    pub xms_again_after: u32,
    /// Linear address behind the callback trap's INT.
    pub callback_after: u32,
    /// Paragraph of the resident part.
    pub resident_segment: u32,
    /// Address of the callback table.
    pub callbacks: u32,
    /// Entries in it.
    pub callback_count: u32,
    /// Bit 1 and IOPL of a client's flags.
    pub client_flags: u32,
    /// AX, BX and CL of 0400h.
    pub version: [u32; 3],
    /// The landing words of a slot, vector 0, for the current client: interrupts reflected for it,
    pub reflected: u32,
    /// 0300h to 0302h,
    pub structure: u32,
    /// IRQs that go to real mode,
    pub interrupted: u32,
    /// IRQs to its handlers,
    pub interrupt: u32,
    /// exceptions to its handlers,
    pub exception: u32,
    /// its callbacks,
    pub callback: u32,
    /// software interrupts of V86 code to its handlers ([`NEVER`] where Rust has to see each way to a client),
    pub hooked: u32,
    /// and IRQs of V86 code to its handlers ([`NEVER`] also where Rust has to see those).
    pub interrupt_v86: u32,
    /// 1 while handlers wait for DOS.
    pub waits: u32,
    /// Twice how often Rust code has run, and one: it is never 0.
    pub generation: u32,
    /// The register structure found last: selector (0 for none), offset and linear address.
    pub known_selector: u32,
    /// See `known_selector`.
    pub known_offset: u32,
    /// See `known_selector`.
    pub known_linear: u32,
    /// Address of the XMS heap's table of blocks,
    pub blocks: u32,
    /// and how many there are; 0 when every call goes to Rust.
    pub block_count: u32,
}

/// A landing word that no slot has, as they are compared without their vector.
pub const NEVER: u32 = 0x00FF_0000;

/// Vectors that are reflected as they are, one bit for each.
#[unsafe(link_section = ".hot.data")]
pub static DIRECT_VECTORS: [u32; 8] = ferrite::monitor::DIRECT_VECTORS;

/// Functions of INT 21h that are reflected as they are, one bit for each AH.
#[unsafe(link_section = ".hot.data")]
pub static PLAIN_DOS: [u32; 8] = ferrite::dos::rows::PLAIN;

/// See [`Fast`].
#[unsafe(link_section = ".hot.data")]
pub static mut FAST: Fast = Fast {
    client: 0,
    ldt: 0,
    current: u32::MAX,
    return_site: 0,
    return_after: 0,
    raw_after: 0,
    xms_after: 0,
    xms_again_after: 0,
    callback_after: 0,
    resident_segment: 0,
    callbacks: 0,
    callback_count: 0,
    client_flags: 0,
    version: [0; 3],
    reflected: 0,
    structure: 0,
    interrupted: 0,
    interrupt: 0,
    exception: 0,
    callback: 0,
    hooked: NEVER,
    interrupt_v86: NEVER,
    waits: 0,
    generation: 1,
    known_selector: 0,
    known_offset: 0,
    known_linear: 0,
    blocks: 0,
    block_count: 0,
};

/// The words, for changing.
fn words() -> &'static mut Fast {
    let at = &raw mut FAST;
    // SAFETY: one thread of control; no caller keeps the reference beyond its own function.
    unsafe { &mut *at }
}

/// Fills what does not change after start.
pub fn prepare(host: &Host<Pc>) {
    let facts = &host.facts;
    let segment = facts.resident >> 4;
    let site = |event: u32| segment << 16 | (facts.trap_base as u32 + event * TRAP_STRIDE);
    let fast = words();
    fast.return_site = site(event::RETURN);
    fast.return_after = site(event::RETURN) + 2;
    fast.xms_after = site(event::XMS) + 2;
    fast.xms_again_after = site(event::XMS_AGAIN) + 2;
    fast.callback_after = facts.resident + facts.callback_trap as u32 + 2;
    if facts.protect_page0 {
        // From V86 code to a client only by Rust, which closes the first page (src/monitor/page_zero.rs); see `raw_after` too.
        fast.return_after = 0;
        fast.callback_after = 0;
    }
    fast.resident_segment = segment;
    let (blocks, count) = entry_code::table(&host.memory.heap).unwrap_or((0, 0));
    (fast.blocks, fast.block_count) = (blocks as u32, count as u32);
    fast.client_flags = 2 | (facts.client_iopl as u32 & 3) << 12;
    fast.version = [version::DPMI_VERSION as u32, version::FLAGS as u32, facts.cpu as u32];
}

/// Follows what a service may have changed that left clients, slots and callbacks as they were.
#[inline(always)]
pub fn follow_service() {
    let fast = words();
    fast.generation = fast.generation.wrapping_add(2);
    fast.known_selector = 0;
    tables::rust_has_run();
}

/// Follows what an event may have changed.
#[inline(always)]
pub fn follow(host: &Host<Pc>) {
    follow_service();
    let fast = words();
    let current = host.current;
    fast.client = host.clients[current as usize].as_deref().map_or(0, |client| &raw const *client as u32);
    if fast.current != current as u32 || fast.waits != host.handlers_wait as u32 {
        change_client(fast, host);
    }
    fast.ldt = ldt_address(current);
    fast.callbacks = host.callbacks.as_ptr() as u32;
    fast.callback_count = host.callbacks.len() as u32;
}

/// Makes the landing words, and the raw switch's address, those of another client.
#[cold]
fn change_client(fast: &mut Fast, host: &Host<Pc>) {
    let (facts, current) = (&host.facts, host.current);
    let words = |landing: Landing, locked: u8| landing as u32 | (locked as u32) << 8 | (current as u32) << 24;
    fast.current = current as u32;
    fast.waits = host.handlers_wait as u32;
    fast.reflected = words(Landing::Reflected, 0);
    fast.structure = words(Landing::Structure, 0);
    fast.interrupted = words(Landing::Interrupt, 0);
    fast.interrupt = words(Landing::Interrupt, ENTERED | QUICK);
    fast.exception = words(Landing::Exception, ENTERED | QUICK);
    fast.callback = words(Landing::Callback, ENTERED);
    (fast.hooked, fast.interrupt_v86, fast.raw_after) = (NEVER, NEVER, 0);
    if !facts.protect_page0 && facts.client_iopl != 0 {
        fast.hooked = words(Landing::Hooked, ENTERED);
        // A handler that waits for DOS goes on at a tick that Rust sees, and ticks are counted over all clients
        // (src/monitor/ticks.rs): only the current one's depth changes until it is another's turn.
        let mut others = host.clients.iter().enumerate().filter(|&(id, _)| id != current as usize);
        let deep = others.any(|(_, other)| other.as_ref().is_some_and(|other| other.hot.locked_depth != 0));
        if !host.handlers_wait && !deep {
            fast.interrupt_v86 = words(Landing::Interrupt, ENTERED);
        }
        // The site's address under the client's alias, as 0306h tells it.
        let (segment, offset) = facts.alias_address(event::RAW_SWITCH, current);
        fast.raw_after = (segment as u32) << 16 | (offset as u32 + 2);
    }
}

const _: () = assert!(core::mem::offset_of!(Callback, kind) < 256);
