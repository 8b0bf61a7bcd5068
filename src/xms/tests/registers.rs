//! What a call leaves in registers beside its answer.

use super::*;

/// Both ways of each call: the table's and, where there is one, the short one.
fn both_ways(run: impl Fn(&mut World)) {
    for short in [false, true] {
        let mut world = World::new(Config::default());
        // A hole for the short way, which makes none.
        let handle = world.allocate(64);
        world.ok(0x0A, dx(handle));
        world.short = short;
        run(&mut world);
    }
}

#[test]
fn success_clears_bl_and_leaves_bh_and_the_upper_halves_alone() {
    both_ways(|world| {
        let given = Registers { ebx: 0xBBBB_BBBB, edx: 0xDDDD_0004, ..Default::default() };
        let after = world.ok(0x09, given);
        assert_eq!((after.ebx, after.edx >> 16), (0xBBBB_BB00, 0xDDDD));
        let short = world.short;
        let after = world.ok(0x0A, Registers { ebx: 0xBBBB_BBBB, ..after });
        assert_eq!((after.ebx, world.xms.handles_used()), (0xBBBB_BB00, 0), "short: {short}");
    });
}

#[test]
fn a_refusal_puts_its_code_in_bl_and_leaves_bh_and_the_upper_half_alone() {
    both_ways(|world| {
        let after = world.call(0x0A, Registers { ebx: 0xBBBB_BBBB, edx: 0x1FFF, ..Default::default() });
        assert_eq!((after.ax(), after.ebx), (0, 0xBBBB_BBA2));
    });
}

#[test]
fn lock_counts_are_told_in_bh() {
    let mut world = World::new(Config::default());
    let handle = world.allocate(4);
    for locks in 1..=3 {
        world.ok(0x0C, dx(handle));
        assert_eq!(world.ok(0x0E, dx(handle)).bx(), locks << 8 | 11);
        assert_eq!(world.ok(0x8E, dx_bx(handle, 0x7777)).bx(), locks << 8 | 0x77, "BL stays");
    }
}

#[test]
fn addresses_fill_dx_and_bx_or_all_of_ebx() {
    let mut world = World::new(Config::default());
    world.allocate(3);
    let handle = world.allocate(4);
    let narrow = world.ok(0x0C, dx_bx(handle, 0xBBBB_BBBB));
    assert_eq!((narrow.dx(), narrow.bx()), (0x0011, 0x0C00));
    let wide = world.ok(0xCC, dx_bx(handle, 0xBBBB_BBBB));
    assert_eq!((wide.edx, wide.ebx), (0, 0x11_0C00));
}
