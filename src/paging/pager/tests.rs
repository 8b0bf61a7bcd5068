//! Paging against a plain map: more pages than frames, with every failure injected.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::mock::{Mock, KERNEL_DIRECTORY};
use crate::paging::fault::{FROM_USER, WRITE};
use crate::paging::frames::{Frames, Owner, Run};
use crate::paging::page::Resident;
use crate::paging::space::{Allocation, Check, FaultOutcome, Stop};
use crate::paging::swap::CLUSTER_MAX;
use crate::service::Code;
use crate::x86::entry::PRESENT;
use proptest::prelude::*;

const BUFFER: u32 = 0x8_0000;
const FIRST_FRAME: u32 = 0x200;

struct One(Space);

impl Spaces for One {
    fn space(&mut self, client: u8) -> Option<&mut Space> {
        (client == 0).then_some(&mut self.0)
    }
}

/// A machine with few frames and a file in a map.
struct World {
    machine: Mock,
    memory: Memory,
    spaces: One,
    file: BTreeMap<u32, Option<Box<[u32; 1024]>>>,
    /// Transfers from now on that fail, one bit each.
    failing: u64,
    /// Slots that can never be written, and some that cannot be read.
    bad: BTreeSet<u32>,
    unreadable: BTreeSet<u32>,
    transfers: u32,
    failed: u32,
    pages_read: u32,
    pages_written: u32,
    /// Something to do to memory in the middle of the next transfers: linear address and value.
    meanwhile: Vec<(u32, u32)>,
    /// What of that was done, as the page was in memory.
    landed: Vec<(u32, u32)>,
}

impl World {
    /// `frames` frames for pages, beside what the tables need.
    fn new(frames: u32, slots: u32, cluster: u32) -> World {
        let mut machine = Mock::new();
        let total = frames + 3;
        let mut memory = Memory::new(Frames::new(vec![0; total as usize].leak(), FIRST_FRAME));
        memory.frames.add(Run { first: FIRST_FRAME, count: total });
        memory.swap = Some(Swap::new(Slots::new(slots), BUFFER, cluster));
        assert!(memory.swap_grown(slots));
        memory.frames.set_keep(1);
        let space = Space::create(&mut machine, &mut memory, KERNEL_DIRECTORY).unwrap();
        machine.load_space(space.directory());
        World {
            machine,
            memory,
            spaces: One(space),
            file: BTreeMap::new(),
            failing: 0,
            bad: BTreeSet::new(),
            unreadable: BTreeSet::new(),
            transfers: 0,
            failed: 0,
            pages_read: 0,
            pages_written: 0,
            meanwhile: Vec::new(),
            landed: Vec::new(),
        }
    }

    fn page_in(&mut self, linear: u32, frames: u32) -> Step {
        let request = Request { client: 0, linear, frames };
        let mut step = self.memory.start_paging(&mut self.machine, &mut self.spaces, request);
        for _ in 0..1000 {
            let ok = match step {
                Step::Write { slot, count } => self.transfer(slot, count, true),
                Step::Read { slot, count } => self.transfer(slot, count, false),
                other => return other,
            };
            step = self.memory.transferred(&mut self.machine, &mut self.spaces, ok);
        }
        panic!("paging does not come to an end");
    }

    fn transfer(&mut self, slot: u32, count: u32, write: bool) -> bool {
        assert!((1..=CLUSTER_MAX).contains(&count));
        self.transfers += 1;
        let place = if write { &self.bad } else { &self.unreadable };
        let fails = self.failing & 1 != 0 || place.range(slot..slot + count).next().is_some();
        self.failing >>= 1;
        self.failed += fails as u32;
        if let Some((linear, value)) = self.meanwhile.pop() {
            self.interrupt(linear, value);
        }
        for index in 0..count {
            let at = BUFFER + index * 4096;
            if write {
                // A write that fails may have got anywhere.
                if !fails || index % 2 == 0 {
                    self.file.insert(slot + index, self.machine.frame(at));
                    self.pages_written += 1;
                }
            } else if !fails {
                let words = self.file.get(&(slot + index)).expect("a slot that was written").clone();
                self.machine.set_frame(at, words);
                self.pages_read += 1;
            }
        }
        !fails
    }

    /// What an interrupt handler does in the middle of a transfer: it writes a page that is in memory or, for zero, gives
    /// it up and reads it again.
    fn interrupt(&mut self, linear: u32, value: u32) {
        if value == 0 {
            self.spaces.0.discard(&mut self.machine, &mut self.memory, linear, 4096).unwrap();
            let _ = self.spaces.0.fault(&mut self.machine, &mut self.memory, linear, FROM_USER);
            self.landed.push((linear, 0));
        } else if self.machine.is_mapped(linear, true) {
            self.machine.write_u32(linear, value);
            self.machine.write_u32(linear + 0xFFC, !value);
            self.landed.push((linear, value));
        }
    }

    /// Brings a page in for an access as a client makes it; false if that could not be done.
    fn touch(&mut self, linear: u32, write: bool) -> bool {
        for _ in 0..20 {
            if self.machine.is_mapped(linear, write) {
                return true;
            }
            let error = FROM_USER | if write { WRITE } else { 0 };
            match self.spaces.0.fault(&mut self.machine, &mut self.memory, linear, error) {
                FaultOutcome::Handled => {}
                FaultOutcome::PageIn(page) => {
                    if self.page_in(page, 0) != Step::Ready {
                        return false;
                    }
                }
                FaultOutcome::NotOurs => panic!("a committed page at {linear:#X}"),
            }
        }
        panic!("no progress at {linear:#X}");
    }

    fn poke(&mut self, linear: u32, value: u32) -> bool {
        let ready = self.touch(linear, true);
        if ready {
            self.machine.write_u32(linear, value);
            self.machine.write_u32(linear + 0xFFC, !value);
        }
        ready
    }

    fn peek(&mut self, linear: u32) -> Option<(u32, u32)> {
        let ready = self.touch(linear, false);
        ready.then(|| (self.machine.read_u32(linear), self.machine.read_u32(linear + 0xFFC)))
    }

    /// Slots in use are those of pages that are out and of pages that keep one; no two pages have the same.
    fn verify(&self) {
        assert_eq!(self.memory.audit(&self.machine, core::iter::once(&self.spaces.0)), Ok(true));
    }
}

/// Value and its complement, as [`World::poke`] leaves them; zeros where nothing was written.
fn both(value: u32) -> (u32, u32) {
    if value == 0 {
        (0, 0)
    } else {
        (value, !value)
    }
}

#[derive(Clone, Debug)]
enum Action {
    Write(u32, u32),
    Read(u32),
    Lock(u32, u32),
    Unlock(usize),
    Discard(u32, u32),
    Candidate(u32, u32),
    Grow(u32),
    Refill,
    Fail(u64),
    Meanwhile(u32, u32),
    Copy(u32),
}

fn action() -> impl Strategy<Value = Action> {
    let page = 0u32..64;
    prop_oneof![
        10 => (page.clone(), 1u32..u32::MAX).prop_map(|(at, value)| Action::Write(at, value)),
        10 => page.clone().prop_map(Action::Read),
        1 => (page.clone(), 1u32..4).prop_map(|(at, count)| Action::Lock(at, count)),
        2 => any::<usize>().prop_map(Action::Unlock),
        1 => (page.clone(), 1u32..9).prop_map(|(at, count)| Action::Discard(at, count)),
        1 => (page.clone(), 1u32..9).prop_map(|(at, count)| Action::Candidate(at, count)),
        1 => (40u32..64).prop_map(Action::Grow),
        1 => Just(Action::Refill),
        1 => any::<u64>().prop_map(|bits| Action::Fail(bits & (bits >> 7))),
        2 => (page.clone(), 8u32..u32::MAX).prop_map(|(at, value)| Action::Meanwhile(at, value)),
        1 => page.prop_map(Action::Copy),
    ]
}

struct Model {
    block: Allocation,
    values: Vec<u32>,
    locks: Vec<(u32, u32)>,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn sixty_four_pages_live_on_eight_frames(
        cluster in 1u32..=CLUSTER_MAX,
        slots in 64u32..100,
        bad in prop::collection::btree_set(0u32..140, 0..30),
        actions in prop::collection::vec(action(), 1..250),
    ) {
        // As many good slots as there would be.
        let mut world = World::new(8, slots + bad.len() as u32, cluster);
        world.bad = bad;
        let block = world.spaces.0.allocate(&mut world.machine, &mut world.memory, 64 << 12).unwrap();
        let mut model = Model { block, values: vec![0; 64], locks: Vec::new() };
        for action in actions {
            step(&mut world, &mut model, action);
            world.verify();
        }
        world.failing = 0;
        world.meanwhile.clear();
        for (base, count) in model.locks.drain(..) {
            world.spaces.0.unlock(&mut world.machine, &mut world.memory, base, count << 12).unwrap();
        }
        for page in 0..model.values.len() {
            let at = model.block.base + page as u32 * 4096;
            prop_assert_eq!(world.peek(at), Some(both(model.values[page])), "page {}", page);
        }
        let free = world.memory.frames.total();
        world.spaces.0.destroy(&mut world.machine, &mut world.memory);
        let swap = world.memory.swap.as_ref().unwrap();
        prop_assert_eq!((swap.out, swap.slots.used()), (0, 0));
        prop_assert_eq!((world.memory.frames.free_count(), world.memory.frames.promised()), (free, 0));
    }
}

fn step(world: &mut World, model: &mut Model, action: Action) {
    let pages = model.values.len() as u32;
    let at = |page: u32| model.block.base + (page % pages) * 4096;
    let failing = world.failing != 0;
    match action {
        Action::Write(page, value) => {
            let ready = world.poke(at(page), value);
            assert!(ready || failing);
            if ready {
                model.values[(page % pages) as usize] = value;
            }
        }
        Action::Read(page) => {
            let found = world.peek(at(page));
            assert!(found.is_some() || failing);
            if let Some(found) = found {
                assert_eq!(found, both(model.values[(page % pages) as usize]), "page {page}");
            }
        }
        Action::Lock(page, count) => lock(world, model, at(page), count, failing),
        Action::Unlock(which) if !model.locks.is_empty() => {
            let (base, count) = model.locks.swap_remove(which % model.locks.len());
            world.spaces.0.unlock(&mut world.machine, &mut world.memory, base, count << 12).unwrap();
        }
        Action::Discard(page, count) => {
            let count = count.min(pages - page % pages);
            let from = at(page);
            let space = &mut world.spaces.0;
            space.discard(&mut world.machine, &mut world.memory, from, count << 12).unwrap();
            for index in 0..count {
                let linear = from + index * 4096;
                let locked =
                    model.locks.iter().any(|(base, count)| (linear.wrapping_sub(*base) >> 12) < *count);
                if !locked {
                    model.values[(page % pages + index) as usize] = 0;
                }
            }
        }
        Action::Candidate(page, count) => {
            let count = count.min(pages - page % pages);
            world.spaces.0.mark_candidates(&mut world.machine, at(page), count << 12).unwrap();
        }
        Action::Grow(pages) => resize(world, model, pages),
        Action::Refill => world.failing = 0,
        Action::Fail(bits) => world.failing = bits,
        Action::Meanwhile(page, value) => meanwhile(world, model, page % pages, value, failing),
        Action::Copy(page) => {
            // Cleaning the dirty bit, as 0507h does, must not lose what was written.
            let linear = at(page);
            if world.touch(linear, true) {
                assert!(world.spaces.0.set_attributes(
                    &mut world.machine,
                    &mut world.memory,
                    linear,
                    0b0001_1011
                ));
            }
        }
        Action::Unlock(_) => {}
    }
}

fn lock(world: &mut World, model: &mut Model, base: u32, count: u32, failing: bool) {
    let end = model.block.base + model.values.len() as u32 * 4096;
    if base + count * 4096 > end {
        return;
    }
    for _ in 0..40 {
        match world.spaces.0.lock(&mut world.machine, &mut world.memory, base, count << 12) {
            Ok(()) => {
                model.locks.push((base, count));
                assert!((0..count).all(|page| world.machine.is_mapped(base + page * 4096, false)));
                return;
            }
            Err(Stop::PageIn(page)) => {
                if world.page_in(page, 0) != Step::Ready {
                    assert!(failing);
                    return;
                }
            }
            Err(Stop::Room(frames)) => {
                if world.page_in(0, frames) != Step::Ready {
                    assert!(failing);
                    return;
                }
            }
            Err(Stop::Refused(code)) => {
                assert_eq!(code, Code::PhysicalMemoryUnavailable);
                return;
            }
        }
    }
    panic!("locking makes no progress");
}

fn resize(world: &mut World, model: &mut Model, pages: u32) {
    if !model.locks.is_empty() {
        return;
    }
    let outcome =
        world.spaces.0.resize(&mut world.machine, &mut world.memory, model.block.handle, pages << 12, true);
    if let Ok(block) = outcome {
        model.block = block;
        model.values.resize(pages as usize, 0);
    }
}

/// Writes that come from an interrupt handler in the middle of the next transfers, to pages that are in memory then.
fn meanwhile(world: &mut World, model: &mut Model, page: u32, value: u32, failing: bool) {
    let pages = model.values.len() as u32;
    let base = model.block.base;
    // A page that is locked keeps what it has, whatever is said of it.
    let locked = |linear: u32| model.locks.iter().any(|(at, count)| linear.wrapping_sub(*at) >> 12 < *count);
    for at in 0..6 {
        // Also the page that is being read.
        let linear = base + (page + at / 2 + (at & 1) * 32) % pages * 4096;
        let gives_up = value >> at & 1 != 0 && !locked(linear);
        world.meanwhile.push((linear, if gives_up { 0 } else { value ^ at }));
    }
    let read = world.peek(base + (page + 32) % pages * 4096);
    assert!(read.is_some() || failing);
    world.meanwhile.clear();
    for (linear, value) in world.landed.drain(..) {
        model.values[((linear - base) >> 12) as usize] = value;
    }
}

fn filled(world: &mut World, pages: u32) -> u32 {
    let base = world.spaces.0.allocate(&mut world.machine, &mut world.memory, pages << 12).unwrap().base;
    for page in 0..pages {
        assert!(world.poke(base + page * 4096, page + 1));
    }
    base
}

#[test]
fn a_loop_over_more_than_there_is_keeps_most_of_what_it_has() {
    let mut world = World::new(64, 200, 16);
    let base = filled(&mut world, 96);
    world.pages_read = 0;
    for _ in 0..8 {
        for page in 0..96 {
            assert_eq!(world.peek(base + page * 4096), Some(both(page + 1)));
        }
    }
    // Least recently used would read all 768. Nothing is written in the end: everything is clean.
    assert!(world.pages_read < 560, "{} pages read", world.pages_read);
    let written = world.pages_written;
    for page in 0..96 {
        assert_eq!(world.peek(base + page * 4096), Some(both(page + 1)));
    }
    assert_eq!(world.pages_written, written, "clean pages are dropped, not written");
}

#[test]
fn a_stream_goes_in_clusters_and_random_reads_go_alone() {
    let mut world = World::new(64, 400, 16);
    let base = filled(&mut world, 300);
    let (written, before) = (world.pages_written, world.transfers);
    assert!(before * 8 < written, "{written} pages in {before} transfers");
    (world.pages_read, world.transfers) = (0, 0);
    for page in 0..200 {
        world.peek(base + page * 4096);
    }
    assert!(world.transfers < 60, "{} transfers for {} pages", world.transfers, world.pages_read);
    (world.pages_read, world.transfers) = (0, 0);
    let mut page = 7;
    for _ in 0..100 {
        page = (page * 61 + 17) % 300;
        world.peek(base + page * 4096);
    }
    assert!(world.pages_read <= 100, "{} pages read for 100 random touches", world.pages_read);
}

#[test]
fn a_page_written_while_it_is_on_its_way_out_is_not_lost() {
    let mut landed = 0;
    for written in 0..20 {
        let mut world = World::new(8, 64, 4);
        let base = filled(&mut world, 20);
        // An interrupt handler writes one page in the middle of each of the next transfers.
        let at = base + written * 4096;
        world.meanwhile = (1..9).map(|value| (at, 0x1000 + value)).collect();
        let _ = world.page_in(0, 6);
        landed += world.landed.len();
        let want = world.landed.last().map_or(written + 1, |(_, value)| *value);
        world.meanwhile.clear();
        for page in 0..20 {
            let want = if page == written { want } else { page + 1 };
            assert_eq!(world.peek(base + page * 4096), Some(both(want)), "page {page}");
        }
        world.verify();
    }
    assert!(landed >= 5, "{landed} writes in the middle of a transfer");
}

#[test]
fn a_disk_that_refuses_every_write_costs_no_data() {
    let mut world = World::new(16, 64, 8);
    let base = world.spaces.0.allocate(&mut world.machine, &mut world.memory, 40 << 12).unwrap().base;
    world.failing = u64::MAX;
    let mut done = 0;
    while done < 40 && world.poke(base + done * 4096, done + 1) {
        done += 1;
    }
    assert!((8..40).contains(&done), "{done} pages");
    world.failing = 0;
    for page in 0..done {
        assert_eq!(world.peek(base + page * 4096), Some(both(page + 1)));
    }
    for page in done..40 {
        assert!(world.poke(base + page * 4096, page + 1));
    }
    world.verify();
}

#[test]
fn a_page_that_cannot_be_read_is_said_to_be_lost() {
    let mut world = World::new(8, 64, 4);
    let base = filled(&mut world, 20);
    let gone =
        (0..20).map(|page| base + page * 4096).find(|at| !world.machine.is_mapped(*at, false)).unwrap();
    world.failing = u64::MAX;
    assert_eq!(world.page_in(gone, 0), Step::Lost);
    world.failing = 0;
    assert!(world.peek(gone).is_some());
}

#[test]
fn clean_pages_can_go_while_dos_is_busy() {
    let mut world = World::new(16, 64, 8);
    let base = filled(&mut world, 30);
    for page in 0..30 {
        world.peek(base + page * 4096);
    }
    let before = world.transfers;
    let free = world.memory.frames.free_count();
    assert!(world.memory.drop_clean(&mut world.machine, &mut world.spaces, free + 2));
    assert_eq!(world.transfers, before);
    for page in 0..30 {
        assert_eq!(world.peek(base + page * 4096), Some(both(page + 1)));
    }
}

#[test]
fn frames_are_set_aside_for_moments_when_dos_is_busy() {
    let mut world = World::new(200, 400, 8);
    let base = world.spaces.0.allocate(&mut world.machine, &mut world.memory, 300 << 12).unwrap().base;
    for page in 0..299 {
        assert!(world.poke(base + page * 4096, page + 1));
    }
    assert!(world.memory.reserved() >= 2, "{} frames", world.memory.reserved());
    // All are dirty, and no transfer may be made: what was set aside is there.
    while world.memory.frames.free_count() > 0 {
        assert!(world.memory.frames.allocate_for_return(Owner::Kernel).is_some());
    }
    for page in 0..300 {
        if world.machine.is_mapped(base + page * 4096, true) {
            world.machine.write_u32(base + page * 4096, page + 1);
        }
    }
    assert!(world.memory.drop_clean(&mut world.machine, &mut world.spaces, 2));
    assert_eq!(world.memory.reserved(), 0);
    assert!(world.touch(base + 299 * 4096, true));
    world.memory.end_swap();
}

#[test]
fn a_stream_downwards_goes_in_clusters_too() {
    let mut world = World::new(64, 400, 16);
    let base = filled(&mut world, 300);
    (world.pages_read, world.transfers) = (0, 0);
    for page in (0..200).rev() {
        assert_eq!(world.peek(base + page * 4096), Some(both(page + 1)));
    }
    assert!(world.transfers < 60, "{} transfers for {} pages", world.transfers, world.pages_read);
    // One that cannot be read as a whole is read page by page.
    for page in (0..200).rev() {
        world.failing = 1;
        assert!(world.peek(base + page * 4096).is_none_or(|found| found == both(page + 1)));
        world.failing = 0;
        assert_eq!(world.peek(base + page * 4096), Some(both(page + 1)));
    }
    world.verify();
}

#[test]
fn frames_that_are_free_are_no_reason_to_lock_more_than_fits() {
    let mut world = World::new(40, 128, 4);
    let base = filled(&mut world, 80);
    // As many frames as a lock leaves to work in.
    assert_eq!(world.page_in(0, 30), Step::Ready);
    let World { machine, memory, spaces, .. } = &mut world;
    assert!(memory.frames.free_count() >= memory.frames.promised() + 16);
    let refused = Err(Stop::Refused(Code::PhysicalMemoryUnavailable));
    assert_eq!(spaces.0.lock(machine, memory, base, 60 * 4096), refused);
    let few = (0..80).map(|page| base + page * 4096).find(|at| !machine.is_mapped(*at, false)).unwrap();
    assert_eq!(spaces.0.lock(machine, memory, few, 4096), Err(Stop::PageIn(few)));
}

#[test]
fn services_ask_for_pages_that_are_out() {
    let mut world = World::new(8, 64, 4);
    let base = filled(&mut world, 20);
    let out = (0..20).map(|page| base + page * 4096).find(|at| !world.machine.is_mapped(*at, false)).unwrap();
    let check = world.spaces.0.check(&mut world.machine, &mut world.memory, out, 4, false);
    assert_eq!(check, Check::PageIn(out));
    assert_eq!(world.page_in(out, 0), Step::Ready);
    assert_ne!(world.machine.table_entry(out >> 12) & PRESENT, 0);
}

#[test]
fn places_that_cannot_be_written_are_found_once_and_passed_over() {
    for cluster in [1, 3, 8, 16] {
        let mut world = World::new(40, 256, cluster);
        // Single ones, and a whole stretch.
        world.bad = (0..256).step_by(32).map(|at| at + 10).chain(64..104).collect();
        let base = filled(&mut world, 200);
        let mut tried = 0;
        for round in 1..6 {
            let failed_before = world.failed;
            for page in 0..200 {
                assert_eq!(world.peek(base + page * 4096), Some(both(page + round)));
                assert!(world.poke(base + page * 4096, page + round + 1));
            }
            tried = world.failed - failed_before;
            world.verify();
        }
        assert!(tried < 10, "{tried} writes failed in the last round, in clusters of {cluster}");
    }
}

#[test]
fn a_disk_that_comes_back_has_lost_no_slots() {
    let mut world = World::new(16, 64, 8);
    let base = filled(&mut world, 40);
    for _ in 0..50 {
        world.failing = u64::MAX;
        let before = world.transfers;
        for _ in 0..3 {
            assert_eq!(world.page_in(0, 12), Step::NoRoom);
        }
        assert!(world.transfers - before < 64, "{} transfers", world.transfers - before);
        world.failing = 0;
        for page in 0..40 {
            assert!(world.poke(base + page * 4096, page + 1));
        }
    }
    for page in 0..70 {
        world.peek(base + page % 40 * 4096);
    }
    let swap = world.memory.swap.as_ref().unwrap();
    assert_eq!(swap.slots.usable(), 64);
    world.verify();
}

/// One instruction that touches several pages at once gets on, though nothing can be written and no more pages can be dropped than
/// it needs.
#[test]
fn pages_that_are_wanted_together_stay_until_all_are_there() {
    const TOGETHER: usize = 8;
    let mut world = World::new(80, 256, 8);
    let base = filled(&mut world, 150);
    for page in 0..150 {
        assert_eq!(world.peek(base + page * 4096), Some(both(page + 1)));
    }
    let there = |world: &World, page: u32| world.machine.is_mapped(base + page * 4096, false);
    let is_clean = |world: &World, page: u32| {
        let page = world.spaces.0.page_anywhere(&world.machine, base + page * 4096);
        matches!(page, Page::Resident(Resident { dirty: false, .. }))
    };
    // No frame is free, and all but a few pages are dirty.
    while world.memory.frames.allocate_for_return(Owner::Kernel).is_some() {}
    let clean: Vec<u32> = (0..150).filter(|page| is_clean(&world, *page)).collect();
    for page in &clean[TOGETHER..] {
        assert!(world.poke(base + page * 4096, page + 1));
    }
    world.bad = (0..256).collect();
    let out: Vec<u32> = (0..150).filter(|page| !there(&world, *page)).collect();
    assert!(out.len() > 3 * TOGETHER);
    let mut seed = 1_usize;
    for round in 0..60 {
        let wanted: BTreeSet<u32> = (0..TOGETHER)
            .map(|_| {
                seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12_345) % (1 << 31);
                out[seed / 7 % out.len()]
            })
            .collect();
        let mut faults = 0;
        while let Some(page) = wanted.iter().find(|page| !there(&world, **page)) {
            assert_eq!(world.page_in(base + page * 4096, 0), Step::Ready, "round {round}");
            faults += 1;
            assert!(faults <= 4 * TOGETHER, "no progress in round {round}");
        }
        for page in wanted {
            assert_eq!(world.peek(base + page * 4096), Some(both(page + 1)));
        }
    }
}

#[test]
fn a_page_is_read_again_before_it_is_lost_and_its_place_is_left_alone() {
    let mut world = World::new(8, 128, 4);
    let base = filled(&mut world, 20);
    let gone =
        (0..20).map(|page| base + page * 4096).find(|at| !world.machine.is_mapped(*at, false)).unwrap();
    // Twice: the page by itself, since random reads go alone.
    assert_eq!(world.page_in(0, 5), Step::Ready);
    world.failing = 0b011;
    assert_eq!(world.page_in(gone, 0), Step::Ready);
    world.spaces.0.mark_candidates(&mut world.machine, gone, 4096).unwrap();
    let before: BTreeSet<u32> = world.file.keys().copied().collect();
    world.unreadable = before;
    let lost =
        (0..20).map(|page| base + page * 4096).find(|at| !world.machine.is_mapped(*at, false)).unwrap();
    assert_eq!(world.page_in(lost, 0), Step::Lost);
    let swap = world.memory.swap.as_ref().unwrap();
    assert_eq!(swap.slots.usable(), 127);
}
