//! The table against a model that knows who has which KiB, with somebody beside it who writes records as he likes.

use proptest::prelude::*;

use super::*;
use crate::mock::Mock;
use crate::paging::frames::{Owner, Run};

/// First frame of the extents and their lengths, in frames.
const EXTENTS: [(u32, u32); 2] = [(0x110, 16), (0x130, 24)];
const SEGMENT: u16 = 0x1000;
const OFFSET: u16 = 0x580;
const FIRST: u16 = OFFSET + HEAD_BYTES as u16;
const RECORDS: u16 = 8;

#[derive(Clone, Debug)]
enum Action {
    Allocate(u32),
    Free(usize),
    Resize(usize, u32),
    Lock(usize),
    Unlock(usize),
    Lend,
    Collect,
    TakeFrame,
    GiveFrame(usize),
    /// Somebody makes a free record a block, and leaves so many KiB of it free if there is a vacant record.
    Cut(usize, u32),
    /// He gives one of his blocks back.
    GiveBack(usize),
    /// He lets it grow into what is free behind it, and keeps the rest of that, if it is this small, to himself.
    Grow(usize, u32),
    /// He writes nonsense where no block of ours is.
    Scribble(usize, u8, u32, u32),
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => (0u32..50).prop_map(Action::Allocate),
        3 => any::<usize>().prop_map(Action::Free),
        3 => (any::<usize>(), 0u32..70).prop_map(|(which, kib)| Action::Resize(which, kib)),
        2 => any::<usize>().prop_map(Action::Lock),
        2 => any::<usize>().prop_map(Action::Unlock),
        1 => Just(Action::Lend),
        1 => Just(Action::Collect),
        1 => Just(Action::TakeFrame),
        1 => any::<usize>().prop_map(Action::GiveFrame),
        3 => (any::<usize>(), 0u32..40).prop_map(|(which, kib)| Action::Cut(which, kib)),
        2 => any::<usize>().prop_map(Action::GiveBack),
        2 => (any::<usize>(), 1u32..20).prop_map(|(which, kib)| Action::Grow(which, kib)),
        2 => (any::<usize>(), 0u8..8, 0x400u32..0x600, 0u32..40)
            .prop_map(|(which, kind, base, kib)| Action::Scribble(which, kind, base, kib)),
    ]
}

struct Known {
    handle: u16,
    tags: Vec<u32>,
    locks: u8,
}

struct World {
    machine: Mock,
    frames: Frames,
    heap: Heap,
    known: Vec<Known>,
    /// Records of the other one's blocks.
    others: Vec<u16>,
    taken: Vec<u32>,
    next_tag: u32,
    scribbled: bool,
}

fn at(index: u16) -> u32 {
    SEGMENT as u32 * 16 + FIRST as u32 + index as u32 * RECORD_BYTES
}

impl World {
    fn new() -> Self {
        let mut frames = Frames::new(Vec::leak(vec![0; 0x200]), 0x100);
        for (first, count) in EXTENTS {
            frames.add(Run { first, count });
        }
        let mut machine = Mock::new();
        let mut heap = Heap::new();
        assert!(heap.set_handles(RECORDS));
        assert!(heap.publish(&mut machine, SEGMENT, OFFSET));
        heap.collect(&mut frames);
        heap.write_table(&mut machine);
        let (known, others, taken) = (vec![], vec![], vec![]);
        World { machine, frames, heap, known, others, taken, next_tag: 1, scribbled: false }
    }

    fn record(&self, index: u16) -> Record {
        let word = self.machine.read_u16(at(index));
        Record {
            kind: word as u8,
            locks: (word >> 8) as u8,
            base: self.machine.read_u32(at(index) + 2),
            kib: self.machine.read_u32(at(index) + 6),
        }
    }

    fn set_record(&mut self, index: u16, record: Record) {
        self.machine.write_u16(at(index), record.kind as u16 | (record.locks as u16) << 8);
        self.machine.write_u32(at(index) + 2, record.base);
        self.machine.write_u32(at(index) + 6, record.kib);
    }

    fn of_kind(&self, kind: u8) -> Vec<u16> {
        (0..RECORDS).filter(|index| self.record(*index).kind == kind).collect()
    }

    /// What a call of the driver does about the table.
    fn call<T>(&mut self, run: impl FnOnce(&mut Heap, &mut Frames, &mut Mock) -> T) -> T {
        self.heap.read_table(&self.machine);
        let answer = run(&mut self.heap, &mut self.frames, &mut self.machine);
        self.heap.write_table(&mut self.machine);
        answer
    }

    fn index(&self, which: usize) -> u16 {
        self.heap.find(self.known[which].handle).expect("a handle that was given out")
    }

    fn fill(&mut self, which: usize, from: usize) {
        let base = self.record(self.index(which)).base;
        for kib in from..self.known[which].tags.len() {
            let physical = (base + kib as u32) << 10;
            self.machine.write_physical(physical, self.next_tag);
            self.machine.write_physical(physical + 1020, !self.next_tag);
            self.known[which].tags[kib] = self.next_tag;
            self.next_tag += 1;
        }
    }

    fn act(&mut self, action: Action) {
        let any = self.known.len();
        match action {
            Action::Allocate(kib) => {
                let longest = self.of_kind(IS_FREE).iter().map(|index| self.record(*index).kib).max();
                let told = self.call(|heap, frames, _| heap.largest(frames));
                match self.call(|heap, frames, _| heap.allocate(kib, frames)) {
                    Ok(handle) => {
                        assert_eq!((handle - FIRST) % RECORD_BYTES as u16, 0);
                        self.known.push(Known { handle, tags: vec![0; kib as usize], locks: 0 });
                        self.fill(any, 0);
                    }
                    Err(Refusal::NoHandle) => assert!(self.of_kind(IS_USED).len() == RECORDS as usize),
                    Err(refusal) => {
                        assert_eq!(refusal, Refusal::NoMemory);
                        assert!(told < kib);
                        assert!(self.scribbled || longest.is_none_or(|longest| longest < kib));
                    }
                }
            }
            Action::Free(which) if any > 0 => {
                let which = which % any;
                let index = self.index(which);
                let answer = self.call(|heap, frames, _| heap.free(index, frames));
                assert_eq!(answer.is_ok(), self.known[which].locks == 0);
                if answer.is_ok() {
                    self.known.remove(which);
                }
            }
            Action::Resize(which, kib) if any > 0 => {
                let which = which % any;
                let index = self.index(which);
                let answer =
                    self.call(|heap, frames, machine| heap.resize_public(index, kib, frames, machine));
                if answer.is_ok() {
                    assert_eq!(self.known[which].locks, 0);
                    let kept = self.known[which].tags.len().min(kib as usize);
                    self.known[which].tags.resize(kib as usize, 0);
                    self.fill(which, kept);
                }
            }
            Action::Lock(which) if any > 0 => {
                let which = which % any;
                let index = self.index(which);
                let answer = self.call(|heap, _, _| heap.lock(index)).unwrap();
                let base = self.record(index).base;
                assert_eq!(answer, super::super::Lock::At(base));
                self.known[which].locks += 1;
            }
            Action::Unlock(which) if any > 0 => {
                let which = which % any;
                let index = self.index(which);
                let answer = self.call(|heap, _, _| heap.unlock(index));
                assert_eq!(answer.is_ok(), self.known[which].locks > 0);
                self.known[which].locks = self.known[which].locks.saturating_sub(1);
            }
            Action::Lend => self.call(|heap, frames, _| heap.lend(frames)),
            Action::Collect => self.call(|heap, frames, _| heap.collect(frames)),
            Action::TakeFrame => self.taken.extend(self.frames.allocate(Owner::Kernel)),
            Action::GiveFrame(which) if !self.taken.is_empty() => {
                let frame = self.taken.swap_remove(which % self.taken.len());
                self.frames.free(frame);
            }
            Action::Cut(which, left) => self.cut(which, left),
            Action::GiveBack(which) if !self.others.is_empty() => {
                let index = self.others.swap_remove(which % self.others.len());
                let record = self.record(index);
                self.set_record(index, Record { kind: IS_FREE, locks: 0, ..record });
            }
            Action::Grow(which, kib) if !self.others.is_empty() => {
                self.grow(self.others[which % self.others.len()], kib);
            }
            Action::Scribble(which, kind, base, kib) => {
                let index = (which % RECORDS as usize) as u16;
                let ours = self.known.iter().any(|known| known.handle == FIRST + index * 10);
                if !ours && !self.others.contains(&index) {
                    self.scribbled = true;
                    self.set_record(index, Record { kind, locks: kind, base, kib });
                }
            }
            _ => {}
        }
    }

    fn cut(&mut self, which: usize, left: u32) {
        let free = self.of_kind(IS_FREE);
        if free.is_empty() {
            return;
        }
        let index = free[which % free.len()];
        let mut record = self.record(index);
        if let (Some(vacant), true) = (self.of_kind(IS_VACANT).first(), left < record.kib && left > 0) {
            record.kib -= left;
            let rest = Record { kind: IS_FREE, locks: 0, base: record.base + record.kib, kib: left };
            self.set_record(*vacant, rest);
        }
        self.set_record(index, Record { kind: IS_USED, locks: 1, ..record });
        self.others.push(index);
    }

    fn grow(&mut self, index: u16, kib: u32) {
        let mut record = self.record(index);
        let end = record.base + record.kib;
        let behind = self.of_kind(IS_FREE).into_iter().find(|free| self.record(*free).base == end);
        let Some(behind) = behind else { return };
        let mut rest = self.record(behind);
        let more = kib.min(rest.kib);
        record.kib += more;
        rest.base += more;
        rest.kib -= more;
        if rest.kib < 4 {
            rest = Record { kind: IS_VACANT, ..Record::default() };
        }
        self.set_record(index, record);
        self.set_record(behind, rest);
    }

    /// Nothing overlaps, nothing is outside, what we have holds what it held, what he has is his.
    fn check(&mut self) {
        let before: Vec<Record> = self.others.iter().map(|index| self.record(*index)).collect();
        self.call(|_, _, _| ());
        let mut owned = vec![false; 0x800];
        for index in 0..RECORDS {
            let record = self.record(index);
            if record.kind == IS_VACANT {
                continue;
            }
            assert!(record.kind == IS_USED || record.kind == IS_FREE);
            for kib in record.base..record.base + record.kib {
                let inside =
                    EXTENTS.iter().any(|(first, count)| (first * 4..(first + count) * 4).contains(&kib));
                assert!(inside && !std::mem::replace(&mut owned[kib as usize], true), "KiB {kib:X}");
                assert!(!self.taken.contains(&(kib / 4)), "a frame of somebody else's");
            }
        }
        for (index, record) in self.others.iter().zip(before) {
            assert_eq!(self.record(*index), record, "another's block");
        }
        for known in &self.known {
            let record = self.record((known.handle - FIRST) / 10);
            assert_eq!((record.kind, record.locks), (IS_USED, known.locks));
            assert_eq!(record.kib as usize, known.tags.len());
            for (kib, tag) in known.tags.iter().enumerate() {
                let physical = (record.base + kib as u32) << 10;
                assert_eq!(self.machine.read_physical(physical), *tag);
                assert_eq!(self.machine.read_physical(physical + 1020), !tag);
            }
        }
    }
}

proptest! {
    #[test]
    fn the_table_is_the_truth_whoever_writes_it(actions in prop::collection::vec(action(), 1..60)) {
        let mut world = World::new();
        for action in actions {
            world.act(action);
            world.check();
        }
    }
}

#[test]
fn all_memory_is_in_the_table_at_first_and_again_at_last() {
    let mut world = World::new();
    let free = |world: &World| -> Vec<(u32, u32)> {
        let records = world.of_kind(IS_FREE).into_iter().map(|index| world.record(index));
        records.map(|record| (record.base, record.kib)).collect()
    };
    let all: Vec<_> = EXTENTS.iter().map(|(first, count)| (first * 4, count * 4)).collect();
    assert_eq!(free(&world), all);
    for kib in [5, 40, 7, 0] {
        world.act(Action::Allocate(kib));
    }
    world.act(Action::Resize(0, 20));
    world.act(Action::Lend);
    assert!(free(&world).iter().all(|(_, kib)| *kib < 4));
    world.act(Action::Free(1));
    world.act(Action::Collect);
    for _ in 0..3 {
        world.act(Action::Free(0));
    }
    world.check();
    assert_eq!(free(&world), all);
    assert_eq!(world.heap.vacancies(), RECORDS);
}

#[test]
fn memory_that_vanishes_from_the_table_is_nobodys_until_it_comes_back() {
    let mut world = World::new();
    let whole = world.record(0);
    world.set_record(0, Record { base: whole.base + 8, kib: whole.kib - 8, ..whole });
    world.check();
    assert_eq!(world.record(0).base, whole.base + 8);
    assert_eq!(
        world.heap.available(&world.frames),
        EXTENTS.iter().map(|(_, count)| count * 4).sum::<u32>() - 8
    );
    world.set_record(0, whole);
    world.check();
    assert_eq!(world.record(0), whole);
}
