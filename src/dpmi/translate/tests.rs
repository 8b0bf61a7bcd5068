use super::*;
use crate::dpmi::fixture::{host, refusal, registers, success, CLIENT};
use crate::mock::Mock;
use crate::regs::{CARRY, IOPL, NESTED, VIRTUAL};
use crate::service::Next;
use crate::x86::descriptor::{Descriptor, BIG, CODE3, DATA3};

/// Linear address of the client's segment.
const BASE: u32 = 0x5_0000;
/// Offset of the register structure in it.
const AT: u32 = 0x100;

/// A host whose client has data (with `flags`) and code over [`BASE`], 64 KiB each; the two selectors.
fn host_with_segments(width: Width, flags: u8) -> (Host<Mock>, u16, u16) {
    let mut host = host(width);
    host.facts.resident = 0x1000 << 4;
    host.facts.callback_trap = 0x200;
    host.facts.trap_base = 0x180;
    assert!(host.machine.grow_descriptors(CLIENT, 32));
    let client = host.clients[CLIENT as usize].as_mut().unwrap();
    let first = crate::dpmi::ldt::allocate(&mut host.machine, CLIENT, &mut client.ldt, 2).unwrap();
    host.machine.set_descriptor(CLIENT, first, Descriptor::new(BASE, 0xFFFF, DATA3, flags).0);
    host.machine.set_descriptor(CLIENT, first + 1, Descriptor::new(BASE, 0xFFFF, CODE3, flags).0);
    (host, first << 3 | 7, (first + 1) << 3 | 7)
}

/// Registers for 0300h to 0302h: the structure at `data`:[`AT`], the stack in `data` too.
fn calling(data: u16, words: u16) -> Registers {
    let mut regs = registers();
    (regs.es, regs.edi, regs.ss, regs.esp) = (data as u32, AT, data as u32, 0xABCD_8000);
    regs.set_bx(0x21);
    regs.set_cx(words);
    regs
}

/// Fills the structure: dword n is 0x1000_0000 * n, word n of those behind is 0x1100 + n.
fn fill_structure(host: &mut Host<Mock>) {
    for index in 0..8 {
        host.machine.write_u32(BASE + AT + index * 4, 0x1000_0000 * index);
    }
    for index in 0..9 {
        host.machine.write_u16(BASE + AT + 0x20 + index as u32 * 2, 0x1100 + index);
    }
}

/// Runs a service that asks for a real-mode call.
fn wanted(
    host: &mut Host<Mock>,
    service: fn(&mut Host<Mock>, &mut Registers) -> Outcome,
    regs: &Registers,
) -> RealCall<Mock> {
    let mut after = *regs;
    assert_eq!(service(host, &mut after), Ok(Next::RealCall));
    assert_eq!(after, *regs, "registers stay until real mode has answered");
    host.call.take().expect("a call is described")
}

#[test]
fn a_call_takes_its_registers_from_the_structure() {
    let (mut host, data, _) = host_with_segments(Width::Bits32, BIG);
    fill_structure(&mut host);
    host.machine.write_u16(BASE + AT + 0x20, 0xFFFF);
    let call = wanted(&mut host, simulate_interrupt, &calling(data, 0));
    let regs = &call.regs;
    assert_eq!([regs.edi, regs.esi, regs.ebp], [0, 0x1000_0000, 0x2000_0000]);
    assert_eq!(
        [regs.ebx, regs.edx, regs.ecx, regs.eax],
        [0x4000_0000, 0x5000_0000, 0x6000_0000, 0x7000_0000]
    );
    assert_eq!([regs.v_es, regs.v_ds, regs.v_fs, regs.v_gs], [0x1101, 0x1102, 0x1103, 0x1104]);
    assert_eq!(regs.eflags & (IOPL | NESTED | VIRTUAL), 0, "flags that are not the client's");
    assert_eq!(regs.eflags & CARRY, CARRY);
    assert_eq!(call.stack, 0x1108_1107);
    assert!(matches!(call.target, RealTarget::Interrupt(0x21)));
    assert!(matches!(call.finish, Finish::Structure(at) if at == BASE + AT));
}

#[test]
fn the_procedure_called_is_the_structures_cs_and_ip() {
    let (mut host, data, _) = host_with_segments(Width::Bits32, BIG);
    fill_structure(&mut host);
    let far = wanted(&mut host, call_far, &calling(data, 0)).target;
    assert!(matches!(far, RealTarget::Far { cs: 0x1106, ip: 0x1105 }));
    let iret = wanted(&mut host, call_iret, &calling(data, 0)).target;
    assert!(matches!(iret, RealTarget::FarIret { cs: 0x1106, ip: 0x1105 }));
}

#[test]
fn words_come_from_the_clients_stack_by_the_width_of_the_stack() {
    for (flags, expected) in [(0, Ok(BASE + 0x8000)), (BIG, Err(Code::InvalidValue as u16))] {
        let (mut host, data, _) = host_with_segments(Width::Bits32, flags);
        let regs = calling(data, 3);
        match expected {
            Ok(from) => assert_eq!(wanted(&mut host, call_far, &regs).words, (3, from)),
            // ESP's upper half counts on a 32-bit stack, and lies beyond the limit here.
            Err(code) => assert_eq!(refusal(&mut host, call_far, &regs), code),
        }
    }
    // The last word is the segment's last.
    let (mut host, data, _) = host_with_segments(Width::Bits32, 0);
    let mut regs = calling(data, 4);
    regs.esp = 0xFFF8;
    assert_eq!(wanted(&mut host, call_far, &regs).words, (4, BASE + 0xFFF8));
    regs.esp = 0xFFFA;
    assert_eq!(refusal(&mut host, call_far, &regs), Code::InvalidValue as u16);
}

#[test]
fn the_hosts_stack_takes_a_limited_number_of_words_and_a_stack_of_the_clients_any() {
    let (mut host, data, _) = host_with_segments(Width::Bits32, 0);
    let mut regs = calling(data, WORDS_MAX);
    assert_eq!(wanted(&mut host, simulate_interrupt, &regs).words.0, WORDS_MAX);
    regs.set_cx(WORDS_MAX + 1);
    assert_eq!(refusal(&mut host, simulate_interrupt, &regs), Code::InvalidValue as u16);
    host.machine.write_u32(BASE + AT + 0x2E, 0x2000_0100);
    assert_eq!(wanted(&mut host, simulate_interrupt, &regs).stack, 0x2000_0100);
}

#[test]
fn a_structure_that_is_not_all_there_is_refused() {
    let (mut host, data, _) = host_with_segments(Width::Bits32, BIG);
    let mut regs = calling(data, 0);
    regs.edi = 0x1_0000 - structure::SIZE;
    wanted(&mut host, simulate_interrupt, &regs);
    regs.edi += 1;
    assert_eq!(refusal(&mut host, simulate_interrupt, &regs), Code::InvalidValue as u16);
    regs.es = 0;
    assert_eq!(refusal(&mut host, simulate_interrupt, &regs), Code::InvalidSelector as u16);
    let (mut host, data, _) = host_with_segments(Width::Bits16, 0);
    let mut regs = calling(data, 0);
    regs.edi |= 0xFFFF_0000;
    wanted(&mut host, simulate_interrupt, &regs);
}

/// Registers for 0303h.
fn allocating(data: u16, code: u16) -> Registers {
    let mut regs = registers();
    (regs.ds, regs.esi, regs.es, regs.edi) = (code as u32, 0xABCD_0010, data as u32, AT);
    regs
}

#[test]
fn callbacks_are_aliases_of_one_trap_as_many_as_a_client_may_have() {
    let (mut host, data, code) = host_with_segments(Width::Bits16, 0);
    let regs = allocating(data, code);
    let mut known = Vec::new();
    for _ in 0..CALLBACKS_MAX {
        let after = success(&mut host, allocate_callback, &regs);
        let linear = ((after.cx() as u32) << 4) + after.dx() as u32;
        assert_eq!(linear, host.facts.resident + host.facts.callback_trap as u32);
        assert!(!known.contains(&(after.cx(), after.dx())), "each has an address of its own");
        known.push((after.cx(), after.dx()));
    }
    assert_eq!(refusal(&mut host, allocate_callback, &regs), Code::CallbackUnavailable as u16);
    assert_eq!(host.callbacks[0].procedure, FarPointer { offset: 0x10, selector: code, reserved: 0 });
    assert_eq!(host.callbacks[0].structure, FarPointer { offset: AT, selector: data, reserved: 0 });

    let mut freed = registers();
    freed.set_cx(known[5].0);
    freed.set_dx(known[5].1);
    success(&mut host, free_callback, &freed);
    assert_eq!(refusal(&mut host, free_callback, &freed), Code::InvalidCallback as u16);
    let again = success(&mut host, allocate_callback, &regs);
    assert_eq!((again.cx(), again.dx()), known[5]);
}

#[test]
fn only_ones_own_callbacks_can_be_freed_by_their_own_address() {
    let (mut host, data, code) = host_with_segments(Width::Bits32, BIG);
    let mut regs = allocating(data, code);
    regs.esi = 0x10;
    let own = success(&mut host, allocate_callback, &regs);
    let mut freed = registers();
    for (segment, offset) in
        [(own.cx(), own.dx() + 1), (own.cx() - 1, own.dx() + 16), (own.cx() + 1, own.dx())]
    {
        freed.set_cx(segment);
        freed.set_dx(offset);
        assert_eq!(refusal(&mut host, free_callback, &freed), Code::InvalidCallback as u16);
    }
    freed.set_cx(own.cx());
    freed.set_dx(own.dx());
    host.callbacks[0].client = CLIENT + 1;
    assert_eq!(refusal(&mut host, free_callback, &freed), Code::InvalidCallback as u16);
    host.callbacks[0] = Callback { client: CLIENT, kind: CallbackKind::Mouse, ..host.callbacks[0] };
    assert_eq!(refusal(&mut host, free_callback, &freed), Code::InvalidCallback as u16);
}

#[test]
fn a_callback_needs_code_and_a_whole_structure() {
    let (mut host, data, code) = host_with_segments(Width::Bits16, 0);
    assert_eq!(refusal(&mut host, allocate_callback, &allocating(data, data)), Code::InvalidSelector as u16);
    assert_eq!(refusal(&mut host, allocate_callback, &allocating(0, code)), Code::InvalidSelector as u16);
    let mut regs = allocating(data, code);
    regs.edi = 0x1_0000 - structure::SIZE + 1;
    assert_eq!(refusal(&mut host, allocate_callback, &regs), Code::InvalidValue as u16);
    assert!(host.callbacks.is_empty());
}

#[test]
fn all_clients_together_have_as_many_callbacks_as_the_resident_segment_allows() {
    let (mut host, data, code) = host_with_segments(Width::Bits16, 0);
    host.facts.resident = 3 << 4;
    for _ in 0..3 {
        success(&mut host, allocate_callback, &allocating(data, code));
    }
    assert_eq!(
        refusal(&mut host, allocate_callback, &allocating(data, code)),
        Code::CallbackUnavailable as u16
    );
    host.facts.resident = 0x1000 << 4;
    host.facts.callback_trap = 0xFFF0 - 5 * 16;
    for _ in 0..2 {
        success(&mut host, allocate_callback, &allocating(data, code));
    }
    assert_eq!(
        refusal(&mut host, allocate_callback, &allocating(data, code)),
        Code::CallbackUnavailable as u16
    );
}

#[test]
fn a_client_has_one_event_procedure_of_a_kind_and_takes_over_an_orphans_entry() {
    let (mut host, data, code) = host_with_segments(Width::Bits32, BIG);
    let at = |offset| FarPointer { offset, selector: code, reserved: 0 };
    let mouse = event_address(&mut host, CallbackKind::Mouse, 1, at(0x10)).unwrap();
    assert_eq!(event_address(&mut host, CallbackKind::Mouse, 1, at(0x20)), Ok(mouse));
    assert_eq!(host.callbacks[0].procedure, at(0x20), "the newer procedure counts");
    let other = event_address(&mut host, CallbackKind::Mouse, 2, at(0x30)).unwrap();
    let pointer = event_address(&mut host, CallbackKind::Pointer, 1, at(0x40)).unwrap();
    assert!(mouse != other && mouse != pointer && other != pointer);
    host.callbacks[1].client = NOBODY;
    assert_eq!(event_address(&mut host, CallbackKind::Mouse, 2, at(0x50)), Ok(other));
    assert_eq!(host.callbacks[1].client, CLIENT);
    host.callbacks[1].client = CLIENT + 1;
    assert_ne!(event_address(&mut host, CallbackKind::Mouse, 2, at(0x50)), Ok(other), "that one lives");
    let wrong = FarPointer { selector: data, ..Default::default() };
    assert_eq!(event_address(&mut host, CallbackKind::Mouse, 1, wrong), Err(Code::InvalidSelector));
}

#[test]
fn the_addresses_of_raw_switches_and_state_routines_are_traps_of_the_right_event() {
    for width in [Width::Bits16, Width::Bits32] {
        let (mut host, ..) = host_with_segments(width, 0);
        let trap = |event: u32| {
            host.facts.resident + host.facts.trap_base as u32 + event * crate::layout::TRAP_STRIDE
        };
        let (state, switch) = (trap(event::SAVE_STATE), trap(event::RAW_SWITCH));
        let high = if width == Width::Bits16 { 0xD1D1_0000 } else { 0 };
        let told = |regs: &Registers| ((regs.bx() as u32) << 4) + regs.cx() as u32;

        let after = success(&mut host, state_addresses, &registers());
        assert_eq!((told(&after), after.ax()), (state, 0));
        assert_eq!((after.si() as u32, after.edi), (width.landing_selector(), high | landing::SAVE_STATE));

        let after = success(&mut host, raw_addresses, &registers());
        assert_eq!(told(&after), switch, "an alias of the site");
        assert_eq!(after.bx(), 0x1000 - CLIENT as u16, "its segment says whose protected mode it is");
        assert_eq!((after.si() as u32, after.edi), (width.landing_selector(), high | landing::RAW_SWITCH));
    }
}
