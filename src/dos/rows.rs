//! The tables: one row for each call that is translated. What is missing takes no pointers, or is not for programs.

use super::row::After::{Advanced, Returned};
use super::row::Beside::{Paragraph, ParagraphFromPsp, Pointer as Far, Psp};
use super::row::Does::{self, Call, Special as Code};
use super::row::Register::{Bp, Bx, Di, Dx, Si};
use super::row::Segment::{Ds, Es};
use super::row::Size::*;
use super::row::{ah, ax, beside, range, with, with_dta, Beside, If, Pointer, Row, Special, When};
use crate::regs::Registers;

/// Longest path with its zero.
const PATH: u16 = 261;
const DS_DX_PATH: Pointer = Pointer::input(Ds, Dx, Text(PATH));
const DS_SI_PATH: Pointer = Pointer::input(Ds, Si, Text(PATH));
const FCB: Does = Call(with(&[Pointer::both(Ds, Dx, Fcb)]));
const PATH_IN: Does = Call(with(&[DS_DX_PATH]));

const fn in_dx(size: super::row::Size) -> Pointer {
    Pointer::input(Ds, Dx, size)
}

const fn out_dx(size: super::row::Size) -> Pointer {
    Pointer::output(Ds, Dx, size)
}

const fn both_dx(size: super::row::Size) -> Pointer {
    Pointer::both(Ds, Dx, size)
}

/// INT 21h, in the order of AX.
pub static DOS: &[Row] = &[
    ah(0x00, Code(Special::End)),
    ah(0x09, Code(Special::Print)),
    ah(0x0A, Call(with(&[both_dx(Line)]))),
    ax(0x0C0A, Call(with(&[both_dx(Line)]))),
    ah(0x0F, FCB),
    ah(0x10, FCB),
    ah(0x11, Call(with_dta(&[both_dx(Fcb)], Nothing, AtMost(44)))),
    ah(0x12, Call(with_dta(&[both_dx(Fcb)], AtMost(44), AtMost(44)))),
    ah(0x13, FCB),
    ah(0x14, Call(with_dta(&[both_dx(Fcb)], Nothing, Record))),
    ah(0x15, Call(with_dta(&[both_dx(Fcb)], Record, Nothing))),
    ah(0x16, FCB),
    ah(0x17, FCB),
    ah(0x1A, Code(Special::SetDta)),
    ah(0x1B, Call(beside(Far(Ds, Bx, If::AlNot(0xFF))))),
    ah(0x1C, Call(beside(Far(Ds, Bx, If::AlNot(0xFF))))),
    ah(0x1F, Call(beside(Far(Ds, Bx, If::Al(0))))),
    ah(0x21, Call(with_dta(&[both_dx(Fcb)], Nothing, Record))),
    ah(0x22, Call(with_dta(&[both_dx(Fcb)], Record, Nothing))),
    ah(0x23, FCB),
    ah(0x24, FCB),
    ah(0x25, Code(Special::SetVector)),
    ah(0x26, Call(beside(ParagraphFromPsp(Dx)))),
    ah(0x27, Call(with_dta(&[both_dx(Fcb)], Nothing, Records))),
    ah(0x28, Call(with_dta(&[both_dx(Fcb)], Records, Nothing))),
    ah(
        0x29,
        Call(with(&[Pointer::input(Ds, Si, AtMost(256)).then(Advanced), Pointer::both(Es, Di, Bytes(37))])),
    ),
    ah(0x2F, Code(Special::GetDta)),
    ah(0x31, Code(Special::StayResident)),
    ah(0x32, Call(beside(Far(Ds, Bx, If::Al(0))))),
    ah(0x34, Call(beside(Far(Es, Bx, If::Success)))),
    ah(0x35, Code(Special::GetVector)),
    ah(0x38, Call(with(&[out_dx(Bytes(34))]))).when(When::DxNot(0xFFFF)),
    ah(0x39, PATH_IN),
    ah(0x3A, PATH_IN),
    ah(0x3B, PATH_IN),
    ah(0x3C, PATH_IN),
    ah(0x3D, PATH_IN),
    ah(0x3F, Code(Special::Read)),
    ah(0x40, Code(Special::Write)),
    ah(0x41, PATH_IN),
    ah(0x43, PATH_IN),
    ax(0x4402, Call(with(&[out_dx(Ax)]))),
    ax(0x4403, Call(with(&[in_dx(Cx)]))),
    ax(0x4404, Call(with(&[out_dx(Ax)]))),
    ax(0x4405, Call(with(&[in_dx(Cx)]))),
    ax(0x440C, Call(with(&[both_dx(AtMost(256))]))),
    ax(0x440D, Call(with(&[both_dx(AtMost(256))]))).when(When::Cl(0x40)),
    ax(0x440D, Code(Special::WriteTrack)).when(When::Cl(0x41)),
    ax(0x440D, Call(with(&[both_dx(AtMost(16))]))).when(When::Cl(0x42)),
    ax(0x440D, Call(with(&[in_dx(Bytes(25))]))).when(When::Cl(0x46)),
    ax(0x440D, Call(with(&[in_dx(Bytes(2))]))).when(When::Cl(0x47)),
    ax(0x440D, Call(with(&[both_dx(Bytes(2))]))).when(When::Cl(0x48)),
    ax(0x440D, Call(with(&[both_dx(AtMost(256))]))).when(When::Cl(0x60)),
    ax(0x440D, Code(Special::ReadTrack)).when(When::Cl(0x61)),
    ax(0x440D, Call(with(&[both_dx(AtMost(16))]))).when(When::Cl(0x62)),
    ax(0x440D, Call(with(&[both_dx(Bytes(25))]))).when(When::Cl(0x66)),
    ax(0x440D, Call(with(&[both_dx(Bytes(2))]))).when(When::Cl(0x67)),
    ax(0x440D, Call(with(&[both_dx(Bytes(2))]))).when(When::Cl(0x68)),
    ax(0x440D, Call(with(&[out_dx(Text(PATH))]))).when(When::Cl(0x6D)),
    ax(0x440D, Call(with(&[out_dx(Text(PATH))]))).when(When::Cl(0x6E)),
    ax(0x440D, Call(with(&[both_dx(AtMost(32))]))).when(When::Cl(0x6F)),
    ax(0x440D, Call(with(&[DS_DX_PATH.then(Returned)]))).when(When::Cl(0x71)),
    ah(0x47, Call(with(&[Pointer::output(Ds, Si, Text(64))]))),
    ah(0x48, Code(Special::Allocate)),
    ah(0x49, Code(Special::Free)),
    ah(0x4A, Code(Special::Resize)),
    range(0x4B00, 0x4B01, Code(Special::Execute)),
    ax(0x4B03, Code(Special::Execute)),
    ah(0x4C, Code(Special::Exit)),
    ah(0x4E, Call(with_dta(&[DS_DX_PATH], Nothing, Bytes(43)))),
    ah(0x4F, Call(with_dta(&[], Bytes(43), Bytes(43)))),
    ah(0x50, Call(beside(Paragraph(Bx)))),
    ah(0x51, Call(beside(Psp))),
    ah(0x52, Call(beside(Far(Es, Bx, If::Success)))),
    ah(0x53, Call(with(&[Pointer::input(Ds, Si, Bytes(31)), Pointer::both(Es, Bp, AtMost(61))]))),
    ah(0x55, Call(beside(Paragraph(Dx)))),
    ah(0x56, Call(with(&[DS_DX_PATH, Pointer::input(Es, Di, Text(PATH))]))),
    ah(0x59, Call(beside(Far(Es, Di, If::Al(0x22))))),
    ah(0x5A, Call(with(&[in_dx(Text(PATH)).gives(Text(PATH))]))),
    ah(0x5B, PATH_IN),
    ax(0x5D00, Call(with(&[both_dx(Bytes(22))]))),
    ax(0x5D06, Call(beside(Far(Ds, Si, If::Success)))),
    ax(0x5D0A, Call(with(&[in_dx(Bytes(22))]))),
    ax(0x5D0B, Call(beside(Far(Ds, Si, If::Success)))),
    ax(0x5E00, Call(with(&[out_dx(Bytes(16))]))),
    ax(0x5E01, Call(with(&[in_dx(Text(16))]))),
    ax(0x5E02, Call(with(&[Pointer::input(Ds, Si, Cx)]))),
    ax(0x5E03, Call(with(&[Pointer::output(Es, Di, AtMost(64))]))),
    ax(0x5F02, Call(with(&[Pointer::output(Ds, Si, Text(16)), Pointer::output(Es, Di, Text(128))]))),
    ax(0x5F03, Call(with(&[Pointer::input(Ds, Si, Text(16)), Pointer::input(Es, Di, TwoTexts(128))]))),
    ax(0x5F04, Call(with(&[Pointer::input(Ds, Si, Text(128))]))),
    range(
        0x5F05,
        0x5F06,
        Call(with(&[Pointer::output(Ds, Si, Text(16)), Pointer::output(Es, Di, Text(128))])),
    ),
    ah(0x60, Call(with(&[DS_SI_PATH, Pointer::output(Es, Di, Text(128))]))),
    ah(0x62, Call(beside(Psp))),
    ax(0x6300, Call(beside(Far(Ds, Si, If::Al(0))))),
    ax(0x6500, Call(with(&[Pointer::input(Es, Di, Cx)]))),
    range(0x6501, 0x6507, Call(with(&[Pointer::output(Es, Di, Cx)]))),
    ax(0x6521, Call(with(&[both_dx(Cx)]))),
    ax(0x6522, Call(with(&[both_dx(Text(4096))]))),
    ax(0x65A1, Call(with(&[both_dx(Cx)]))),
    ax(0x65A2, Call(with(&[both_dx(Text(4096))]))),
    ax(0x6900, Call(with(&[both_dx(Bytes(25))]))),
    ax(0x6901, Call(with(&[in_dx(Bytes(25))]))),
    ah(0x6C, Call(with(&[DS_SI_PATH]))),
    range(0x7139, 0x713B, PATH_IN),
    ax(0x7141, PATH_IN),
    ax(0x7143, PATH_IN),
    ax(0x7147, Call(with(&[Pointer::output(Ds, Si, Text(PATH))]))),
    ax(0x714E, Call(with(&[DS_DX_PATH, Pointer::output(Es, Di, Bytes(318))]))),
    ax(0x714F, Call(with(&[Pointer::both(Es, Di, Bytes(318))]))),
    ax(0x7156, Call(with(&[DS_DX_PATH, Pointer::input(Es, Di, Text(PATH))]))),
    ax(0x7160, Call(with(&[DS_SI_PATH, Pointer::output(Es, Di, Text(PATH))]))),
    ax(0x716C, Call(with(&[DS_SI_PATH]))),
    ax(0x71A0, Call(with(&[DS_DX_PATH.then(Returned), Pointer::output(Es, Di, Cx)]))),
    ax(0x71A6, Call(with(&[out_dx(Bytes(52))]))),
    ax(0x71A7, Call(with(&[Pointer::input(Ds, Si, Bytes(8))]))).when(When::Bl(0)),
    ax(0x71A7, Call(with(&[Pointer::output(Es, Di, Bytes(8))]))).when(When::Bl(1)),
    ax(0x71A8, Call(with(&[DS_SI_PATH, Pointer::output(Es, Di, AtMost(13))]))),
    ax(0x71A9, Call(with(&[DS_SI_PATH]))),
    ax(0x71AA, PATH_IN).when(When::Bh(0)),
    ax(0x71AA, Call(with(&[out_dx(Text(PATH))]))).when(When::Bh(2)),
    ax(0x7302, Call(with(&[Pointer::output(Es, Di, Cx)]))),
    ax(0x7303, Call(with(&[Pointer::output(Es, Di, Cx), DS_DX_PATH]))),
    ax(0x7304, Call(with(&[Pointer::both(Es, Di, Cx)]))),
    ax(0x7305, Code(Special::ReadSectors)).when(When::SiBit(false)),
    ax(0x7305, Code(Special::WriteSectors)).when(When::SiBit(true)),
];

/// Bytes of a saved video state: how many it takes only the BIOS says, by subfunction 0; a VGA's are below 2 KiB. What
/// follows the state in the caller's segment passes through unchanged.
const VIDEO_STATE: u16 = 4096;

/// INT 10h: palettes, fonts, strings, state, VESA.
pub static VIDEO: &[Row] = &[
    ax(0x1002, Call(with(&[Pointer::input(Es, Dx, Bytes(17))]))),
    ax(0x1009, Call(with(&[Pointer::output(Es, Dx, Bytes(17))]))),
    ax(0x1012, Call(with(&[Pointer::input(Es, Dx, ThreeCx)]))),
    ax(0x1017, Call(with(&[Pointer::output(Es, Dx, ThreeCx)]))),
    ax(0x1100, Call(with(&[Pointer::input(Es, Bp, CxTimesBh)]))),
    ax(0x1110, Call(with(&[Pointer::input(Es, Bp, CxTimesBh)]))),
    ax(0x1130, Call(beside(Far(Es, Bp, If::Success)))),
    ah(0x13, Call(with(&[Pointer::input(Es, Bp, Cells)]))),
    ah(0x1B, Call(with(&[Pointer::output(Es, Di, Bytes(64))]))),
    ax(0x1C01, Call(with(&[Pointer::both(Es, Bx, AtMost(VIDEO_STATE))]))),
    ax(0x1C02, Call(with(&[Pointer::input(Es, Bx, AtMost(VIDEO_STATE))]))),
    ax(0x4F00, Call(with(&[Pointer::both(Es, Di, AtMost(512))]))),
    ax(0x4F01, Call(with(&[Pointer::output(Es, Di, Bytes(256))]))),
    ax(0x4F02, Call(with(&[Pointer::input(Es, Di, Bytes(59))]))).when(When::BxBit(11)),
    ax(0x4F04, Call(with(&[Pointer::both(Es, Bx, AtMost(VIDEO_STATE))]))).when(When::Dl(1)),
    ax(0x4F04, Call(with(&[Pointer::input(Es, Bx, AtMost(VIDEO_STATE))]))).when(When::Dl(2)),
    ax(0x4F09, Call(with(&[Pointer::input(Es, Di, FourCx)]))).when(When::Bl(0)),
    ax(0x4F09, Call(with(&[Pointer::output(Es, Di, FourCx)]))).when(When::Bl(1)),
    ax(0x4F0A, Call(beside(Far(Es, Di, If::Success)))),
    ax(0x4F15, Call(with(&[Pointer::output(Es, Di, Bytes(128))]))).when(When::Bl(1)),
];

/// INT 13h: sectors by cylinder, head and sector, as many as the transfer buffer holds.
pub static FIXED_DISK: &[Row] = &[
    ah(0x02, Call(with(&[Pointer::output(Es, Bx, Sectors)]))),
    ah(0x03, Call(with(&[Pointer::input(Es, Bx, Sectors)]))),
    ah(0x05, Call(with(&[Pointer::input(Es, Bx, AtMost(512))]))),
    ah(0x08, Call(beside(Far(Es, Di, If::Success)))),
    ah(0x48, Call(with(&[Pointer::both(Ds, Si, AtMost(74))]))),
];

/// INT 15h: what the BIOS tells.
pub static SYSTEM: &[Row] = &[
    ah(0x87, Call(with(&[Pointer::input(Es, Si, Bytes(48))]))),
    ah(0xC0, Call(beside(Far(Es, Bx, If::Success)))),
    ah(0xC1, Call(beside(Beside::Segment(Es)))),
    ax(0xC207, Code(Special::Event)),
    ax(0xE820, Call(with(&[Pointer::both(Es, Di, AtMost(24))]))),
];

/// INT 25h.
pub static READ_SECTORS: &[Row] = &[range(0, 0xFFFF, Code(Special::ReadSectors))];
/// INT 26h.
pub static WRITE_SECTORS: &[Row] = &[range(0, 0xFFFF, Code(Special::WriteSectors))];

/// INT 2Fh: CD-ROM.
pub static MULTIPLEX: &[Row] = &[
    ax(0x1501, Call(with(&[Pointer::output(Es, Bx, AtMost(130))]))),
    range(0x1502, 0x1504, Call(with(&[Pointer::output(Es, Bx, Bytes(38))]))),
    ax(0x1505, Call(with(&[Pointer::output(Es, Bx, Bytes(2048))]))),
    ax(0x1508, Call(with(&[Pointer::output(Es, Bx, Frames)]))),
    ax(0x150D, Call(with(&[Pointer::output(Es, Bx, AtMost(26))]))),
];

/// INT 33h: cursor shapes, state, and the procedures that the driver calls.
pub static MOUSE: &[Row] = &[
    ax(0x0009, Call(with(&[Pointer::input(Es, Dx, Bytes(64))]))),
    ax(0x000C, Code(Special::Event)),
    ax(0x0012, Call(with(&[Pointer::input(Es, Dx, Masks)]))),
    ax(0x0014, Code(Special::Event)),
    ax(0x0016, Call(with(&[Pointer::output(Es, Dx, BxBytes)]))),
    ax(0x0017, Call(with(&[Pointer::input(Es, Dx, BxBytes)]))),
    ax(0x0018, Code(Special::Event)),
    ax(0x001F, Call(beside(Far(Es, Bx, If::Al(0x1F))))),
    ax(0x004D, Call(beside(Far(Es, Di, If::Success)))),
    ax(0x006D, Call(beside(Far(Es, Di, If::Success)))),
];

/// Index of the first row of each AH in [`DOS`], or 255.
const FIRST: [u8; 256] = {
    let mut first = [u8::MAX; 256];
    let mut at = DOS.len();
    while at > 0 {
        at -= 1;
        first[(DOS[at].first >> 8) as usize] = at as u8;
    }
    first
};

const _: () = {
    let mut at = 1;
    while at < DOS.len() {
        assert!(DOS[at - 1].first <= DOS[at].first, "rows must stay in numeric order");
        at += 1;
    }
    assert!(DOS.len() < 255);
};

/// One bit for each AH of INT 21h that has no row and does not end the process: the entry code reflects those without more
/// ado.
pub const PLAIN: [u32; 8] = {
    let mut plain = [u32::MAX; 8];
    let mut at = 0;
    while at < DOS.len() {
        let mut ah = DOS[at].first >> 8;
        while ah <= DOS[at].last >> 8 {
            plain[(ah >> 5) as usize] &= !(1 << (ah & 31));
            ah += 1;
        }
        at += 1;
    }
    // Terminate: 00h, 31h, 4Ch.
    plain[0] &= !1;
    plain[1] &= !(1 << 0x11);
    plain[2] &= !(1 << 0x0C);
    plain
};

/// The row for a call, or none when nothing is to be translated.
pub fn find(vector: u8, regs: &Registers) -> Option<&'static Row> {
    let ax = regs.ax();
    let rows = match vector {
        0x21 => DOS.get(FIRST[(ax >> 8) as usize] as usize..)?,
        0x10 => VIDEO,
        0x13 => FIXED_DISK,
        0x15 => SYSTEM,
        0x25 => READ_SECTORS,
        0x26 => WRITE_SECTORS,
        0x2F => MULTIPLEX,
        0x33 => MOUSE,
        _ => return None,
    };
    rows.iter().take_while(|row| row.first <= ax).find(|row| ax <= row.last && row.when.holds(regs))
}
