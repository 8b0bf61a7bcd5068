//! The linear ranges of one address space: which are used, by what, and where there is room.
//!
//! Blocks lie in one vector in ascending order of address. Handles go through a table of their own, with a generation, so
//! that a handle of a block that is gone is refused and never finds its successor.

use alloc::vec::Vec;

use super::{ARENA_BASE, ARENA_END};
use crate::audit::{require, Audit, Rule};

/// Most blocks of one client.
pub const BLOCKS_MAX: usize = 4000;

/// What a block is, and so what its pages are by default.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Use {
    /// A client's memory, committed: a page that is absent is zeros.
    Memory,
    /// A client's memory, created uncommitted (0504h): a page that is absent is not there.
    Reserved,
    /// Physical memory mapped by 0800h; present throughout. The space knows what lies there.
    Mapped,
    /// A stack of the core's in the client's space: committed, not the client's to free.
    Stack,
    /// A client's memory that is in memory as a whole and stays there: each page has a lock of the block's own.
    Frozen,
}

/// What the pages of a block are for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Section {
    /// Memory that a program asked for.
    Heap,
    /// A stack.
    Stack,
    /// Instructions.
    Code,
    /// A program's data.
    Data,
    /// Physical memory that is not ours: devices, conventional memory.
    Mapped,
    /// The core's.
    Kernel,
    /// Nothing.
    Unmapped,
}

impl Section {
    /// What a new block is for, until somebody says more.
    pub const fn of_new(usage: Use) -> Self {
        match usage {
            Use::Memory | Use::Reserved | Use::Frozen => Section::Heap,
            Use::Mapped => Section::Mapped,
            Use::Stack => Section::Stack,
        }
    }

    /// By number, as the debug calls name it. None for those that a block cannot be.
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            0 => Some(Section::Heap),
            1 => Some(Section::Stack),
            2 => Some(Section::Code),
            3 => Some(Section::Data),
            _ => None,
        }
    }
}

/// A block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// Linear address, page-aligned.
    pub base: u32,
    /// Pages, 1 and more.
    pub pages: u32,
    /// Pages that are committed: a frame is held or promised for each.
    pub committed: u32,
    /// The client's handle; 0 if it has none.
    pub handle: u32,
    /// What it is.
    pub usage: Use,
    /// What it is for.
    pub section: Section,
}

impl Block {
    /// A block of `pages` pages at `base`, without a handle yet; of a reserved one, and of a mapping, no page is committed.
    pub const fn new(base: u32, pages: u32, usage: Use) -> Self {
        let committed = match usage {
            Use::Memory | Use::Stack | Use::Frozen => pages,
            Use::Reserved | Use::Mapped => 0,
        };
        Block { base, pages, committed, handle: 0, usage, section: Section::of_new(usage) }
    }

    /// Address after the last byte; it does not wrap, as the arena ends below 4 GiB.
    #[inline(always)]
    pub const fn end(&self) -> u32 {
        self.base + (self.pages << 12)
    }

    /// Is the address inside?
    #[inline(always)]
    pub const fn contains(&self, linear: u32) -> bool {
        linear.wrapping_sub(self.base) < self.pages << 12
    }
}

#[derive(Clone, Copy)]
struct Slot {
    /// Base of the block, or index of the next free slot.
    base: u32,
    generation: u16,
    used: bool,
}

/// Why a block cannot be recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Full {
    /// No handle, or no memory for the tables.
    Handles,
}

/// The blocks of one address space.
pub struct Blocks {
    list: Vec<Block>,
    slots: Vec<Slot>,
    free_slot: u32,
    /// Blocks at the front of the list that follow each other without room between them.
    packed: usize,
    /// The block found last.
    recent: usize,
    /// Bytes left free between neighbours, a multiple of 4096: guard pages.
    guard: u32,
    /// Where the `packed` blocks end, the guard included: what [`Blocks::packed_end`] says.
    front: u32,
    /// Where the block after them begins, or the arena ends.
    ceiling: u32,
}

const NO_SLOT: u32 = u32::MAX;

impl Default for Blocks {
    fn default() -> Self {
        Blocks {
            list: Vec::new(),
            slots: Vec::new(),
            free_slot: NO_SLOT,
            packed: 0,
            recent: 0,
            guard: 0,
            front: ARENA_BASE,
            ceiling: ARENA_END,
        }
    }
}

impl Blocks {
    /// Leaves `pages` pages free after each block from now on.
    pub fn set_guard(&mut self, pages: u32) {
        self.guard = pages << 12;
        self.packed = 0;
        self.pack();
    }

    /// All blocks, in ascending order.
    #[inline]
    pub fn all(&self) -> &[Block] {
        &self.list
    }

    /// A block by index.
    #[inline]
    pub fn get(&self, index: usize) -> &Block {
        &self.list[index]
    }

    /// Changes a block, except for its place and size.
    #[inline]
    pub fn get_mut(&mut self, index: usize) -> &mut Block {
        &mut self.list[index]
    }

    /// The block that holds an address.
    #[inline]
    pub fn find(&mut self, linear: u32) -> Option<usize> {
        if self.list.get(self.recent).is_some_and(|block| block.contains(linear)) {
            return Some(self.recent);
        }
        let index = self.list.partition_point(|block| block.base <= linear).checked_sub(1)?;
        if !self.list[index].contains(linear) {
            return None;
        }
        self.recent = index;
        Some(index)
    }

    /// The block that holds an address, without remembering it.
    pub fn lookup(&self, linear: u32) -> Option<&Block> {
        let index = self.list.partition_point(|block| block.base <= linear).checked_sub(1)?;
        self.list.get(index).filter(|block| block.contains(linear))
    }

    /// The block that a client's handle names.
    pub fn by_handle(&mut self, handle: u32) -> Option<usize> {
        let slot = self.slots.get((handle & 0xFFFF).wrapping_sub(1) as usize)?;
        if !slot.used || slot.generation as u32 != handle >> 16 {
            return None;
        }
        self.find(slot.base)
    }

    /// The lowest address at which `pages` pages fit.
    #[inline]
    pub fn lowest_gap(&self, pages: u32) -> Option<u32> {
        // Nearly always behind the blocks that follow each other from the front on.
        self.front(pages).or_else(|| self.search_gap(pages))
    }

    #[cold]
    #[inline(never)]
    fn search_gap(&self, pages: u32) -> Option<u32> {
        let mut start = self.packed_end();
        for block in &self.list[self.packed..] {
            if block.base >= start && (block.base - start) >> 12 >= pages {
                return Some(start);
            }
            start = block.end() + self.guard;
        }
        (start <= ARENA_END && (ARENA_END - start) >> 12 >= pages).then_some(start)
    }

    /// The highest address at which `pages` pages fit: mappings and stacks go there, so that a growing heap finds its
    /// neighbourhood free.
    pub fn highest_gap(&self, pages: u32) -> Option<u32> {
        let bytes = pages.checked_mul(0x1000)?;
        let mut end = ARENA_END;
        for block in self.list.iter().rev() {
            let start = block.end() + self.guard;
            if end >= start && end - start >= bytes {
                return Some(end - bytes);
            }
            end = block.base;
        }
        (end - ARENA_BASE >= bytes).then(|| end - bytes)
    }

    /// Is `pages` pages at `base` free, and inside the arena?
    pub fn is_free(&self, base: u32, pages: u32) -> bool {
        if !(ARENA_BASE..ARENA_END).contains(&base) || (ARENA_END - base) >> 12 < pages {
            return false;
        }
        let after = self.list.partition_point(|block| block.base < base);
        let end = base + (pages << 12);
        self.list.get(after).is_none_or(|next| end <= next.base)
            && after.checked_sub(1).is_none_or(|before| self.list[before].end() <= base)
    }

    /// How many pages a block could have where it is.
    pub fn room(&self, index: usize) -> u32 {
        let block = &self.list[index];
        let end = self
            .list
            .get(index + 1)
            .map_or(ARENA_END, |next| next.base - self.guard.min(next.base - block.end()));
        (end - block.base) >> 12
    }

    /// Makes sure that the next [`Blocks::insert`] succeeds.
    #[inline(always)]
    pub fn reserve(&mut self) -> Result<(), Full> {
        // There are as many slots for handles as there is room for blocks.
        if self.list.len() < self.slots.len() {
            return Ok(());
        }
        self.reserve_slowly()
    }

    #[cold]
    #[inline(never)]
    fn reserve_slowly(&mut self) -> Result<(), Full> {
        let room = self.slots.len();
        let more = room.max(8).min(BLOCKS_MAX - room);
        self.list.try_reserve_exact(room + more - self.list.len()).map_err(|_| Full::Handles)?;
        self.slots.try_reserve_exact(more).map_err(|_| Full::Handles)?;
        for _ in 0..more {
            self.slots.push(Slot { base: self.free_slot, generation: 1, used: false });
            self.free_slot = self.slots.len() as u32 - 1;
        }
        match more {
            0 => Err(Full::Handles),
            _ => Ok(()),
        }
    }

    /// Where the blocks at the front end, if `pages` pages fit there: where [`Blocks::append`] puts a block.
    #[inline(always)]
    pub fn front(&self, pages: u32) -> Option<u32> {
        (self.front <= self.ceiling && (self.ceiling - self.front) >> 12 >= pages).then_some(self.front)
    }

    /// Records a block in a range that is free and gives it a handle if `with_handle`. [`Blocks::reserve`] was asked first.
    pub fn insert(&mut self, mut block: Block, with_handle: bool) -> u32 {
        block.handle = if with_handle { self.new_handle(block.base) } else { 0 };
        self.list.push(block);
        self.sink(self.list.len() - 1)
    }

    /// The same for a block at [`Blocks::front`], with a handle.
    #[inline(always)]
    pub fn append(&mut self, mut block: Block) -> u32 {
        block.handle = self.new_handle(block.base);
        // Only stacks and mappings lie above, and nearly always one of them.
        let mut index = self.list.len();
        self.list.push(block);
        if let Some([below, place]) = self.list.last_chunk_mut() {
            if below.base > block.base {
                *place = *below;
                *below = block;
                index -= 1;
            }
        }
        if index != self.packed {
            return self.sink(index);
        }
        self.recent = index;
        self.packed += 1;
        self.front = block.end() + self.guard;
        if self.front >= self.ceiling {
            self.pack();
        }
        block.handle
    }

    /// A new block goes down from `index` to its place.
    #[cold]
    #[inline(never)]
    fn sink(&mut self, mut index: usize) -> u32 {
        let block = self.list[index];
        while index > 0 && self.list[index - 1].base > block.base {
            self.list[index] = self.list[index - 1];
            index -= 1;
        }
        self.list[index] = block;
        self.recent = index;
        self.packed = self.packed.min(index);
        self.pack();
        block.handle
    }

    /// Forgets a block and its handle.
    pub fn remove(&mut self, index: usize) -> Block {
        let block = self.list.remove(index);
        self.drop_handle(block.handle);
        self.packed = self.packed.min(index);
        self.note_front();
        block
    }

    /// Changes a block's size where it is; the range was asked for with [`Blocks::room`].
    pub fn set_pages(&mut self, index: usize, pages: u32) {
        self.list[index].pages = pages;
        self.packed = self.packed.min(index);
        self.pack();
    }

    /// Moves a block to another range, which is free. Its handle stays.
    pub fn relocate(&mut self, index: usize, base: u32, pages: u32) {
        let mut block = self.list.remove(index);
        (block.base, block.pages) = (base, pages);
        if let Some(slot) = self.slots.get_mut((block.handle & 0xFFFF).wrapping_sub(1) as usize) {
            slot.base = base;
        }
        let to = self.list.partition_point(|other| other.base < base);
        self.list.insert(to, block);
        self.packed = self.packed.min(index).min(to);
        self.pack();
    }

    /// Where the last block below an address that is in none ends.
    pub fn end_before(&self, linear: u32) -> u32 {
        let after = self.list.partition_point(|block| block.base <= linear);
        after.checked_sub(1).map_or(ARENA_BASE, |before| self.list[before].end())
    }

    /// Where the first block above an address that is in none begins.
    pub fn start_after(&self, linear: u32) -> u32 {
        let after = self.list.partition_point(|block| block.base <= linear);
        self.list.get(after).map_or(ARENA_END, |next| next.base)
    }

    /// Sees whether the blocks lie apart and in order in the arena, whether each handle finds its block and no other handle finds any.
    pub(super) fn audit(&self) -> Audit {
        let (mut end, mut handles) = (ARENA_BASE, 0);
        for block in &self.list {
            let fits = block.pages > 0 && block.pages <= (ARENA_END - block.base.min(ARENA_END)) >> 12;
            let lies = block.base >= end && block.base & 0xFFF == 0 && fits;
            require(lies && block.committed <= block.pages, Rule::Blocks, block.base)?;
            end = block.end();
            if block.handle != 0 {
                let slot = self.slots.get((block.handle & 0xFFFF).wrapping_sub(1) as usize);
                let named = |slot: &Slot| {
                    slot.used && (slot.base, slot.generation as u32) == (block.base, block.handle >> 16)
                };
                require(slot.is_some_and(named), Rule::Blocks, block.base)?;
                handles += 1;
            }
        }
        let used = self.slots.iter().filter(|slot| slot.used).count();
        require(used == handles && self.packed <= self.list.len(), Rule::Blocks, used as u32)
    }

    /// Pages of the largest gap, and of all gaps together.
    pub fn room_left(&self) -> (u32, u32) {
        let (mut largest, mut total, mut start) = (0u32, 0, ARENA_BASE);
        for block in &self.list {
            let gap = block.base.saturating_sub(start) >> 12;
            (largest, total) = (largest.max(gap), total + gap);
            start = block.end() + self.guard;
        }
        let gap = ARENA_END.saturating_sub(start) >> 12;
        (largest.max(gap), total + gap)
    }

    /// Where the blocks at the front that follow each other end.
    #[inline]
    fn packed_end(&self) -> u32 {
        match self.packed {
            0 => ARENA_BASE,
            count => self.list[count - 1].end() + self.guard,
        }
    }

    #[inline(never)]
    fn pack(&mut self) {
        while self.packed < self.list.len() && self.list[self.packed].base <= self.packed_end() {
            self.packed += 1;
        }
        self.note_front();
    }

    fn note_front(&mut self) {
        self.front = self.packed_end();
        self.ceiling = self.list.get(self.packed).map_or(ARENA_END, |next| next.base);
    }

    #[inline(always)]
    fn new_handle(&mut self, base: u32) -> u32 {
        // There is one: it was reserved.
        let index = self.free_slot;
        let slot = &mut self.slots[index as usize];
        self.free_slot = slot.base;
        slot.base = base;
        slot.used = true;
        (slot.generation as u32) << 16 | (index + 1)
    }

    fn drop_handle(&mut self, handle: u32) {
        let index = (handle & 0xFFFF).wrapping_sub(1);
        if let Some(slot) = self.slots.get_mut(index as usize) {
            slot.used = false;
            slot.generation = if slot.generation == u16::MAX { 1 } else { slot.generation + 1 };
            slot.base = self.free_slot;
            self.free_slot = index;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn put(blocks: &mut Blocks, base: u32, pages: u32) -> u32 {
        blocks.reserve().unwrap();
        blocks.insert(Block::new(base, pages, Use::Memory), true)
    }

    #[test]
    fn a_stale_handle_is_refused_and_no_handle_looks_like_an_address() {
        let mut blocks = Blocks::default();
        let first = put(&mut blocks, ARENA_BASE, 1);
        let index = blocks.by_handle(first).unwrap();
        blocks.remove(index);
        let second = put(&mut blocks, ARENA_BASE, 1);
        assert_ne!(first, second);
        assert_eq!(blocks.by_handle(first), None);
        assert_eq!(blocks.by_handle(second), Some(0));
        assert_eq!(blocks.by_handle(0), None);
        assert_eq!(blocks.by_handle(ARENA_BASE), None);
        for at in 1..BLOCKS_MAX as u32 {
            let handle = put(&mut blocks, ARENA_BASE + at * 0x2000, 1);
            assert_ne!(handle & 0xFFF, 0);
        }
        assert_eq!(blocks.reserve(), Err(Full::Handles));
    }

    #[test]
    fn guard_pages_stay_free_between_blocks() {
        let mut blocks = Blocks::default();
        blocks.set_guard(1);
        put(&mut blocks, ARENA_BASE, 2);
        assert_eq!(blocks.lowest_gap(1), Some(ARENA_BASE + 0x3000));
        put(&mut blocks, ARENA_BASE + 0x3000, 1);
        assert_eq!(blocks.room(0), 2);
        assert_eq!(blocks.lowest_gap(1), Some(ARENA_BASE + 0x5000));
    }

    #[test]
    fn the_whole_arena_is_one_gap_at_first_and_none_at_last() {
        let mut blocks = Blocks::default();
        let all = (ARENA_END - ARENA_BASE) >> 12;
        assert_eq!(blocks.lowest_gap(all), Some(ARENA_BASE));
        assert_eq!(blocks.highest_gap(all), Some(ARENA_BASE));
        assert_eq!(blocks.lowest_gap(all + 1), None);
        assert_eq!(blocks.highest_gap(all + 1), None);
        put(&mut blocks, ARENA_BASE, all);
        assert_eq!((blocks.lowest_gap(1), blocks.highest_gap(1), blocks.room(0)), (None, None, all));
        assert!(!blocks.is_free(0xFFFF_F000, 0xF_FFFF));
    }

    proptest! {
        #[test]
        fn gaps_are_where_a_plain_map_has_room(actions in prop::collection::vec((0u8..5, 1u32..40, any::<usize>()), 1..80)) {
            let mut blocks = Blocks::default();
            let mut model: Vec<(u32, u32, u32)> = Vec::new();
            for (action, pages, which) in actions {
                let taken = |model: &[(u32, u32, u32)], page: u32| {
                    model.iter().any(|(base, count, _)| page.wrapping_sub(*base >> 12) < *count)
                };
                let fits = |model: &[(u32, u32, u32)], page: u32| (page..page + pages).all(|page| !taken(model, page));
                let low = ARENA_BASE >> 12;
                match action {
                    0..=2 => {
                        let want = (low..low + 4000).find(|page| fits(&model, *page)).unwrap() << 12;
                        prop_assert_eq!(blocks.lowest_gap(pages), Some(want));
                        prop_assert!(blocks.is_free(want, pages));
                        model.push((want, pages, put(&mut blocks, want, pages)));
                    }
                    3 if !model.is_empty() => {
                        let (base, _, handle) = model.swap_remove(which % model.len());
                        let index = blocks.by_handle(handle).unwrap();
                        prop_assert_eq!(blocks.remove(index).base, base);
                    }
                    _ => {
                        let high = ARENA_END >> 12;
                        let want = (high - 4000..=high - pages).rev().find(|page| fits(&model, *page)).unwrap() << 12;
                        prop_assert_eq!(blocks.highest_gap(pages), Some(want));
                        model.push((want, pages, put(&mut blocks, want, pages)));
                    }
                }
                for (base, count, handle) in &model {
                    let index = blocks.by_handle(*handle).unwrap();
                    prop_assert_eq!(blocks.get(index).base, *base);
                    prop_assert_eq!(blocks.find(base + count * 4096 - 1), Some(index));
                    prop_assert!(!blocks.is_free(*base, *count));
                    let room = (*count..).find(|more| {
                        let page = (base >> 12) + more;
                        page >= ARENA_END >> 12 || taken(&model, page) || *more > 5000
                    });
                    prop_assert!(room == Some(blocks.room(index)) || room > Some(5000));
                }
            }
        }
    }
}
