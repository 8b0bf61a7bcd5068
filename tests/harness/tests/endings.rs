//! Each way in which a guest program can end is told apart, on every machine that is here.
//!
//! These boot emulators: `cargo test -- --ignored`.

use std::path::Path;
use std::time::Duration;

use ferrite_harness::api::Places;
use ferrite_harness::batch::{self, End, Job};
use ferrite_harness::find;
use ferrite_harness::host::HostUnderTest;
use ferrite_harness::machine::{Engine, GuestFile, Machine};

const ENDLESS: &str = "sti\njmp $\n";
const DEAF: &str = "cli\njmp $\n";
const REBOOTS: &str = "mov al, 0FEh\nout 64h, al\njmp $\n";
const SPEAKS: &str = "mov si, text\n.next: lodsb\nor al, al\njz .end\nout 0E9h, al\njmp .next\n\
                      .end: mov ax, 4C07h\nint 21h\ntext: db 'ok 1 heard', 10, 0\n";

fn places() -> Places {
    Places::of(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
}

fn job(name: &str, source: &str) -> Job {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.asm");
    std::fs::write(&path, format!("org 100h\n{source}")).unwrap();
    let program = find::assemble(&path, &[], &[]).unwrap();
    let mut job = Job::new(name, GuestFile::new(format!("T/{name}.COM"), program));
    job.limit = Duration::from_secs(3);
    job
}

/// The ends of a list with a culprit in every second place.
fn ends(engine: Engine) -> Option<Vec<End>> {
    if let Some(reason) = find::missing(engine, &places()) {
        eprintln!("skipped {engine}: {reason}");
        return None;
    }
    let jobs = [
        job("A", SPEAKS),
        job("B", ENDLESS),
        job("C", SPEAKS),
        job("D", DEAF),
        job("E", REBOOTS),
        job("F", SPEAKS),
    ];
    let results =
        batch::run(&Machine::new(engine), &HostUnderTest::absent(), &jobs, &places(), 1, &|_| ()).unwrap();
    if engine.has_debug_port() {
        assert_eq!(results[0].channel, ["ok 1 heard"]);
        assert_eq!(results[5].channel, ["ok 1 heard"]);
    }
    Some(results.into_iter().map(|result| result.end).collect())
}

const SEVEN: End = End::Exited { code: 7, kind: 0 };

#[test]
#[ignore = "boots machines"]
fn qemu_tells_time_outs_hangs_and_resets_apart() {
    let Some(ends) = ends(Engine::Qemu) else { return };
    assert_eq!(ends, [SEVEN, End::TimedOut, SEVEN, End::Hung, End::Reset, SEVEN]);
}

#[test]
#[ignore = "boots machines"]
fn bochs_and_dosbox_x_tell_time_outs_and_resets_apart() {
    for engine in [Engine::Bochs, Engine::DosboxX] {
        let Some(ends) = ends(engine) else { continue };
        assert_eq!(ends, [SEVEN, End::TimedOut, SEVEN, End::TimedOut, End::Reset, SEVEN], "{engine}");
    }
}

#[test]
#[ignore = "boots machines"]
fn a_boot_that_never_reaches_autoexec_is_reported_as_that() {
    if find::missing(Engine::Qemu, &places()).is_some() {
        return;
    }
    let mut machine = Machine::new(Engine::Qemu);
    machine.boot_limit = Duration::from_secs(4);
    machine.config_sys.push("SHELL=C:\\NOWHERE.COM".to_string());
    machine.config_sys.push("DEVICE=C:\\T\\A.SYS".to_string());
    machine.files.push(GuestFile::new("T/A.SYS", endless_device()));
    let results =
        batch::run(&machine, &HostUnderTest::absent(), &[job("A", SPEAKS)], &places(), 1, &|_| ()).unwrap();
    assert!(matches!(results[0].end, End::BootFailed(_)), "{:?}", results[0].end);
}

/// A device driver that never comes back from its strategy routine.
fn endless_device() -> Vec<u8> {
    let mut driver = vec![0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x80, 18, 0, 18, 0];
    driver.extend(b"HANGS   ");
    driver.extend([0xEB, 0xFE]); // jmp $
    driver
}
