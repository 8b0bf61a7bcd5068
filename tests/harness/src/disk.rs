//! A bootable FAT16 disk image with one partition, built in memory and written sparsely.
//!
//! Invariants: the partition starts at sector 63 (one track); KERNEL.SYS is the first file
//! written, so that it is contiguous from cluster 2, where the boot sector expects it.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::path::Path;

use anyhow::{bail, Context, Result};
use fatfs::{Date, DateTime, Dir, FatType, FileSystem, FormatVolumeOptions, FsOptions, Time, TimeProvider};

use crate::helpers;
use crate::machine::GuestFile;

const SECTOR: usize = 512;
const HEADS: u32 = 16;
const SECTORS_PER_TRACK: u32 = 63;
/// First sector of the partition.
const PARTITION_START: usize = SECTORS_PER_TRACK as usize;
/// Offset of "hidden sectors" in a boot sector.
const HIDDEN_SECTORS: usize = 0x1C;
/// The BIOS parameter block, which the boot code must leave alone.
const PARAMETER_BLOCK: std::ops::Range<usize> = 3..0x3E;
/// FAT16's limit with 32 KiB clusters, a little rounded down.
const LARGEST_MIB: u32 = 2000;

type Volume<'a> = Cursor<&'a mut [u8]>;

/// Dates every file alike: images are reproducible, and programs meet a date that exists (without a
/// clock the file system would write month 0).
#[derive(Debug)]
struct FixedTime;

const DATE: Date = Date { year: 2024, month: 1, day: 2 };

impl TimeProvider for FixedTime {
    fn get_current_date(&self) -> Date {
        DATE
    }

    fn get_current_date_time(&self) -> DateTime {
        DateTime { date: DATE, time: Time { hour: 12, min: 0, sec: 0, millis: 0 } }
    }
}

/// Cylinders of a disk of `mib` MiB with 16 heads and 63 sectors a track.
fn cylinders(mib: u32) -> u32 {
    mib * 2048 / HEADS / SECTORS_PER_TRACK
}

/// Size in MiB that holds `files` with room to spare, at least `smallest`.
fn size_for(files: &[GuestFile], smallest: u32) -> Result<u32> {
    let bytes: usize = files.iter().map(|file| file.content.len() + 16 * 1024).sum();
    let mib = smallest.max((bytes / (1024 * 1024)) as u32 + 24);
    if mib > LARGEST_MIB {
        bail!("{mib} MiB of files do not fit into a FAT16 drive");
    }
    Ok(mib)
}

/// Builds the image of drive C: at `path`, with at least `smallest_mib` MiB, FreeDOS and `files`.
/// Returns the number of cylinders (for Bochs).
pub fn build(path: &Path, smallest_mib: u32, freedos: &Path, files: &[GuestFile]) -> Result<u32> {
    let mib = size_for(files, smallest_mib)?;
    let cylinders = cylinders(mib);
    let sectors = cylinders * HEADS * SECTORS_PER_TRACK;
    let mut image = vec![0u8; sectors as usize * SECTOR];
    image[..SECTOR].copy_from_slice(&helpers::master_boot_record(sectors)?);

    let partition = &mut image[PARTITION_START * SECTOR..];
    format(partition, mib)?;
    {
        let system =
            FileSystem::new(Cursor::new(&mut *partition), FsOptions::new().time_provider(&FixedTime))?;
        let root = system.root_dir();
        for (name, content) in freedos_files(freedos)? {
            write_file(&root, &name, &content)?;
        }
        for directory in ["HARNESS", "HARNESS/IN", "HARNESS/OUT", "WORK"] {
            root.create_dir(directory)?;
        }
        for file in files {
            write_file(&root, &file.path, &file.content)
                .with_context(|| format!("cannot write {} to the disk image", file.path))?;
        }
        drop(root);
        system.unmount()?;
    }
    write_sparse(path, &image)?;
    Ok(cylinders)
}

/// Sectors of a floppy disk of 2.88 MB.
const FLOPPY_SECTORS: usize = 5760;

/// Builds the image of a formatted floppy disk with nothing on it.
pub fn build_floppy(path: &Path) -> Result<()> {
    let mut image = vec![0u8; FLOPPY_SECTORS * SECTOR];
    let options = FormatVolumeOptions::new()
        .fat_type(FatType::Fat12)
        .bytes_per_cluster(1024)
        .sectors_per_track(36)
        .heads(2)
        .media(0xF0)
        .drive_num(0)
        .max_root_dir_entries(240);
    fatfs::format_volume(Cursor::new(&mut *image), options)?;
    std::fs::write(path, image).with_context(|| path.display().to_string())
}

/// Makes the file system and puts our boot code around its parameter block.
fn format(partition: &mut [u8], mib: u32) -> Result<()> {
    let cluster = match mib {
        0..=120 => 2048,
        121..=250 => 4096,
        251..=500 => 8192,
        501..=1000 => 16384,
        _ => 32768,
    };
    let options = FormatVolumeOptions::new()
        .fat_type(FatType::Fat16)
        .bytes_per_cluster(cluster)
        .sectors_per_track(SECTORS_PER_TRACK as u16)
        .heads(HEADS as u16)
        .drive_num(0x80)
        .max_root_dir_entries(512)
        .volume_label(*b"FERRITE    ");
    fatfs::format_volume(Cursor::new(&mut *partition), options)?;
    let boot = &helpers::helpers()?.volume_boot;
    for offset in (0..SECTOR).filter(|offset| !PARAMETER_BLOCK.contains(offset)) {
        partition[offset] = boot[offset];
    }
    partition[HIDDEN_SECTORS..HIDDEN_SECTORS + 4].copy_from_slice(&(PARTITION_START as u32).to_le_bytes());
    Ok(())
}

/// KERNEL.SYS, then COMMAND.COM, from the FreeDOS floppy image.
fn freedos_files(freedos: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let floppy = std::fs::read(freedos).with_context(|| freedos.display().to_string())?;
    let system = FileSystem::new(Cursor::new(floppy), FsOptions::new())?;
    ["KERNEL.SYS", "COMMAND.COM"]
        .into_iter()
        .map(|name| {
            let mut content = Vec::new();
            system
                .root_dir()
                .open_file(name)
                .with_context(|| format!("{name} is not on {}", freedos.display()))?
                .read_to_end(&mut content)?;
            Ok((name.to_string(), content))
        })
        .collect()
}

/// Writes one file, making the directories on its way. Names are DOS names in any case.
fn write_file(root: &Dir<'_, Volume<'_>>, path: &str, content: &[u8]) -> Result<()> {
    let path = path.replace('\\', "/").to_uppercase();
    let mut parents = path.split('/').collect::<Vec<_>>();
    let name = parents.pop().unwrap_or_default();
    let mut directory = root.clone();
    for parent in parents {
        check_dos_name(parent)?;
        // create_dir opens what exists already.
        directory = directory.create_dir(parent)?;
    }
    check_dos_name(name)?;
    let mut file = directory.create_file(name)?;
    file.truncate()?;
    file.write_all(content)?;
    file.flush()?;
    Ok(())
}

/// Whether DOS can hold `name` as it is: 8.3, ASCII, no blanks or signs of DOS's own.
pub(crate) fn is_dos_name(name: &str) -> bool {
    let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
    let fits = (1..=8).contains(&stem.len()) && extension.len() <= 3 && !extension.contains('.');
    fits && name.chars().all(|c| c.is_ascii_graphic() && !"\"*+,/:;<=>?[\\]|".contains(c))
}

/// Refuses what is no 8.3 name: the file system would silently make up another.
fn check_dos_name(name: &str) -> Result<()> {
    if !is_dos_name(name) {
        bail!("`{name}` is no DOS file name");
    }
    Ok(())
}

/// Writes `image`, leaving holes where it is zero.
fn write_sparse(path: &Path, image: &[u8]) -> Result<()> {
    const CHUNK: usize = 64 * 1024;
    let mut file = File::create(path).with_context(|| path.display().to_string())?;
    file.set_len(image.len() as u64)?;
    for (index, chunk) in image.chunks(CHUNK).enumerate() {
        if chunk.iter().any(|byte| *byte != 0) {
            file.seek(SeekFrom::Start((index * CHUNK) as u64))?;
            file.write_all(chunk)?;
        }
    }
    Ok(())
}

/// A drive C: to read results from after a run.
pub struct Results {
    system: FileSystem<Cursor<Vec<u8>>>,
}

impl Results {
    /// Opens the image at `path` as the machine left it.
    pub fn open(path: &Path) -> Result<Self> {
        let mut image = std::fs::read(path)?;
        let partition = image.split_off(PARTITION_START * SECTOR);
        Ok(Results { system: FileSystem::new(Cursor::new(partition), FsOptions::new())? })
    }

    /// The content of a file, `None` when it is not there or cannot be read whole.
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        let mut content = Vec::new();
        let path = path.replace('\\', "/");
        self.system.root_dir().open_file(&path).ok()?.read_to_end(&mut content).ok()?;
        Some(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_dos_cannot_hold_are_refused() {
        for good in ["A", "ABCDEFGH.EXE", "A.B"] {
            check_dos_name(good).unwrap();
        }
        for bad in ["", "ABCDEFGHI.EXE", "A.EXEC", "A B", ".EXE", "A.B.C"] {
            assert!(check_dos_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_disk_grows_with_its_files() {
        let file = GuestFile::new("BIG.BIN", vec![1u8; 100 << 20]);
        assert!(size_for(&[file], 64).unwrap() >= 120);
        assert_eq!(size_for(&[], 64).unwrap(), 64);
    }
}
