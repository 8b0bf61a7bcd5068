//! Random calls against blocks that are plain bytes, and against no expectation but survival.

use proptest::prelude::*;

use super::{dx, dx_bx, World, STRUCTURE};
use crate::machine::Machine;
use crate::regs::Registers;
use crate::xms::Config;

#[derive(Clone, Debug)]
enum Action {
    Allocate(u32),
    Free(usize),
    Resize(usize, u32),
    Lock(usize),
    Unlock(usize),
    /// Ends, offsets, length: scaled to what is there.
    Move([usize; 2], [u32; 2], u32),
}

fn action() -> impl Strategy<Value = Action> {
    let any_block = any::<usize>;
    prop_oneof![
        3 => (0u32..90).prop_map(Action::Allocate),
        1 => any_block().prop_map(Action::Free),
        2 => (any_block(), 0u32..120).prop_map(|(which, kib)| Action::Resize(which, kib)),
        2 => any_block().prop_map(Action::Lock),
        1 => any_block().prop_map(Action::Unlock),
        6 => (any::<[usize; 2]>(), any::<[u32; 2]>(), any::<u32>())
            .prop_map(|(ends, offsets, length)| Action::Move(ends, offsets, length)),
    ]
}

/// Conventional memory that takes part: 64 KiB from here on.
const BUFFER: u32 = 0x4_0000;

struct Known {
    handle: u32,
    bytes: Vec<u8>,
    locks: u32,
}

/// The model: index 0 is the conventional buffer, which has handle 0.
fn perform(world: &mut World, known: &mut Vec<Known>, action: Action) {
    let pick = |which: usize| 1 + which % (known.len() - 1).max(1);
    let fits =
        |kib: u32| kib <= 320 - known[1..].iter().map(|block| block.bytes.len() as u32 / 1024).sum::<u32>();
    match action {
        Action::Allocate(kib) => {
            let regs = world.call(0x09, dx(kib));
            assert_eq!(regs.ax() == 1, known.len() < 13 && fits(kib));
            if regs.ax() == 1 {
                let handle = regs.dx() as u32;
                let bytes = (0..kib << 10).map(|at| world.byte(handle, at)).collect();
                known.push(Known { handle, bytes, locks: 0 });
            }
        }
        _ if known.len() == 1 && !matches!(action, Action::Move(..)) => {}
        Action::Free(which) => {
            let which = pick(which);
            let regs = world.call(0x0A, dx(known[which].handle));
            assert_eq!(regs.ax() == 1, known[which].locks == 0);
            if regs.ax() == 1 {
                known.remove(which);
            }
        }
        Action::Resize(which, kib) => {
            let which = pick(which);
            let old = known[which].bytes.len() as u32;
            let possible = known[which].locks == 0 && (kib << 10 <= old || fits(kib - (old >> 10)));
            let regs = world.call(0x8F, dx_bx(known[which].handle, kib));
            assert_eq!(regs.ax() == 1, possible);
            if possible {
                known[which].bytes.truncate((kib << 10) as usize);
                let handle = known[which].handle;
                known[which].bytes.extend((old..kib << 10).map(|at| world.byte(handle, at)));
            }
        }
        Action::Lock(which) => {
            let which = pick(which);
            known[which].locks += world.call(0x0C, dx(known[which].handle)).ax() as u32;
        }
        Action::Unlock(which) => {
            let which = pick(which);
            let done = world.call(0x0D, dx(known[which].handle)).ax() as u32;
            assert_eq!(done, known[which].locks.min(1));
            known[which].locks -= done;
        }
        Action::Move(ends, offsets, length) => random_move(world, known, ends, offsets, length),
    }
}

fn random_move(world: &mut World, known: &mut [Known], ends: [usize; 2], offsets: [u32; 2], length: u32) {
    let [from, to] = ends.map(|which| which % known.len());
    let sizes = [from, to].map(|which| known[which].bytes.len() as u32);
    let [from_at, to_at] = [0, 1].map(|end| offsets[end] % (sizes[end] + 1));
    let room = (sizes[0] - from_at).min(sizes[1] - to_at);
    let length = (length % (room + 1)) & !1;
    let place = |which: usize, at: u32| {
        let handle = known[which].handle;
        (handle, if handle == 0 { ((BUFFER + at) >> 4 << 16) | (at & 15) } else { at })
    };
    let regs = world.moved(length, place(from, from_at), place(to, to_at));
    assert_eq!(regs.ax(), 1, "refused with {:02X}h", regs.bl());
    let bytes = known[from].bytes[from_at as usize..][..length as usize].to_vec();
    known[to].bytes[to_at as usize..][..length as usize].copy_from_slice(&bytes);
}

fn compare(world: &mut World, known: &[Known]) {
    for block in known {
        for (at, byte) in block.bytes.iter().enumerate() {
            let found = match block.handle {
                0 => world.machine.physical_u8(BUFFER + at as u32),
                handle => world.byte(handle, at as u32),
            };
            assert_eq!(found, *byte, "byte {at:#X} of handle {:#X}", block.handle);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn blocks_keep_what_was_copied_to_them(actions in proptest::collection::vec(action(), 1..50)) {
        let mut world = World::new(Config::default());
        let bytes: Vec<u8> = (0..0x10000u32).map(|at| (at.wrapping_mul(0x9E37_79B1) >> 24) as u8).collect();
        world.machine.write_bytes(BUFFER, &bytes);
        let mut known = vec![Known { handle: 0, bytes, locks: 0 }];
        for action in actions {
            perform(&mut world, &mut known, action);
        }
        compare(&mut world, &known);
        prop_assert!(world.xms.works.is_empty());
    }

    #[test]
    fn no_registers_whatever_harm_anything(
        calls in proptest::collection::vec((any::<u8>(), any::<[u32; 4]>(), any::<[u8; 18]>(), any::<bool>()), 1..40),
    ) {
        let mut world = World::new(Config::default());
        let handles = [world.allocate(7), world.allocate(0), world.allocate(33)];
        for (ah, [ebx, ecx, edx, salt], structure, sane) in calls {
            let mut structure = structure;
            if sane {
                structure[4..6].copy_from_slice(&(handles[salt as usize % 3] as u16).to_le_bytes());
                structure[3] = 0;
                structure[9] = 0;
            }
            world.machine.write_bytes(STRUCTURE, &structure);
            let edx = if sane { handles[salt as usize % 3] } else { edx };
            let regs = Registers { ebx, ecx, edx, v_ds: STRUCTURE >> 4, ..Default::default() };
            world.call(ah, regs);
            world.memory.heap.available(&world.memory.frames);
        }
    }
}
