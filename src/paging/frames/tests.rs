use std::collections::BTreeMap;

use super::*;
use proptest::prelude::*;

const FIRST: u32 = 0x0F80;
const COUNT: u32 = 0x180;

/// An allocator over 384 frames around the 16 MiB mark, with a hole in the lower part.
fn frames() -> Frames {
    let table = vec![0u64; COUNT as usize].leak();
    let mut frames = Frames::new(table, FIRST);
    frames.add(Run { first: FIRST, count: 0x20 });
    frames.add(Run { first: FIRST + 0x30, count: COUNT - 0x30 });
    frames
}

/// Checks every word, link and count against a plain map of who holds what.
fn verify(frames: &Frames, model: &BTreeMap<u32, Owner>) {
    let mut at = 0;
    let mut free = 0;
    let mut runs = Vec::new();
    while at < COUNT {
        let entry = frames.entry(at);
        if entry.tag() == HEAD {
            let length = entry.length();
            assert!(at == 0 || !frames.entry(at - 1).is_free(), "neighbours were not joined at {at:#X}");
            for inner in 1..length {
                let want = if inner == length - 1 { TAIL } else { super::entry::INNER };
                assert_eq!(frames.entry(at + inner).tag(), want);
            }
            for index in at..at + length {
                assert_eq!(model.get(&(FIRST + index)), Some(&Owner::Free));
            }
            runs.push((at, length));
            free += length;
            at += length;
        } else {
            let held = model.get(&(FIRST + at)).copied().unwrap_or(Owner::Reserved);
            assert_eq!(entry.owner(), held, "frame {:#X}", FIRST + at);
            at += 1;
        }
    }
    assert_eq!(free, frames.free_count());
    let mut listed = Vec::new();
    frames.each_run(1, |first, length| listed.push((first - FIRST, length)));
    listed.sort_unstable();
    assert_eq!(listed, runs);
    for zone in 0..2 {
        for class in 0..CLASSES {
            assert_eq!(frames.lists[zone][class] != NONE, frames.filled[zone] >> class & 1 != 0);
        }
    }
}

fn model() -> BTreeMap<u32, Owner> {
    (0..COUNT).filter(|at| !(0x20..0x30).contains(at)).map(|at| (FIRST + at, Owner::Free)).collect()
}

fn hold(model: &mut BTreeMap<u32, Owner>, first: u32, count: u32, owner: Owner) {
    for frame in first..first + count {
        assert_eq!(model.insert(frame, owner), Some(Owner::Free), "frame {frame:#X} was given out twice");
    }
}

#[derive(Clone, Debug)]
enum Action {
    One,
    Run(u32, bool, u32),
    Some(u32),
    Claim(u32, u32),
    Free(usize),
    FreePart(usize, u32),
    Promise(u32),
    Promised,
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => Just(Action::One),
        2 => (1u32..60, any::<bool>(), 0u32..5).prop_map(|(count, low, align)| Action::Run(count, low, 1 << align)),
        1 => (1u32..400).prop_map(Action::Some),
        1 => (FIRST - 2..FIRST + COUNT + 2, 1u32..9).prop_map(|(first, count)| Action::Claim(first, count)),
        6 => any::<usize>().prop_map(Action::Free),
        2 => (any::<usize>(), any::<u32>()).prop_map(|(which, at)| Action::FreePart(which, at)),
        1 => (1u32..40).prop_map(Action::Promise),
        2 => Just(Action::Promised),
    ]
}

proptest! {
    #[test]
    fn frames_agree_with_a_plain_map(actions in prop::collection::vec(action(), 1..200)) {
        let (mut frames, mut model, mut held) = (frames(), model(), Vec::<Run>::new());
        for (serial, action) in actions.into_iter().enumerate() {
            let owner = Owner::Xms { handle: serial as u32 };
            let (free, promised) = (frames.free_count(), frames.promised());
            match action {
                Action::One => {
                    let got = frames.allocate(owner);
                    prop_assert_eq!(got.is_some(), free > promised);
                    held.extend(got.map(|first| Run { first, count: 1 }));
                    if let Some(frame) = got {
                        hold(&mut model, frame, 1, owner);
                        let high = model.range(UPPER_ZONE..).any(|(_, owner)| *owner == Owner::Free);
                        prop_assert!(frame >= UPPER_ZONE || !high);
                    }
                }
                Action::Run(count, low, align) => {
                    let below = if low { UPPER_ZONE } else { u32::MAX };
                    let fits = |first: u32| {
                        first + count <= below
                            && (first..first + count).all(|frame| model.get(&frame) == Some(&Owner::Free))
                    };
                    let want = (FIRST..FIRST + COUNT)
                        .find(|first| first % align == 0 && fits(*first))
                        .filter(|_| free - promised >= count);
                    prop_assert_eq!(frames.allocate_run(Wanted { count, below, align }, owner), want);
                    if let Some(first) = want {
                        hold(&mut model, first, count, owner);
                        held.push(Run { first, count });
                    }
                }
                Action::Some(count) => {
                    let got = frames.allocate_some(count, owner);
                    prop_assert_eq!(got.is_some(), free > promised);
                    if let Some(run) = got {
                        hold(&mut model, run.first, run.count, owner);
                        held.push(run);
                    }
                }
                Action::Claim(first, count) => {
                    let want = free - promised >= count
                        && (first..first + count).all(|frame| model.get(&frame) == Some(&Owner::Free));
                    prop_assert_eq!(frames.claim(Run { first, count }, owner), want);
                    if want {
                        hold(&mut model, first, count, owner);
                        held.push(Run { first, count });
                    }
                }
                Action::Free(which) if !held.is_empty() => {
                    let run = held.swap_remove(which % held.len());
                    frames.free_run(run);
                    model.extend((run.first..run.first + run.count).map(|frame| (frame, Owner::Free)));
                }
                Action::FreePart(which, at) if !held.is_empty() => {
                    let run = held.swap_remove(which % held.len());
                    let at = at % run.count;
                    frames.free(run.first + at);
                    model.insert(run.first + at, Owner::Free);
                    let parts = [
                        Run { first: run.first, count: at },
                        Run { first: run.first + at + 1, count: run.count - at - 1 },
                    ];
                    held.extend(parts.into_iter().filter(|run| run.count > 0));
                }
                Action::Promise(count) => {
                    prop_assert_eq!(frames.promise(count), count <= free - promised);
                }
                Action::Promised => {
                    let got = frames.allocate_promised(owner);
                    prop_assert_eq!(got.is_some(), promised > 0);
                    if let Some(first) = got {
                        hold(&mut model, first, 1, owner);
                        held.push(Run { first, count: 1 });
                    }
                }
                Action::Free(_) | Action::FreePart(..) => {}
            }
            verify(&frames, &model);
        }
    }
}

#[test]
fn a_chain_takes_everything_in_few_runs() {
    let mut frames = frames();
    let (mut taken, mut runs) = (0, 0);
    while let Some(run) = frames.allocate_some(1000 - taken, Owner::Kernel) {
        taken += run.count;
        runs += 1;
    }
    assert_eq!((taken, runs, frames.free_count()), (frames.total(), 2, 0));
}

#[test]
fn what_is_kept_back_is_for_the_core_only() {
    let mut frames = frames();
    frames.set_keep(10);
    assert_eq!(frames.available(), frames.total() - 10);
    assert!(frames.promise(frames.available()));
    assert_eq!(frames.allocate(Owner::Xms { handle: 1 }), None);
    assert!(frames.allocate(Owner::Kernel).is_some());
    assert_eq!(frames.longest_run(), COUNT - 0x31);
}

#[test]
fn the_clock_hand_visits_every_held_frame_in_turn() {
    let mut frames = frames();
    assert_eq!(frames.next_held(0), None);
    for first in [FIRST + 3, FIRST + 0x31, FIRST + COUNT - 1] {
        assert!(frames.claim(Run { first, count: 1 }, Owner::Kernel));
    }
    assert_eq!(frames.next_held(0), Some(FIRST + 3));
    assert_eq!(frames.next_held(FIRST + 3), Some(FIRST + 0x31));
    assert_eq!(frames.next_held(FIRST + 0x31), Some(FIRST + COUNT - 1));
    assert_eq!(frames.next_held(FIRST + COUNT - 1), Some(FIRST + 3));
}

#[test]
fn locks_and_sharers_stay_when_the_holder_changes() {
    let mut frames = frames();
    let frame = frames.allocate(Owner::Kernel).unwrap();
    frames.set_locks(frame, LOCKS_MAX);
    frames.set_sharers(frame, 77);
    let owner = Owner::Page { client: 3, linear: 0x40_0000 };
    frames.set_owner(frame, owner);
    assert_eq!((frames.owner(frame), frames.locks(frame), frames.sharers(frame)), (owner, LOCKS_MAX, 77));
    assert_eq!(frames.owner(0), Owner::Reserved);
}
