//! A part of the terminal that is drawn anew in place.

use crossterm::{cursor, queue, style, terminal};
use std::io::{self, Stdout, Write as _};

/// Used when the terminal does not say how wide it is.
const USUAL_WIDTH: u16 = 80;

/// The lines below the cursor. The cursor is hidden while it lives.
#[derive(Debug)]
pub(super) struct Screen {
    out: Stdout,
    drawn: u16,
}

impl Screen {
    pub(super) fn open() -> io::Result<Self> {
        let mut out = io::stdout();
        queue!(out, cursor::Hide)?;
        Ok(Self { out, drawn: 0 })
    }

    /// Replaces what was drawn before. Lines are cut at the terminal's width, because a wrapped line
    /// would spoil the counting of lines.
    pub(super) fn draw(&mut self, lines: &[String]) -> io::Result<()> {
        let (width, height) = terminal::size().unwrap_or((USUAL_WIDTH, u16::MAX));
        if self.drawn > 0 {
            queue!(self.out, cursor::MoveToPreviousLine(self.drawn))?;
        }
        queue!(self.out, terminal::Clear(terminal::ClearType::FromCursorDown))?;
        self.drawn = 0;
        for line in lines.iter().take(usize::from(height.saturating_sub(1))) {
            let cut: String = line.chars().filter(|c| !c.is_control()).take(usize::from(width)).collect();
            queue!(self.out, style::Print(cut), style::Print("\n"))?;
            self.drawn = self.drawn.saturating_add(1);
        }
        self.out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Nothing is left to be done when the terminal is gone.
        let _ = queue!(self.out, cursor::Show).and_then(|()| self.out.flush());
    }
}
