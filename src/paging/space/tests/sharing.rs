//! Two spaces that lend each other pages, against a plain model: a page is a cell, a copy is a new cell, sharing is the same.

use std::cell::Cell;
use std::rc::Rc;

use super::*;

const PAGES: u32 = 4;
const FRAMES: u32 = 120;

struct Two {
    machine: Mock,
    memory: Memory,
    spaces: [Space; 2],
    models: [Vec<Model>; 2],
    before: (u32, u32),
}

struct Model {
    block: Allocation,
    cells: Vec<Rc<Cell<u32>>>,
    frozen: bool,
}

#[derive(Clone, Copy, Debug)]
enum Action {
    Allocate,
    Contiguous,
    Write(usize, u32, u32),
    Borrow { which: usize, pages: (u32, u32), at: u32, across: bool, shared: bool },
    Free(usize),
    EndVirtual(usize),
    StartVirtual(usize),
    Clean(usize),
    Other,
}

/// Anywhere, or pages around the end of a page table: not always free.
fn place() -> impl Strategy<Value = u32> {
    let chosen = (2..5_u32, 0..=PAGES).prop_map(|(slot, pages)| (slot << 22) - (pages << 12));
    prop_oneof![Just(0), chosen]
}

fn action() -> impl Strategy<Value = Action> {
    let which = any::<usize>();
    prop_oneof![
        3 => Just(Action::Allocate),
        1 => Just(Action::Contiguous),
        6 => (which, 0..PAGES, 1u32..).prop_map(|(which, page, value)| Action::Write(which, page, value)),
        4 => (which, (0..PAGES, 1..=PAGES), place(), any::<bool>(), any::<bool>())
            .prop_map(|(which, pages, at, across, shared)| Action::Borrow { which, pages, at, across, shared }),
        2 => which.prop_map(Action::Free),
        1 => which.prop_map(Action::EndVirtual),
        1 => which.prop_map(Action::StartVirtual),
        1 => which.prop_map(Action::Clean),
        3 => Just(Action::Other),
    ]
}

impl Two {
    fn new() -> Two {
        let World { machine, memory, space, .. } = World::new(FRAMES);
        let (mut machine, mut memory) = (machine, memory);
        let mut other = Space::create(&mut machine, &mut memory, KERNEL_DIRECTORY).unwrap();
        other.set_client(6);
        let before = (memory.frames.free_count(), memory.frames.promised());
        Two { machine, memory, spaces: [space, other], models: [Vec::new(), Vec::new()], before }
    }

    /// Makes the other space the first, and loads it.
    fn swap(&mut self) {
        self.spaces.swap(0, 1);
        self.models.swap(0, 1);
        self.machine.load_space(self.spaces[0].directory());
    }

    fn reach(&mut self, linear: u32, write: bool) {
        let check = self.spaces[0].check(&mut self.machine, &mut self.memory, linear, 4, write);
        assert_eq!(check, Check::Ready, "{linear:08X}");
    }

    /// Frames that several mappings use or used are counted once each.
    fn audit(&self) {
        assert_eq!(self.memory.audit(&self.machine, self.spaces.iter()), Ok(true));
    }

    fn compare(&mut self) {
        for _ in 0..2 {
            for at in 0..self.models[0].len() {
                for page in 0..self.models[0][at].cells.len() {
                    let linear = self.models[0][at].block.base + ((page as u32) << 12);
                    self.reach(linear, false);
                    assert_eq!(
                        self.machine.read_u32(linear),
                        self.models[0][at].cells[page].get(),
                        "{linear:08X}"
                    );
                }
            }
            self.swap();
        }
    }

    fn step(&mut self, action: Action) {
        let [space, other] = &mut self.spaces;
        let (machine, memory) = (&mut self.machine, &mut self.memory);
        let pick = |models: &[Model], which: usize| (!models.is_empty()).then(|| which % models.len());
        let zeros = || (0..PAGES).map(|_| Rc::new(Cell::new(0))).collect();
        match action {
            Action::Allocate => {
                if let Ok(block) = space.allocate(machine, memory, PAGES << 12) {
                    self.models[0].push(Model { block, cells: zeros(), frozen: false });
                }
            }
            Action::Contiguous => {
                if let Ok((block, physical)) =
                    space.allocate_contiguous(machine, memory, PAGES << 12, u32::MAX, 2)
                {
                    assert_eq!(physical & 0x1FFF, 0);
                    assert_eq!(space.physical_of_block(machine, block.handle), Ok(physical));
                    self.models[0].push(Model { block, cells: zeros(), frozen: true });
                }
            }
            Action::Write(which, page, value) => {
                let Some(at) = pick(&self.models[0], which) else { return };
                let page = page as usize % self.models[0][at].cells.len();
                let linear = self.models[0][at].block.base + ((page as u32) << 12);
                self.reach(linear, true);
                self.machine.write_u32(linear, value);
                self.models[0][at].cells[page].set(value);
            }
            Action::Borrow { which, pages: (first, count), at: place, across, shared } => {
                let sharing = if shared { Sharing::Shared } else { Sharing::CopyOnWrite };
                let side = across as usize;
                let Some(at) = pick(&self.models[side], which) else { return };
                let model = &self.models[side][at];
                let first = first % model.cells.len() as u32;
                let from = model.block.base + (first << 12);
                let count = count.min(model.cells.len() as u32 - first);
                let cells: Vec<_> = model.cells[first as usize..][..count as usize].to_vec();
                let range = (from, cells.len() as u32);
                let result = match across {
                    true => space.map_from(machine, memory, other, range, place, sharing),
                    false => space.map_again(machine, memory, range, place, sharing),
                };
                let end = |model: &Model| model.block.base + ((model.cells.len() as u32) << 12);
                let taken = self.models[0]
                    .iter()
                    .any(|model| model.block.base < place + (count << 12) && place < end(model));
                if place != 0 && taken {
                    assert_eq!(result, Err(Stop::Refused(Code::InvalidLinear)));
                }
                if let Ok(block) = result {
                    assert!(place == 0 || block.base == place);
                    let copy = |cell: &Rc<Cell<u32>>| Rc::new(Cell::new(cell.get()));
                    let cells = if shared { cells } else { cells.iter().map(copy).collect() };
                    self.models[0].push(Model { block, cells, frozen: false });
                }
            }
            Action::Free(which) => {
                let Some(at) = pick(&self.models[0], which) else { return };
                let model = self.models[0].swap_remove(at);
                space.free(machine, memory, model.block.handle).unwrap();
            }
            Action::EndVirtual(which) => {
                let Some(at) = pick(&self.models[0], which) else { return };
                let model = &mut self.models[0][at];
                if space.end_virtual(machine, memory, model.block.handle).is_ok() {
                    assert!(!model.frozen);
                    model.frozen = true;
                    let size = (8 * PAGES) << 12;
                    let grown = space.resize(machine, memory, model.block.handle, size, true);
                    assert_eq!(grown, Err(Stop::Refused(Code::InvalidState)));
                }
            }
            Action::StartVirtual(which) => {
                let Some(at) = pick(&self.models[0], which) else { return };
                let model = &mut self.models[0][at];
                let started = space.start_virtual(machine, memory, model.block.handle);
                assert_eq!(started.is_ok(), model.frozen);
                model.frozen = false;
            }
            Action::Clean(which) => {
                let Some(at) = pick(&self.models[0], which) else { return };
                let model = &self.models[0][at];
                let range = (model.block.base, model.cells.len() as u32);
                let all = Clear { accessed: true, dirty: true };
                space.read_marks(machine, memory, range, all).unwrap();
                let marks = space.read_marks(machine, memory, range, Clear::default()).unwrap();
                assert_eq!((marks.accessed, marks.dirty), (0, 0));
            }
            Action::Other => self.swap(),
        }
    }
}

proptest! {
    #[test]
    fn pages_that_are_lent_agree_with_cells(actions in prop::collection::vec(action(), 1..80), order: bool) {
        let mut two = Two::new();
        for action in actions {
            two.step(action);
            two.audit();
        }
        two.compare();
        // Whoever goes first: nothing is lost, and what the other has stays what it is.
        if order {
            two.swap();
        }
        let Two { machine, memory, spaces, .. } = &mut two;
        spaces[1].destroy(machine, memory);
        for at in 0..two.models[0].len() {
            for page in 0..two.models[0][at].cells.len() {
                let linear = two.models[0][at].block.base + ((page as u32) << 12);
                two.reach(linear, false);
                assert_eq!(two.machine.read_u32(linear), two.models[0][at].cells[page].get());
            }
        }
        let Two { machine, memory, spaces, before, .. } = &mut two;
        spaces[0].destroy(machine, memory);
        // Both directories are free as well now.
        prop_assert_eq!((memory.frames.free_count(), memory.frames.promised()), (before.0 + 2, before.1));
        prop_assert_eq!((memory.locked_pages(), memory.lent), (0, 0));
    }
}

#[test]
fn a_locked_block_keeps_its_virtual_memory_until_it_is_unlocked() {
    let World { mut machine, mut memory, mut space } = World::new(60);
    let block = space.allocate(&mut machine, &mut memory, 4 << 12).unwrap();
    machine_write(&mut space, &mut machine, &mut memory, block.base + 0x1004, 0x1234);
    space.lock(&mut machine, &mut memory, block.base, 1).unwrap();
    let refused = Err(Stop::Refused(Code::InvalidState));
    assert_eq!(space.end_virtual(&mut machine, &mut memory, block.handle), refused);
    assert_eq!(space.locked_pages(), 1);
    space.unlock(&mut machine, &mut memory, block.base, 1).unwrap();
    assert_eq!(space.end_virtual(&mut machine, &mut memory, block.handle), Ok(()));
    assert_eq!((space.locked_pages(), machine.read_u32(block.base + 0x1004)), (4, 0x1234));
    // The block's own lock is not the client's.
    let unlocked = space.unlock(&mut machine, &mut memory, block.base, 1);
    assert_eq!(unlocked, Err(Code::InvalidState));
    space.lock(&mut machine, &mut memory, block.base, 1).unwrap();
    assert_eq!(space.start_virtual(&mut machine, &mut memory, block.handle), Err(Code::InvalidState));
    space.unlock(&mut machine, &mut memory, block.base, 1).unwrap();
    assert_eq!(space.start_virtual(&mut machine, &mut memory, block.handle), Ok(()));
    assert_eq!((space.locked_pages(), machine.read_u32(block.base + 0x1004)), (0, 0x1234));
}

fn machine_write(space: &mut Space, machine: &mut Mock, memory: &mut Memory, linear: u32, value: u32) {
    assert_eq!(space.check(machine, memory, linear, 4, true), Check::Ready);
    machine.write_u32(linear, value);
}

/// A run that lies across the end of a page table, from its middle on, is mapped across the ends of two others.
#[test]
fn a_run_is_mapped_across_the_ends_of_page_tables() {
    const TABLE: u32 = 1 << 22;
    for sharing in [Sharing::Shared, Sharing::CopyOnWrite] {
        let World { mut machine, mut memory, mut space } = World::new(2200);
        // From 4 MiB less 8 KiB on, 4 MiB and 16 KiB: three tables.
        let base = 3 * TABLE - 0x2000;
        let block = space.allocate_linear(&mut machine, &mut memory, base, TABLE + 0x4000, true).unwrap();
        assert_eq!(block.base, base);
        for page in 0..1028 {
            machine_write(&mut space, &mut machine, &mut memory, base + (page << 12), page + 1);
        }
        let (first, count, at) = (1, 1026, 6 * TABLE - 0x1000);
        let range = (base + (first << 12), count);
        let bad = Err(Stop::Refused(Code::InvalidLinear));
        for wrong in [at + 1, at + 0x800, base, base + TABLE + 0x3000, base - ((count - 1) << 12), LANDING] {
            assert_eq!(space.map_again(&mut machine, &mut memory, range, wrong, sharing), bad, "{wrong:08X}");
        }
        let beyond = (range.0, 1028);
        assert_eq!(space.map_again(&mut machine, &mut memory, beyond, at, sharing), bad);
        assert_eq!(memory.lent, 0);
        let again = space.map_again(&mut machine, &mut memory, range, at, sharing).unwrap();
        assert_eq!((again.base, memory.lent), (at, count));
        for page in 0..count {
            let linear = at + (page << 12);
            assert_eq!(space.check(&mut machine, &mut memory, linear, 4, false), Check::Ready);
            assert_eq!(machine.read_u32(linear), page + first + 1);
            let (here, there) =
                (space.physical(&machine, linear), space.physical(&machine, range.0 + (page << 12)));
            assert_eq!(here, there);
        }
        // The last page of a table and the first of the next.
        for linear in [6 * TABLE - 0x1000, 6 * TABLE, 7 * TABLE - 0x1000, 7 * TABLE] {
            machine_write(&mut space, &mut machine, &mut memory, linear, 0xAAAA);
            let source = range.0 + (linear - at);
            let old = ((source - base) >> 12) + 1;
            let want = if sharing == Sharing::Shared { 0xAAAA } else { old };
            assert_eq!(machine.read_u32(source), want, "{linear:08X}");
        }
        space.free(&mut machine, &mut memory, block.handle).unwrap();
        assert_eq!(machine.read_u32(at + 0x2000), first + 3);
        space.free(&mut machine, &mut memory, again.handle).unwrap();
        assert_eq!(memory.lent, 0);
    }
}

#[test]
fn sections_are_told_of_every_address() {
    let World { mut machine, mut memory, mut space } = World::new(60);
    let block = space.allocate(&mut machine, &mut memory, 4 << 12).unwrap();
    let stack = space.allocate_locked_stack(&mut machine, &mut memory, 0x2000).unwrap();
    let device = space.map_physical(&mut machine, &mut memory, 0xE000_0000, 0x1000).unwrap();
    space.set_section(block.handle, Section::Code).unwrap();
    let told =
        [0x1000, block.base, block.base + 0x3FFF, block.base + 0x4000, stack, device, LANDING, 0xC000_0000]
            .map(|linear| space.section(linear));
    let want = {
        use Section::{Code, Kernel, Mapped, Stack, Unmapped};
        [Mapped, Code, Code, Unmapped, Stack, Mapped, Kernel, Kernel]
    };
    assert_eq!(told, want);
    assert_eq!(space.set_section(block.handle + 1, Section::Data), Err(Code::InvalidHandle));
}

#[test]
fn a_protected_page_faults_on_a_write_until_it_is_writable_again() {
    let World { mut machine, mut memory, mut space } = World::new(60);
    let block = space.allocate(&mut machine, &mut memory, 4 << 12).unwrap();
    machine_write(&mut space, &mut machine, &mut memory, block.base, 7);
    space.protect(&mut machine, &mut memory, (block.base, 2), false).unwrap();
    for linear in [block.base, block.base + 0x1000] {
        assert_eq!(space.check(&mut machine, &mut memory, linear, 1, true), Check::Bad);
        assert_eq!(space.check(&mut machine, &mut memory, linear, 1, false), Check::Ready);
    }
    assert_eq!(space.check(&mut machine, &mut memory, block.base + 0x2000, 1, true), Check::Ready);
    space.protect(&mut machine, &mut memory, (block.base, 2), true).unwrap();
    machine_write(&mut space, &mut machine, &mut memory, block.base + 0x1000, 8);
    assert_eq!((machine.read_u32(block.base), machine.read_u32(block.base + 0x1000)), (7, 8));
}
