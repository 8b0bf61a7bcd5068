//! docs/coverage.md: a rendering of the service tables, kept current by this test (`ACCEPT=1 cargo test coverage`).

use std::fmt::Write;

use super::Int31;
use crate::mock::Mock;
use crate::service::Since;

/// Services of DPMI 0.9 and 1.0 that have no row, with what a caller gets and why.
const MISSING: &[(u16, &str, &str)] = &[
    (0x0C00, "Install Resident Service Provider Callback", "8001h: DPMI 1.0 complete is later work"),
    (0x0C01, "Terminate and Stay Resident", "8001h: DPMI 1.0 complete is later work; INT 21h 31h works"),
    (0x0D00, "Allocate Shared Memory", "8001h: DPMI 1.0 complete is later work"),
    (0x0D01, "Free Shared Memory", "8001h"),
    (0x0D02, "Serialize on Shared Memory", "8001h"),
    (0x0D03, "Free Serialization on Shared Memory", "8001h"),
    (
        0x0210,
        "Get Extended Processor Exception Handler, Protected Mode",
        "8001h: DPMI 1.0 complete is later work",
    ),
    (0x0211, "Get Extended Processor Exception Handler, Real Mode", "8001h"),
    (0x0212, "Set Extended Processor Exception Handler, Protected Mode", "8001h"),
    (0x0213, "Set Extended Processor Exception Handler, Real Mode", "8001h"),
];

fn rendered() -> String {
    let mut text = String::from(
        "# Coverage\n\nRendered from the table in `src/dpmi/mod.rs` by `cargo x coverage`. Do not edit.\n\n\
         Every service is there for 16-bit and 32-bit clients.\n\n\
         ## INT 31h\n\n| AX | since | service |\n|---|---|---|\n",
    );
    for row in Int31::<Mock>::ROWS {
        let since = match row.since {
            Since::V09 => "0.9",
            Since::V10 => "1.0",
        };
        writeln!(text, "| {:04X}h | {since} | {} |", row.number, row.title).unwrap();
    }
    text.push_str("\n## Not offered\n\n| AX | service | answer |\n|---|---|---|\n");
    for (number, title, answer) in MISSING {
        assert!(Int31::<Mock>::find(*number).is_none(), "{number:04X}h has a row now");
        writeln!(text, "| {number:04X}h | {title} | {answer} |").unwrap();
    }
    text.push_str(
        "\n## INT 2Fh in protected mode\n\n| AX | answer |\n|---|---|\n\
         | 1680h | AL=0 |\n| 1686h | AX=0 |\n| 4310h | an XMS entry that the client can call |\n| 168Ah | \"MS-DOS\": the entry point of the DOS extension |\n\
         | others | reflected to real mode, pointers translated where `src/dos/rows.rs` has a row |\n",
    );
    text
}

#[test]
fn the_coverage_page_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/coverage.md");
    let text = rendered();
    if std::env::var_os("ACCEPT").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == text, "docs/coverage.md is stale: cargo x coverage");
}

#[test]
fn coverage_has_every_service_of_0_9() {
    let wanted: Vec<u16> = [
        (0x0000..=0x000D_u16).collect::<Vec<_>>(),
        (0x0100..=0x0102).collect(),
        (0x0200..=0x0205).collect(),
        (0x0300..=0x0306).collect(),
        vec![0x0400],
        (0x0500..=0x0503).collect(),
        (0x0600..=0x0604).collect(),
        (0x0700..=0x0703).collect(),
        (0x0800..=0x0801).collect(),
        (0x0900..=0x0902).collect(),
        vec![0x0A00],
        (0x0B00..=0x0B03).collect(),
    ]
    .concat();
    for ax in wanted {
        assert!(Int31::<Mock>::find(ax).is_some(), "{ax:04X}h");
    }
}
