//! Copying between addresses that are no Rust objects': clients' memory, windows on physical memory.
//!
//! Facts relied on: ring 0 may touch every present page, and the callers have checked that the pages are; interrupts are off, and
//! DF is clear while Rust runs.

use core::arch::asm;

/// Copies upwards with REP MOVSD; the ranges must be present.
pub(super) fn copy_up(from: u32, to: u32, bytes: u32) {
    // SAFETY: the caller has checked both ranges; DF is clear in the core.
    unsafe {
        asm!(
            "mov {saved}, esi",
            "mov esi, {from}",
            "rep movsd",
            "mov ecx, eax",
            "rep movsb",
            "mov esi, {saved}",
            saved = out(reg) _,
            from = in(reg) from,
            // Not any register: it could be ESI, which is gone by then.
            in("eax") bytes & 3,
            inout("ecx") bytes >> 2 => _,
            inout("edi") to => _,
            options(nostack)
        );
    }
}

/// Copies downwards, for a destination inside the source.
pub(super) fn copy_down(from: u32, to: u32, bytes: u32) {
    // SAFETY: as in `copy_up`; DF is set and cleared again.
    unsafe {
        asm!(
            "mov {saved}, esi",
            "mov esi, {from}",
            "std",
            "rep movsb",
            "mov ecx, eax",
            "sub esi, 3",
            "sub edi, 3",
            "rep movsd",
            "cld",
            "mov esi, {saved}",
            saved = out(reg) _,
            from = in(reg) from.wrapping_add(bytes).wrapping_sub(1),
            in("eax") bytes >> 2,
            // What is left over lies at the end.
            inout("ecx") bytes & 3 => _,
            inout("edi") to.wrapping_add(bytes).wrapping_sub(1) => _,
            options(nostack)
        );
    }
}

/// Exchanges `words` double words; the ranges must be present and not overlap.
pub(super) fn swap_words(one: u32, other: u32, words: u32) {
    // SAFETY: the caller has checked both ranges; DF is clear in the core.
    unsafe {
        asm!(
            "jecxz 3f",
            "2:",
            "mov eax, [edi]",
            "mov {word}, [edx]",
            "mov [edx], eax",
            "add edx, 4",
            "mov eax, {word}",
            "stosd",
            "dec ecx",
            "jnz 2b",
            "3:",
            word = out(reg) _,
            out("eax") _,
            inout("edx") one => _,
            inout("ecx") words => _,
            inout("edi") other => _,
            options(nostack)
        );
    }
}

/// Copies either way, as if through a buffer.
pub(super) fn copy_linear(from: u32, to: u32, bytes: u32) {
    if to > from && to - from < bytes {
        copy_down(from, to, bytes);
    } else {
        copy_up(from, to, bytes);
    }
}
