//! Keeps a report inside its columns, whatever is written.

use core::fmt;

use super::COLUMNS;

/// Passes text on, without what exceeds [`COLUMNS`] in a line, without blanks at a line's end, and with `?` in place
/// of characters that a DOS screen or a log line could not show as themselves.
pub(super) struct Columns<'a> {
    out: &'a mut dyn fmt::Write,
    /// Characters of this line so far, pending blanks counted.
    column: usize,
    /// Blanks held back until something follows them.
    blanks: usize,
}

impl<'a> Columns<'a> {
    pub fn new(out: &'a mut dyn fmt::Write) -> Self {
        Columns { out, column: 0, blanks: 0 }
    }
}

impl fmt::Write for Columns<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            self.write_char(character)?;
        }
        Ok(())
    }

    fn write_char(&mut self, character: char) -> fmt::Result {
        if character == '\n' {
            (self.column, self.blanks) = (0, 0);
            return self.out.write_char('\n');
        }
        self.column += 1;
        if self.column > COLUMNS {
            return Ok(());
        }
        if character == ' ' {
            self.blanks += 1;
            return Ok(());
        }
        while self.blanks > 0 {
            self.out.write_char(' ')?;
            self.blanks -= 1;
        }
        let is_plain = character.is_ascii_graphic();
        self.out.write_char(if is_plain { character } else { '?' })
    }
}
