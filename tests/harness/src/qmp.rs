//! QEMU's machine protocol, as much of it as a post-mortem needs.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{bail, Context, Result};
use serde_json::{json, Value};

/// Linear address of the colour text page.
const TEXT_PAGE: u32 = 0xB8000;
const COLUMNS: usize = 80;
const ROWS: usize = 25;
/// The BIOS tick counter, 40:6C.
const BIOS_TICKS: u32 = 0x46C;

/// A connection to one QEMU.
pub struct Qmp {
    reader: BufReader<UnixStream>,
}

impl Qmp {
    /// Connects to the socket at `path` and negotiates.
    pub fn connect(path: &Path) -> Result<Self> {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(Duration::from_secs(3)))?;
        stream.set_write_timeout(Some(Duration::from_secs(3)))?;
        let mut qmp = Qmp { reader: BufReader::new(stream) };
        qmp.read()?; // the greeting
        qmp.call("qmp_capabilities", json!({}))?;
        Ok(qmp)
    }

    fn read(&mut self) -> Result<Value> {
        let mut line = String::new();
        if self.reader.read_line(&mut line)? == 0 {
            bail!("QEMU has closed its QMP socket");
        }
        Ok(serde_json::from_str(&line)?)
    }

    /// One command; events that come in between are dropped.
    pub fn call(&mut self, command: &str, arguments: Value) -> Result<Value> {
        let request = json!({ "execute": command, "arguments": arguments });
        writeln!(self.reader.get_mut(), "{request}")?;
        loop {
            let mut answer = self.read()?;
            if let Some(value) = answer.get_mut("return") {
                return Ok(value.take());
            }
            if let Some(error) = answer.get("error") {
                bail!("{command}: {}", error["desc"].as_str().unwrap_or("refused"));
            }
        }
    }

    /// A command of the human monitor, and its answer.
    pub fn monitor(&mut self, command: &str) -> Result<String> {
        let answer = self.call("human-monitor-command", json!({ "command-line": command }))?;
        Ok(answer.as_str().unwrap_or_default().to_string())
    }

    /// The run state: `running`, `shutdown` after a reset with -no-reboot -no-shutdown, ...
    pub fn status(&mut self) -> Result<String> {
        let answer = self.call("query-status", json!({}))?;
        Ok(answer["status"].as_str().unwrap_or_default().to_string())
    }

    /// `size` bytes of physical memory at `address`.
    pub fn physical(&mut self, address: u32, size: usize) -> Result<Vec<u8>> {
        let file = tempfile::NamedTempFile::new()?;
        let arguments = json!({ "val": address, "size": size, "filename": file.path() });
        self.call("pmemsave", arguments)?;
        Ok(std::fs::read(file.path())?)
    }

    /// The BIOS tick counter.
    pub fn ticks(&mut self) -> Result<u32> {
        let bytes = self.physical(BIOS_TICKS, 4)?;
        let bytes: [u8; 4] = bytes.try_into().ok().context("short read of the BIOS ticks")?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// The text page, one line per row, trailing blanks and empty rows removed.
    pub fn text(&mut self) -> Result<String> {
        let page = self.physical(TEXT_PAGE, COLUMNS * ROWS * 2)?;
        Ok(text_of_page(&page))
    }

    /// Writes the screen to `path` as a PNG.
    pub fn picture(&mut self, path: &Path) -> Result<()> {
        let file = tempfile::NamedTempFile::new()?;
        self.call("screendump", json!({ "filename": file.path() }))?;
        let (width, height, pixels) = decode_ppm(&std::fs::read(file.path())?)?;
        write_png(path, width, height, &pixels)
    }
}

/// Characters of an 80x25 page of character and attribute bytes.
pub fn text_of_page(page: &[u8]) -> String {
    let rows = page.chunks(COLUMNS * 2).map(|row| {
        let text: String = row.iter().step_by(2).map(|byte| code_page_437(*byte)).collect();
        text.trim_end().to_string()
    });
    rows.collect::<Vec<_>>().join("\n").trim_end().to_string()
}

/// One character of the PC's code page 437; control codes and NUL become a blank.
pub fn code_page_437(byte: u8) -> char {
    const UPPER: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
    match byte {
        0..=0x1F | 0x7F => ' ',
        0x20..=0x7E => byte as char,
        _ => UPPER.chars().nth(byte as usize - 0x80).unwrap_or(' '),
    }
}

/// Width, height and RGB bytes of a binary PPM with 8 bits a colour.
fn decode_ppm(data: &[u8]) -> Result<(u32, u32, Vec<u8>)> {
    let mut fields = data.splitn(4, |byte| *byte == b'\n');
    let magic = fields.next().unwrap_or_default();
    let size = std::str::from_utf8(fields.next().unwrap_or_default())?;
    let depth = fields.next().unwrap_or_default();
    let pixels = fields.next().context("the picture is cut")?;
    let (width, height) = size.split_once(' ').context("the picture has no size")?;
    let (width, height): (u32, u32) = (width.parse()?, height.parse()?);
    if magic != b"P6" || depth != b"255" || pixels.len() != (width * height * 3) as usize {
        bail!("QEMU's picture is not the expected kind");
    }
    Ok((width, height, pixels.to_vec()))
}

fn write_png(path: &Path, width: u32, height: u32, pixels: &[u8]) -> Result<()> {
    let file = std::fs::File::create(path)?;
    let mut encoder = png::Encoder::new(std::io::BufWriter::new(file), width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    Ok(writer.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_page_has_its_well_known_characters() {
        assert_eq!(code_page_437(0x80), 'Ç');
        assert_eq!(code_page_437(0xB3), '│');
        assert_eq!(code_page_437(0xDB), '█');
        assert_eq!(code_page_437(0xFE), '■');
        assert_eq!(code_page_437(b'A'), 'A');
    }

    #[test]
    fn a_picture_of_the_wrong_size_is_refused() {
        assert_eq!(decode_ppm(b"P6\n1 2\n255\nabcdef").unwrap(), (1, 2, b"abcdef".to_vec()));
        assert!(decode_ppm(b"P6\n2 2\n255\nabcdef").is_err());
    }
}
