use super::*;
use crate::mock::{Mock, KERNEL_DIRECTORY};
use crate::paging::frames::{Frames, Run};
use crate::paging::{ARENA_BASE, LANDING};
use proptest::prelude::*;

mod sharing;

const FIRST_FRAME: u32 = 0x200;
const WRITE_FAULT: u32 = FROM_USER | WRITE;

struct World {
    machine: Mock,
    memory: Memory,
    space: Space,
}

impl World {
    fn new(frames: u32) -> World {
        let mut machine = Mock::new();
        let mut memory = Memory::new(Frames::new(vec![0; frames as usize].leak(), FIRST_FRAME));
        memory.frames.add(Run { first: FIRST_FRAME, count: frames });
        let mut space = Space::create(&mut machine, &mut memory, KERNEL_DIRECTORY).unwrap();
        space.set_client(5);
        machine.load_space(space.directory());
        // What is left over in memory must never be seen by a client.
        for frame in FIRST_FRAME..FIRST_FRAME + frames {
            if memory.frames.owner(frame) == Owner::Free {
                machine.write_physical(frame << 12, 0xDEAD_0001);
                machine.write_physical((frame << 12) + 0xFFC, 0xDEAD_0003);
            }
        }
        World { machine, memory, space }
    }

    fn allocate(&mut self, bytes: u32) -> Result<Allocation, Code> {
        self.space.allocate(&mut self.machine, &mut self.memory, bytes)
    }

    fn check(&mut self, linear: u32, bytes: u32, write: bool) -> Check {
        self.space.check(&mut self.machine, &mut self.memory, linear, bytes, write)
    }

    fn fault(&mut self, linear: u32, error: u32) -> FaultOutcome {
        self.space.fault(&mut self.machine, &mut self.memory, linear, error)
    }

    /// What the tables, the frames and the counts say of each other is right.
    fn verify(&self) {
        assert_eq!(self.memory.audit(&self.machine, core::iter::once(&self.space)), Ok(true));
    }
}

use crate::paging::page::Kind;

#[test]
fn a_new_space_sees_conventional_memory_the_landing_page_and_nothing_else() {
    let mut world = World::new(16);
    assert_eq!(world.check(0, LOW_END, true), Check::Ready);
    assert_eq!(world.check(LANDING, 0x1000, false), Check::Ready);
    assert_eq!(world.check(LANDING, 1, true), Check::Bad);
    assert_eq!(world.check(0, LOW_END + 1, false), Check::Bad);
    assert_eq!(world.check(0xFFFF_FFFF, 2, false), Check::Bad);
    assert_eq!(world.check(0xFFFF_F000, 0x1000, false), Check::Bad);
    for linear in [LOW_END, 0x3F_FFFF, ARENA_BASE, ARENA_END - 1, ARENA_END, 0xC000_0000, 0xFFC0_0000] {
        assert_eq!(world.check(linear, 1, false), Check::Bad, "{linear:#X}");
        assert_eq!(world.fault(linear, WRITE_FAULT), FaultOutcome::NotOurs, "{linear:#X}");
    }
    assert_eq!(world.machine.directory_entry(RECURSIVE_SLOT) & FRAME, world.space.directory());
    assert_eq!(world.machine.directory_entry(800), world.machine.read_physical(KERNEL_DIRECTORY + 3200));
}

#[test]
fn a_touch_brings_a_page_of_zeros_and_only_that_page() {
    let mut world = World::new(64);
    let block = world.allocate(0x3000).unwrap();
    world.verify();
    assert_eq!(world.fault(block.base + 0x1234, WRITE_FAULT), FaultOutcome::Handled);
    assert!(world.machine.is_mapped(block.base + 0x1000, true));
    assert!(!world.machine.is_mapped(block.base, false));
    assert_eq!(world.machine.read_u32(block.base + 0x1000), 0);
    assert_eq!(world.machine.read_u32(block.base + 0x1FFC), 0);
    assert_eq!(world.fault(block.base, FROM_USER), FaultOutcome::Handled);
    let Page::Resident(page) = world.space.describe(&world.machine, block.base) else { panic!() };
    assert!(!page.dirty && page.writable, "a page that was only read is clean");
    assert_eq!(world.fault(block.base + 0x3000, WRITE_FAULT), FaultOutcome::NotOurs);
    assert_eq!(world.fault(block.base + 0x2000, WRITE), FaultOutcome::NotOurs);
    assert_eq!(world.memory.counts.zeroed, 2);
    world.verify();
}

#[test]
fn a_space_gives_everything_back_whether_it_is_loaded_or_not() {
    for loaded in [true, false] {
        let mut world = World::new(4096);
        let free = world.memory.frames.free_count() + 1;
        let block = world.allocate(0x0080_0000).unwrap();
        assert_eq!(world.check(block.base + 0x1000, 0x0040_0000, true), Check::Ready);
        world.allocate(0x1000).unwrap();
        world.space.allocate_locked_stack(&mut world.machine, &mut world.memory, 4096).unwrap();
        world.space.map_physical(&mut world.machine, &mut world.memory, 0xE000_0000, 0x1_0000).unwrap();
        world.space.copy_on_write(&mut world.machine, &mut world.memory, block.base, 30).unwrap();
        world.space.lock(&mut world.machine, &mut world.memory, block.base, 1).unwrap();
        if !loaded {
            world.machine.load_space(KERNEL_DIRECTORY);
        }
        world.space.destroy(&mut world.machine, &mut world.memory);
        assert_eq!(world.machine.cr3, KERNEL_DIRECTORY);
        assert_eq!((world.memory.frames.free_count(), world.memory.frames.promised()), (free, 0));
        world.space.destroy(&mut world.machine, &mut world.memory);
        assert_eq!(world.memory.frames.free_count(), free);
    }
}

#[test]
fn the_locked_stack_lies_at_the_top_over_a_page_that_is_never_there() {
    let mut world = World::new(64);
    let low = world.space.allocate_locked_stack(&mut world.machine, &mut world.memory, 0x1800).unwrap();
    assert_eq!(low, ARENA_END - 0x2000);
    assert!(world.machine.is_mapped(low, true) && world.machine.is_mapped(low + 0x1000, true));
    assert_eq!(world.fault(low - 1, WRITE_FAULT), FaultOutcome::NotOurs);
    assert_eq!(world.check(low - 4, 8, true), Check::Bad);
    world.verify();
}

#[test]
fn committing_eagerly_leaves_nothing_to_fault() {
    let mut world = World::new(64);
    world.memory.eager = true;
    let block = world.allocate(0x8000).unwrap();
    assert!((0..8).all(|page| world.machine.is_mapped(block.base + page * 0x1000, true)));
    let grown =
        world.space.resize(&mut world.machine, &mut world.memory, block.handle, 0xA000, true).unwrap();
    assert!(world.machine.is_mapped(grown.base + 0x9000, true));
    assert_eq!(world.memory.counts.faults, 0);
    world.verify();
}

#[test]
fn lock_counts_end_at_their_limit_with_nothing_changed() {
    let mut world = World::new(64);
    let block = world.allocate(0x2000).unwrap();
    for _ in 0..crate::paging::frames::LOCKS_MAX {
        world.space.lock(&mut world.machine, &mut world.memory, block.base + 0x1000, 1).unwrap();
    }
    let lock = world.space.lock(&mut world.machine, &mut world.memory, block.base, 0x2000);
    assert_eq!(lock, Err(Stop::Refused(Code::LockCountExceeded)));
    assert_eq!(world.space.locked_pages(), 1);
    world.verify();
}

#[test]
fn a_copy_is_private_from_the_first_write_on_whichever_side_writes() {
    for write_source in [true, false] {
        let mut world = World::new(64);
        let source = world.allocate(0x2000).unwrap();
        assert_eq!(world.check(source.base, 4, true), Check::Ready);
        world.machine.write_u32(source.base, 1);
        let copy = world.space.copy_on_write(&mut world.machine, &mut world.memory, source.base, 2).unwrap();
        world.verify();
        let (written, other) = if write_source { (source.base, copy.base) } else { (copy.base, source.base) };
        assert!(!world.machine.is_mapped(written, true) && world.machine.is_mapped(written, false));
        assert_eq!(world.fault(written, WRITE_FAULT | PROTECTION), FaultOutcome::Handled);
        world.machine.write_u32(written, 2);
        world.verify();
        assert_eq!(world.machine.read_u32(other), 1);
        assert_eq!(world.fault(other, WRITE_FAULT | PROTECTION), FaultOutcome::Handled);
        world.machine.write_u32(other, 3);
        assert_eq!(world.machine.read_u32(written), 2);
        assert_eq!(world.memory.counts.copied, 1);
        world.verify();
        world.space.free(&mut world.machine, &mut world.memory, source.handle).unwrap();
        world.verify();
    }
}

#[derive(Clone, Debug)]
enum Action {
    Allocate(u32, u32),
    Free(usize),
    Resize(usize, u32),
    Write(usize, u32, u32),
    Read(usize, u32),
    Lock(usize, u32, u32),
    Unlock(usize),
    Discard(usize, u32, u32),
    Copy(usize),
    Attributes(usize, u32, u16),
}

fn action() -> impl Strategy<Value = Action> {
    let page = 0u32..40;
    prop_oneof![
        3 => (1u32..40, 0u32..1200).prop_map(|(pages, hole)| Action::Allocate(pages, hole)),
        2 => any::<usize>().prop_map(Action::Free),
        3 => (any::<usize>(), 1u32..60).prop_map(|(which, pages)| Action::Resize(which, pages)),
        8 => (any::<usize>(), page.clone(), any::<u32>()).prop_map(|(which, at, value)| Action::Write(which, at, value)),
        4 => (any::<usize>(), page.clone()).prop_map(|(which, at)| Action::Read(which, at)),
        2 => (any::<usize>(), page.clone(), 1u32..5).prop_map(|(which, at, pages)| Action::Lock(which, at, pages)),
        1 => any::<usize>().prop_map(Action::Unlock),
        1 => (any::<usize>(), page.clone(), 1u32..9).prop_map(|(which, at, pages)| Action::Discard(which, at, pages)),
        1 => any::<usize>().prop_map(Action::Copy),
        2 => (any::<usize>(), page, 0u16..16).prop_map(|(which, at, word)| Action::Attributes(which, at, word)),
    ]
}

/// A page as a plain map has it.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Plain {
    committed: bool,
    writable: bool,
    value: u32,
}

#[derive(Clone, Debug)]
struct Model {
    block: Allocation,
    pages: Vec<Plain>,
    locks: Vec<u32>,
}

const NEW: Plain = Plain { committed: true, writable: true, value: 0 };

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn memory_agrees_with_a_plain_map(actions in prop::collection::vec(action(), 1..120)) {
        let mut world = World::new(200);
        let free = world.memory.frames.free_count();
        let mut models: Vec<Model> = Vec::new();
        let mut locks: Vec<(u32, u32)> = Vec::new();
        for action in actions {
            step(&mut world, &mut models, &mut locks, action);
            world.verify();
            for model in &models {
                compare(&mut world, model);
            }
        }
        for model in models {
            world.space.free(&mut world.machine, &mut world.memory, model.block.handle).unwrap();
            world.verify();
        }
        prop_assert_eq!((world.memory.frames.free_count(), world.memory.frames.promised()), (free, 0));
        world.space.destroy(&mut world.machine, &mut world.memory);
        prop_assert_eq!(world.memory.frames.free_count(), free + 1);
    }
}

/// Compares what pages hold, without touching those that were not touched yet.
fn compare(world: &mut World, model: &Model) {
    for (page, plain) in model.pages.iter().enumerate() {
        let linear = model.block.base + page as u32 * 0x1000;
        match world.space.describe(&world.machine, linear) {
            Page::Uncommitted => assert!(!plain.committed),
            Page::Untouched { writable } => assert_eq!(*plain, Plain { committed: true, writable, value: 0 }),
            Page::Resident(found) => {
                assert!(plain.committed);
                assert_eq!(found.writable || found.kind == Kind::Copied, plain.writable);
                assert_eq!(world.machine.read_u32(linear), plain.value);
                assert_eq!(world.machine.read_u32(linear + 0xFFC), plain.value);
                assert_eq!(world.memory.frames.locks(found.frame), model.locks[page]);
            }
            other => panic!("{other:?} at {linear:#X}"),
        }
    }
}

/// A block of the model and a page in it.
fn pick(models: &mut [Model], which: usize, at: u32) -> Option<(&mut Model, usize)> {
    let count = models.len();
    let model = models.get_mut(which.checked_rem(count)?)?;
    let at = at as usize % model.pages.len();
    Some((model, at))
}

fn step(world: &mut World, models: &mut Vec<Model>, locks: &mut Vec<(u32, u32)>, action: Action) {
    let (machine, memory, space) = (&mut world.machine, &mut world.memory, &mut world.space);
    match action {
        Action::Allocate(pages, hole) => {
            // Fixed addresses now and then, so that blocks lie in many page tables.
            let base = if hole % 3 == 0 { ARENA_BASE + hole * 0x10_0000 } else { 0 };
            let available = memory.frames.available();
            match space.allocate_linear(machine, memory, base, pages << 12, true) {
                Ok(block) => models.push(Model {
                    block,
                    pages: vec![NEW; pages as usize],
                    locks: vec![0; pages as usize],
                }),
                Err(Code::InvalidLinear) => assert!(base != 0),
                Err(code) => {
                    assert_eq!(code, Code::PhysicalMemoryUnavailable);
                    assert!(available < pages + 2);
                }
            }
        }
        Action::Free(which) => {
            if let Some((model, _)) = pick(models, which, 0) {
                let model = model.clone();
                space.free(machine, memory, model.block.handle).unwrap();
                models.retain(|other| other.block != model.block);
                locks.retain(|(base, _)| !within(&model, *base));
            }
        }
        Action::Resize(which, pages) => {
            let Some((model, _)) = pick(models, which, 0) else { return };
            let before = model.clone();
            if let Ok(block) = space.resize(machine, memory, model.block.handle, pages << 12, true) {
                model.pages.resize(pages as usize, NEW);
                model.locks.resize(pages as usize, 0);
                model.block = block;
                locks.retain_mut(|(base, count)| {
                    if !within(&before, *base) {
                        return true;
                    }
                    let first = (*base - before.block.base) >> 12;
                    *base = block.base + (first << 12);
                    if first + *count > pages {
                        // The model forgets the whole lock when part of its range is cut off.
                        let kept = pages.saturating_sub(first).min(*count);
                        if kept > 0 {
                            space.unlock(machine, memory, *base, kept << 12).unwrap();
                            (first..first + kept).for_each(|page| model.locks[page as usize] -= 1);
                        }
                        return false;
                    }
                    true
                });
            }
        }
        Action::Write(which, at, value) => {
            let Some((model, at)) = pick(models, which, at) else { return };
            let linear = model.block.base + at as u32 * 0x1000;
            let ready = space.check(machine, memory, linear, 0x1000, true);
            let plain = &mut model.pages[at];
            assert_eq!(ready == Check::Ready, plain.committed && plain.writable);
            if ready == Check::Ready {
                machine.write_u32(linear, value);
                machine.write_u32(linear + 0xFFC, value);
                plain.value = value;
            }
        }
        Action::Read(which, at) => {
            let Some((model, at)) = pick(models, which, at) else { return };
            let linear = model.block.base + at as u32 * 0x1000 + 0xFFC;
            let outcome = space.fault(machine, memory, linear, FROM_USER);
            assert_eq!(outcome == FaultOutcome::Handled, model.pages[at].committed);
        }
        Action::Lock(which, at, pages) => {
            let Some((model, at)) = pick(models, which, at) else { return };
            let linear = model.block.base + at as u32 * 0x1000;
            let end = at + pages as usize;
            let want = end <= model.pages.len() && model.pages[at..end].iter().all(|plain| plain.committed);
            let outcome = space.lock(machine, memory, linear + 5, (pages << 12) - 9);
            if want {
                assert_eq!(outcome, Ok(()));
                locks.push((linear, pages));
                model.locks[at..end].iter_mut().for_each(|count| *count += 1);
            } else if outcome.is_ok() {
                // The range reached into the next block: that is allowed, but not modelled.
                space.unlock(machine, memory, linear + 5, (pages << 12) - 9).unwrap();
            }
        }
        Action::Unlock(which) => {
            if locks.is_empty() {
                return;
            }
            let (base, count) = locks.swap_remove(which % locks.len());
            space.unlock(machine, memory, base + 5, (count << 12) - 9).unwrap();
            let model = models.iter_mut().find(|model| within(model, base)).unwrap();
            let first = ((base - model.block.base) >> 12) as usize;
            model.locks[first..first + count as usize].iter_mut().for_each(|count| *count -= 1);
        }
        Action::Discard(which, at, pages) => {
            let Some((model, at)) = pick(models, which, at) else { return };
            let pages = pages.min((model.pages.len() - at) as u32);
            let linear = model.block.base + at as u32 * 0x1000;
            let private: Vec<bool> = (0..pages)
                .map(|page| match space.describe(machine, linear + (page << 12)) {
                    Page::Resident(found) => found.kind == Kind::Private,
                    _ => false,
                })
                .collect();
            space.discard(machine, memory, linear, pages << 12).unwrap();
            for (page, private) in private.into_iter().enumerate() {
                if private && model.locks[at + page] == 0 {
                    model.pages[at + page].value = 0;
                }
            }
        }
        Action::Copy(which) => {
            let Some((model, _)) = pick(models, which, 0) else { return };
            let model = model.clone();
            let pages = model.pages.len() as u32;
            // A copy is writable throughout, so a read-only source is left out of the model.
            if model.pages.iter().any(|plain| !plain.committed || !plain.writable) {
                return;
            }
            if let Ok(block) = space.copy_on_write(machine, memory, model.block.base, pages) {
                models.push(Model { block, locks: vec![0; pages as usize], ..model });
            }
        }
        Action::Attributes(which, at, word) => {
            let Some((model, at)) = pick(models, which, at) else { return };
            let linear = model.block.base + at as u32 * 0x1000;
            let old = model.pages[at];
            if space.check_attributes(machine, memory, linear, 1, |_| word).is_err() {
                return;
            }
            assert!(space.set_attributes(machine, memory, linear, word));
            let writable = word & 8 != 0;
            model.pages[at] = match word & 7 {
                0 => Plain { committed: false, writable, value: 0 },
                1 if !old.committed => Plain { committed: true, writable, value: 0 },
                _ => Plain { writable, ..old },
            };
        }
    }
}

fn within(model: &Model, linear: u32) -> bool {
    linear.wrapping_sub(model.block.base) >> 12 < model.pages.len() as u32
}
