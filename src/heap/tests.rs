//! The heap against a model that knows, for every KiB of memory, what may be there.

use proptest::prelude::*;

use super::runs::NONE;
use super::*;
use crate::machine::Machine;
use crate::mock::Mock;
use crate::paging::frames::{Owner, Run as FrameRun};

/// First frame of the extents and their lengths, in frames: a hole between the second and the third.
const EXTENTS: [(u32, u32); 3] = [(0x110, 9), (0x119, 7), (0x130, 16)];

#[derive(Clone, Debug)]
enum Action {
    Allocate(u32),
    Free(usize),
    Resize(usize, u32),
    Lock(usize),
    /// Begin to freeze, then go on in later steps.
    LockSlowly(usize),
    Continue(usize),
    Unlock(usize),
    TakeFrame,
    GiveFrame(usize),
    Reclaim(u32),
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => (0u32..40).prop_map(Action::Allocate),
        1 => (0u32..140).prop_map(Action::Allocate),
        3 => any::<usize>().prop_map(Action::Free),
        3 => (any::<usize>(), 0u32..60).prop_map(|(which, kib)| Action::Resize(which, kib)),
        2 => any::<usize>().prop_map(Action::Lock),
        2 => any::<usize>().prop_map(Action::LockSlowly),
        3 => any::<usize>().prop_map(Action::Continue),
        3 => any::<usize>().prop_map(Action::Unlock),
        1 => Just(Action::TakeFrame),
        1 => any::<usize>().prop_map(Action::GiveFrame),
        1 => (0u32..8).prop_map(Action::Reclaim),
    ]
}

/// A block as its owner knows it: what stands in each KiB.
struct Known {
    handle: u16,
    tags: Vec<u32>,
    locks: Vec<u32>,
}

struct World {
    machine: Mock,
    frames: Frames,
    heap: Heap,
    known: Vec<Known>,
    freezing: Vec<Freezing>,
    taken: Vec<u32>,
    next_tag: u32,
}

impl World {
    fn new() -> Self {
        let mut frames = Frames::new(Vec::leak(vec![0; 0x200]), 0x100);
        for (first, count) in EXTENTS {
            frames.add(FrameRun { first, count });
        }
        let mut heap = Heap::new();
        assert!(heap.set_handles(10));
        World {
            machine: Mock::new(),
            frames,
            heap,
            known: vec![],
            freezing: vec![],
            taken: vec![],
            next_tag: 1,
        }
    }

    fn index(&self, which: usize) -> u16 {
        self.heap.find(self.known[which].handle).expect("a handle that was given out")
    }

    fn is_frozen_now(&self, which: usize) -> bool {
        let index = self.index(which);
        self.freezing.iter().any(|freezing| freezing.index == index)
    }

    /// Every KiB is written at both ends with a tag of its own.
    fn fill(&mut self, which: usize, from: u32) {
        let index = self.index(which);
        for at in from..self.known[which].tags.len() as u32 {
            let physical = self.physical(index, at);
            let tag = self.next_tag;
            self.next_tag += 1;
            self.machine.write_physical(physical, tag);
            self.machine.write_physical(physical + 1020, !tag);
            self.known[which].tags[at as usize] = tag;
        }
    }

    fn physical(&mut self, index: u16, at: u32) -> u32 {
        let piece = self.heap.piece(index, at);
        assert!(at >= piece.at && at - piece.at < piece.length);
        (piece.start + at - piece.at) << 10
    }

    fn free_kib(&self) -> u32 {
        let all: u32 = EXTENTS.iter().map(|(_, count)| count * 4).sum();
        let blocks: usize = self.known.iter().map(|known| known.tags.len()).sum();
        all - blocks as u32 - self.taken.len() as u32 * 4
    }

    /// KiB by KiB: may a block be gathered here?
    fn longest_stretch(&self) -> u32 {
        let mut usable = [false; 0x200 * 4];
        let mut mark = |from: u32, length: usize, may: bool| {
            for at in &mut usable[from as usize..from as usize + length] {
                assert_ne!(*at, may, "two hold one KiB");
                *at = may;
            }
        };
        for (first, count) in EXTENTS {
            mark(first * 4, count as usize * 4, true);
        }
        self.taken.iter().for_each(|frame| mark(frame * 4, 4, false));
        for known in &self.known {
            if let Some(start) = known.locks.first() {
                mark(start / 1024, known.tags.len(), false);
            }
        }
        usable.split(|at| !at).map(|stretch| stretch.len() as u32).max().unwrap()
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Allocate(kib) => self.allocate(kib),
            Action::TakeFrame => self.taken.extend(self.frames.allocate(Owner::Kernel)),
            Action::GiveFrame(which) if !self.taken.is_empty() => {
                let which = which % self.taken.len();
                self.frames.free(self.taken.swap_remove(which));
            }
            Action::Reclaim(count) => {
                self.heap.give(count, &mut self.frames);
            }
            Action::Continue(which) if !self.freezing.is_empty() => {
                let which = which % self.freezing.len();
                self.step(which);
            }
            Action::Free(which) | Action::Resize(which, _) | Action::Unlock(which)
                if !self.known.is_empty() =>
            {
                self.change(which % self.known.len(), action);
            }
            Action::Lock(which) | Action::LockSlowly(which) if !self.known.is_empty() => {
                self.lock(which % self.known.len(), matches!(action, Action::LockSlowly(_)));
            }
            _ => {}
        }
    }

    fn allocate(&mut self, kib: u32) {
        let free = self.free_kib();
        let outcome = self.heap.allocate(kib, &mut self.frames);
        if self.known.len() == 10 {
            assert_eq!(outcome, Err(Refusal::NoHandle));
        } else if kib > free {
            assert_eq!(outcome, Err(Refusal::NoMemory));
        } else {
            let handle = outcome.expect("the free memory as a whole would do");
            self.known.push(Known { handle, tags: vec![0; kib as usize], locks: vec![] });
            self.fill(self.known.len() - 1, 0);
        }
    }

    fn change(&mut self, which: usize, action: Action) {
        let index = self.index(which);
        let refusal = match (self.known[which].locks.is_empty(), self.is_frozen_now(which)) {
            (false, _) => Some(Refusal::Locked),
            (true, true) => Some(Refusal::Busy),
            _ => None,
        };
        match action {
            Action::Free(_) => {
                let outcome = self.heap.free(index, &mut self.frames);
                assert_eq!(outcome.err(), refusal);
                if refusal.is_none() {
                    let gone = self.known.swap_remove(which);
                    assert_eq!(self.heap.find(gone.handle), None);
                }
            }
            Action::Resize(_, kib) => {
                let old = self.known[which].tags.len() as u32;
                let fits = kib <= old + self.free_kib();
                let outcome = self.heap.resize(index, kib, &mut self.frames);
                assert_eq!(outcome.err(), refusal.or((!fits).then_some(Refusal::NoMemory)));
                if outcome.is_ok() {
                    self.known[which].tags.resize(kib as usize, 0);
                    self.fill(which, old);
                }
            }
            _ => {
                let outcome = self.heap.unlock(index);
                assert_eq!(outcome.is_ok(), !self.known[which].locks.is_empty());
                self.known[which].locks.pop();
            }
        }
    }

    fn lock(&mut self, which: usize, slowly: bool) {
        let index = self.index(which);
        if self.is_frozen_now(which) {
            assert_eq!(self.heap.lock(index), Err(Refusal::LockFailed));
            return;
        }
        let possible = !self.known[which].locks.is_empty()
            || self.longest_stretch() >= self.known[which].tags.len() as u32;
        match self.heap.lock(index).expect("neither busy nor at the largest count") {
            Lock::At(start) => self.known[which].locks.push(start << 10),
            Lock::Scattered => match self.heap.freeze(index, &mut self.frames) {
                Ok(freezing) => {
                    assert!(possible);
                    self.heap.enter(index);
                    self.freezing.push(freezing);
                    while !slowly && self.freezing.len() > 1 && self.step(self.freezing.len() - 1) {}
                    if !slowly && self.is_frozen_now(which) {
                        while self.step(self.freezing.len() - 1) {}
                    }
                }
                Err(refusal) => {
                    assert_eq!(refusal, Refusal::LockFailed);
                    assert!(!possible, "nothing stands in the way");
                }
            },
        }
    }

    /// One step of a block being gathered; true while there is more to do.
    fn step(&mut self, which: usize) -> bool {
        let mut freezing = self.freezing[which];
        let outcome = self.heap.freeze_step(&mut freezing, &mut self.machine, &mut self.frames);
        self.freezing[which] = freezing;
        if outcome == Ok(Step::More) {
            return true;
        }
        self.freezing.swap_remove(which);
        self.heap.leave(freezing.index);
        let known = (0..self.known.len()).find(|at| self.index(*at) == freezing.index).expect("it is alive");
        match outcome {
            Ok(Step::Done(start)) => self.known[known].locks.push(start << 10),
            _ => assert!(self.longest_stretch() < self.known[known].tags.len() as u32),
        }
        false
    }

    fn check(&mut self) {
        let census = self.frames.audit().unwrap();
        assert_eq!(self.heap.audit(&self.frames, census.heap), Ok(()));
        assert_eq!(self.heap.available(&self.frames), self.free_kib());
        let stretch = self.longest_stretch();
        assert_eq!(self.heap.largest(&self.frames), stretch.min(self.free_kib()));
        for which in 0..self.known.len() {
            let index = self.index(which);
            let size = self.known[which].tags.len() as u32;
            assert_eq!(self.heap.info(index), Info { kib: size, locks: self.known[which].locks.len() as u8 });
            for at in 0..size {
                let physical = self.physical(index, at);
                let tag = self.known[which].tags[at as usize];
                assert_eq!(self.machine.read_physical(physical), tag, "a byte changed");
                assert_eq!(self.machine.read_physical(physical + 1020), !tag, "a byte changed");
                if let Some(start) = self.known[which].locks.first() {
                    assert_eq!(physical, start + at * 1024, "a locked block moved");
                    assert!(self.heap.is_locked(physical, 1024));
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_byte_ever_changes_and_no_request_fails_without_need(
        hoard in prop_oneof![Just(u32::MAX), Just(0), Just(16)],
        actions in proptest::collection::vec(action(), 1..120),
    ) {
        let mut world = World::new();
        world.heap.set_hoard(hoard);
        for action in actions {
            world.perform(action);
            world.check();
        }
        // In the end everything can be given back.
        while !world.freezing.is_empty() {
            while world.step(0) {}
        }
        world.check();
        for known in std::mem::take(&mut world.known) {
            let index = world.heap.find(known.handle).unwrap();
            known.locks.iter().for_each(|_| world.heap.unlock(index).unwrap());
            world.heap.free(index, &mut world.frames).unwrap();
        }
        world.heap.give(u32::MAX, &mut world.frames);
        prop_assert_eq!(world.heap.runs.lowest, NONE);
        prop_assert_eq!(world.frames.free_count() as usize + world.taken.len(), 32);
    }
}

fn low_dma_world() -> World {
    let mut world = World::new();
    world.frames = Frames::new(Vec::leak(vec![0; 0x2000]), 0x100);
    world.frames.add(FrameRun { first: 0x110, count: 100 });
    world.frames.add(FrameRun { first: 0x1100, count: 300 });
    world.heap.keep_low_frames(&mut world.frames);
    world
}

#[test]
fn with_the_switch_small_blocks_lie_where_isa_dma_reaches_and_large_ones_do_not() {
    let mut world = low_dma_world();
    let large = world.heap.allocate(300, &mut world.frames).unwrap();
    let small = world.heap.allocate(64, &mut world.frames).unwrap();
    let large = world.heap.find(large).unwrap();
    let small = world.heap.find(small).unwrap();
    assert_eq!(world.heap.lock(large), Ok(Lock::At(0x1100 * 4)));
    assert_eq!(world.heap.lock(small), Ok(Lock::At(0x110 * 4)));
}

#[test]
fn a_small_block_that_landed_high_is_brought_low_when_it_is_locked() {
    let mut world = low_dma_world();
    let filler = world.heap.allocate(100, &mut world.frames).unwrap();
    let second = world.heap.allocate(250, &mut world.frames).unwrap();
    let high = world.heap.allocate(200, &mut world.frames).unwrap();
    let index = world.heap.find(high).unwrap();
    assert!(world.physical(index, 0) >= 16 << 20);
    world.heap.free(world.heap.find(second).unwrap(), &mut world.frames).unwrap();
    assert_eq!(world.heap.lock(index), Ok(Lock::Scattered));
    let mut freezing = world.heap.freeze(index, &mut world.frames).unwrap();
    let start = loop {
        let step = world.heap.freeze_step(&mut freezing, &mut world.machine, &mut world.frames);
        if let Step::Done(start) = step.unwrap() {
            break start;
        }
    };
    assert!(start + 200 <= 16 << 10);
    assert!(world.heap.find(filler).is_some());
}

#[test]
fn the_lock_count_ends_at_255() {
    let mut world = World::new();
    let handle = world.heap.allocate(5, &mut world.frames).unwrap();
    let index = world.heap.find(handle).unwrap();
    for _ in 0..255 {
        assert!(matches!(world.heap.lock(index), Ok(Lock::At(_))));
    }
    assert_eq!(world.heap.lock(index), Err(Refusal::LockOverflow));
    assert_eq!(world.heap.info(index).locks, 255);
}

#[test]
fn a_freed_handle_stays_invalid() {
    let mut world = World::new();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..63 {
        let handle = world.heap.allocate(0, &mut world.frames).unwrap();
        assert!(handle != 0 && seen.insert(handle));
        world.heap.free(world.heap.find(handle).unwrap(), &mut world.frames).unwrap();
        assert!(seen.iter().all(|handle| world.heap.find(*handle).is_none()));
    }
}
