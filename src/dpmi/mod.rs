//! INT 31h: one row per service, in numeric order, and the dense index that finds a row.
//!
//! DPMI 0.9 and 1.0. Every group has one file beside this one, named after what AH selects.

#[cfg(test)]
mod coverage;
pub mod debug;
pub mod demand;
pub mod dosmem;
#[cfg(test)]
pub mod fixture;
pub mod fpu;
pub mod ldt;
pub mod lock;
pub mod memory;
pub mod physmap;
pub mod translate;
pub mod vectors;
pub mod vendor;
pub mod version;
pub mod vif;
pub mod watch;

use core::marker::PhantomData;

use crate::machine::Machine;
use crate::service::Since::{V09, V10};
use crate::service::{ascending, row, Handler, Service};

/// INT 31h over a machine.
pub struct Int31<M>(PhantomData<M>);

pub use Int31 as INT31;

/// AH values that the index covers: 00h to 0Fh.
const GROUPS: usize = 0x10;
/// AL values that the index covers.
const MEMBERS: usize = 0x10;

impl<M: Machine + 'static> Int31<M> {
    /// Every service this host offers, in numeric order.
    pub const ROWS: &'static [Service<Handler<M>>] = &[
        row(0x0000, V09, "Allocate LDT Descriptors", ldt::allocate_descriptors),
        row(0x0001, V09, "Free LDT Descriptor", ldt::free_descriptor),
        row(0x0002, V09, "Segment to Descriptor", ldt::segment_to_descriptor),
        row(0x0003, V09, "Get Selector Increment Value", ldt::selector_increment),
        row(0x0004, V09, "Lock Selector", ldt::lock_selector),
        row(0x0005, V09, "Unlock Selector", ldt::lock_selector),
        row(0x0006, V09, "Get Segment Base Address", ldt::get_base),
        row(0x0007, V09, "Set Segment Base Address", ldt::set_base),
        row(0x0008, V09, "Set Segment Limit", ldt::set_limit),
        row(0x0009, V09, "Set Descriptor Access Rights", ldt::set_access),
        row(0x000A, V09, "Create Alias Descriptor", ldt::create_alias),
        row(0x000B, V09, "Get Descriptor", ldt::get_descriptor),
        row(0x000C, V09, "Set Descriptor", ldt::set_descriptor),
        row(0x000D, V09, "Allocate Specific LDT Descriptor", ldt::allocate_specific),
        row(0x000E, V10, "Get Multiple Descriptors", ldt::get_multiple),
        row(0x000F, V10, "Set Multiple Descriptors", ldt::set_multiple),
        row(0x0100, V09, "Allocate DOS Memory Block", dosmem::allocate),
        row(0x0101, V09, "Free DOS Memory Block", dosmem::free),
        row(0x0102, V09, "Resize DOS Memory Block", dosmem::resize),
        row(0x0200, V09, "Get Real Mode Interrupt Vector", vectors::get_real),
        row(0x0201, V09, "Set Real Mode Interrupt Vector", vectors::set_real),
        row(0x0202, V09, "Get Processor Exception Handler Vector", vectors::get_exception),
        row(0x0203, V09, "Set Processor Exception Handler Vector", vectors::set_exception),
        row(0x0204, V09, "Get Protected Mode Interrupt Vector", vectors::get_protected),
        row(0x0205, V09, "Set Protected Mode Interrupt Vector", vectors::set_protected),
        row(0x0300, V09, "Simulate Real Mode Interrupt", translate::simulate_interrupt),
        row(0x0301, V09, "Call Real Mode Procedure With Far Return Frame", translate::call_far),
        row(0x0302, V09, "Call Real Mode Procedure With IRET Frame", translate::call_iret),
        row(0x0303, V09, "Allocate Real Mode Callback Address", translate::allocate_callback),
        row(0x0304, V09, "Free Real Mode Callback Address", translate::free_callback),
        row(0x0305, V09, "Get State Save/Restore Addresses", translate::state_addresses),
        row(0x0306, V09, "Get Raw Mode Switch Addresses", translate::raw_addresses),
        row(0x0400, V09, "Get Version", version::get_version),
        row(0x0401, V10, "Get DPMI Capabilities", version::get_capabilities),
        row(0x0500, V09, "Get Free Memory Information", memory::free_information),
        row(0x0501, V09, "Allocate Memory Block", memory::allocate),
        row(0x0502, V09, "Free Memory Block", memory::free),
        row(0x0503, V09, "Resize Memory Block", memory::resize),
        row(0x0504, V10, "Allocate Linear Memory Block", memory::allocate_linear),
        row(0x0505, V10, "Resize Linear Memory Block", memory::resize_linear),
        row(0x0506, V10, "Get Page Attributes", memory::get_attributes),
        row(0x0507, V10, "Set Page Attributes", memory::set_attributes),
        row(0x0508, V10, "Map Device in Memory Block", memory::map_device),
        row(0x0509, V10, "Map Conventional Memory in Memory Block", memory::map_conventional),
        row(0x050A, V10, "Get Memory Block Size and Base", memory::block_information),
        row(0x050B, V10, "Get Memory Information", memory::information),
        row(0x0600, V09, "Lock Linear Region", lock::lock_region),
        row(0x0601, V09, "Unlock Linear Region", lock::unlock_region),
        row(0x0602, V09, "Mark Real Mode Region as Pageable", lock::mark_pageable),
        row(0x0603, V09, "Relock Real Mode Region", lock::relock),
        row(0x0604, V09, "Get Page Size", lock::page_size),
        row(0x0700, V09, "Mark Pages as Paging Candidates", demand::mark_candidate_pages),
        row(0x0701, V09, "Discard Pages", demand::discard_pages),
        row(0x0702, V09, "Mark Page as Demand Paging Candidate", demand::mark_candidate),
        row(0x0703, V09, "Discard Page Contents", demand::discard),
        row(0x0800, V09, "Physical Address Mapping", physmap::map),
        row(0x0801, V10, "Free Physical Address Mapping", physmap::unmap),
        row(0x0900, V09, "Get and Disable Virtual Interrupt State", vif::get_and_disable),
        row(0x0901, V09, "Get and Enable Virtual Interrupt State", vif::get_and_enable),
        row(0x0902, V09, "Get Virtual Interrupt State", vif::get),
        row(0x0A00, V09, "Get Vendor Specific API Entry Point", vendor::get_entry),
        row(0x0B00, V09, "Set Debug Watchpoint", watch::set),
        row(0x0B01, V09, "Clear Debug Watchpoint", watch::clear),
        row(0x0B02, V09, "Get State of Debug Watchpoint", watch::state),
        row(0x0B03, V09, "Reset Debug Watchpoint", watch::reset),
        row(0x0E00, V10, "Get Coprocessor Status", fpu::get_status),
        row(0x0E01, V10, "Set Coprocessor Emulation", fpu::set_emulation),
    ];

    const ORDERED: () = assert!(ascending(Self::ROWS), "rows must stay in numeric order");

    /// The handler of each (AH, AL), both below 10h: AH is the high half of the index.
    const INDEX: [Option<Handler<M>>; GROUPS * MEMBERS] = {
        let mut index: [Option<Handler<M>>; GROUPS * MEMBERS] = [None; GROUPS * MEMBERS];
        let mut at = 0;
        while at < Self::ROWS.len() {
            let row = &Self::ROWS[at];
            index[(row.number as usize >> 8) * MEMBERS + (row.number as usize & 0xFF)] = Some(row.handler);
            at += 1;
        }
        index
    };

    /// The handler of a service.
    #[inline]
    pub fn find(ax: u16) -> Option<Handler<M>> {
        #[allow(clippy::let_unit_value)]
        let _ = Self::ORDERED;
        if ax & 0xF0F0 != 0 {
            return None;
        }
        Self::INDEX[(ax as u8 | (ax >> 4) as u8) as usize]
    }
}
