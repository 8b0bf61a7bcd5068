//! Where the swap file lies.
//!
//! The start-up names a directory: that of the switch, else of TEMP or TMP, else FERRITE.EXE's. From CONFIG.SYS there is no
//! environment; then the client that first needs the file is asked for its TEMP and TMP.

use super::{NAME, PATH_BYTES};
use crate::host::Host;
use crate::machine::Machine;

/// Bytes of an environment that are looked at.
const ENVIRONMENT_MOST: u32 = 0x8000;
/// Bytes of a paragraph; of a memory control block, where it has its size.
const PARAGRAPH: u32 = 16;
const BLOCK_SIZE: u32 = 3;

/// The file's path in `directory` (up to the first zero; empty for the current one).
pub(super) fn path_in(directory: impl Iterator<Item = u8>) -> [u8; PATH_BYTES] {
    let mut path = [0; PATH_BYTES];
    let most = PATH_BYTES - NAME.len() - 1;
    let mut length = 0;
    for byte in directory.take(most).take_while(|&byte| byte != 0) {
        path[length] = byte;
        length += 1;
    }
    if length > 0 && !matches!(path[length - 1], b'\\' | b'/' | b':') {
        path[length] = b'\\';
        length += 1;
    }
    path[length..length + NAME.len()].copy_from_slice(NAME);
    path
}

/// The file's path in the directory that the current client's environment names, if it names one.
pub(super) fn of_client<M: Machine>(host: &mut Host<M>) -> Option<[u8; PATH_BYTES]> {
    let environment = (host.client().environment as u32) << 4;
    if environment == 0 {
        return None;
    }
    let machine = &host.machine;
    let paragraphs = machine.read_u16(environment - PARAGRAPH + BLOCK_SIZE) as u32;
    let end = environment + (paragraphs * PARAGRAPH).min(ENVIRONMENT_MOST);
    [b"TEMP=".as_slice(), b"TMP="].into_iter().find_map(|name| {
        let mut at = environment;
        while at < end && machine.read_u8(at) != 0 {
            let found = (at..).zip(name).all(|(at, &byte)| machine.read_u8(at) == byte);
            let value = at + name.len() as u32;
            if found && machine.read_u8(value) != 0 {
                return Some(path_in((value..end).map(|at| machine.read_u8(at))));
            }
            at += (at..end).take_while(|&at| machine.read_u8(at) != 0).count() as u32 + 1;
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: [u8; PATH_BYTES]) -> Vec<u8> {
        path.into_iter().take_while(|&byte| byte != 0).collect()
    }

    #[test]
    fn the_name_follows_its_directory() {
        let long = vec![b'X'; 200];
        for (directory, want) in [
            (b"".as_slice(), b"FERRITE.SWP".as_slice()),
            (b"C:", b"C:FERRITE.SWP"),
            (b"C:\\", b"C:\\FERRITE.SWP"),
            (b"C:\\TMP\0junk", b"C:\\TMP\\FERRITE.SWP"),
        ] {
            assert_eq!(text(path_in(directory.iter().copied())), want);
        }
        assert!(text(path_in(long.into_iter())).ends_with(b"X\\FERRITE.SWP"));
    }
}
