//! The pages that were wanted last. An instruction may need several at once, and each must still be there when the last has
//! come in; so they go only where nothing else can, the one that was wanted first before the others. Then every instruction gets
//! on that needs no more pages than there are frames that can be had.

/// More than an instruction touches: itself, a source, a destination and a stack, each across the end of a page.
const PAGES: usize = 8;

/// The last pages that were wanted, of any client.
#[derive(Clone, Copy, Default)]
pub(super) struct Recent {
    /// Client and page, the last one first; page 0 is none.
    pages: [(u8, u32); PAGES],
}

impl Recent {
    /// A page is wanted.
    pub(super) fn note(&mut self, client: u8, page: u32) {
        let at = self.pages.iter().position(|known| *known == (client, page)).unwrap_or(PAGES - 1);
        self.pages[at] = (client, page);
        self.pages[..=at].rotate_right(1);
    }

    /// Was it wanted lately?
    pub(super) fn contains(&self, client: u8, page: u32) -> bool {
        self.pages.contains(&(client, page))
    }

    /// All but the last one, beginning with the one that was wanted first: client and page.
    pub(super) fn first_to_go(&self) -> impl Iterator<Item = (u8, u32)> {
        let pages = self.pages;
        pages.into_iter().skip(1).rev().filter(|known| known.1 != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_again_moves_to_the_front() {
        let mut recent = Recent::default();
        (1..=10).for_each(|page| recent.note(0, page));
        assert!(!recent.contains(0, 2) && recent.contains(0, 3) && !recent.contains(1, 3));
        recent.note(0, 4);
        recent.note(1, 3);
        let order: Vec<_> = recent.first_to_go().collect();
        assert_eq!(order, [(0, 5), (0, 6), (0, 7), (0, 8), (0, 9), (0, 10), (0, 4)]);
    }
}
