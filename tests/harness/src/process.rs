//! A running emulator: its process, the lines it sends, and its last words.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::qmp::Qmp;

/// Where the guest's lines come out of the emulator.
#[derive(Clone, Debug, Default)]
pub struct Channel {
    /// The file that they are appended to; `None` is standard output.
    pub file: Option<PathBuf>,
    /// What stands before them on a line; lines without it are the emulator's own.
    pub prefix: Option<&'static str>,
}

impl Channel {
    /// The guest's part of a line.
    fn guest_part<'a>(&self, line: &'a str) -> Option<&'a str> {
        match self.prefix {
            Some(prefix) => line.split_once(prefix).map(|(_, rest)| rest),
            None => Some(line),
        }
    }
}

/// A line of the guest's, or the end of the stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// A line, without its end.
    Line(String),
    /// Nothing came within the time that was given.
    Nothing,
    /// The emulator has ended.
    Ended,
}

/// A running emulator. Dropping it kills it.
pub struct Process {
    child: Child,
    lines: Receiver<String>,
    noise: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    qmp_socket: Option<PathBuf>,
    qmp: Option<Qmp>,
}

/// How often a file is looked at.
const FILE_GLANCE: Duration = Duration::from_millis(20);
/// How much of the emulator's own output is kept.
const NOISE_LINES: usize = 200;

impl Process {
    /// Starts `command`. `qmp` is the socket that QEMU will listen on.
    pub fn start(mut command: Command, channel: Channel, qmp: Option<PathBuf>) -> Result<Self> {
        let mut child =
            command
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .with_context(|| format!("cannot start {}", command.get_program().to_string_lossy()))?;
        let (sender, lines) = mpsc::channel();
        let noise = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        if let Some(stdout) = child.stdout.take() {
            let guest = channel.file.is_none().then(|| sender.clone());
            follow_pipe(stdout, guest, noise.clone());
        }
        if let Some(stderr) = child.stderr.take() {
            follow_pipe(stderr, None, noise.clone());
        }
        if channel.file.is_some() {
            follow_file(channel, sender, noise.clone(), stop.clone());
        }
        Ok(Process { child, lines, noise, stop, qmp_socket: qmp, qmp: None })
    }

    /// Answers a prompt of the emulator's (Bochs's debugger).
    pub fn type_line(&mut self, line: &str) {
        use std::io::Write;
        if let Some(stdin) = self.child.stdin.as_mut() {
            // An emulator that has ended already tells so by itself.
            let _ = writeln!(stdin, "{line}");
        }
    }

    /// The next line of the guest's, waiting at most `patience`.
    pub fn next(&mut self, patience: Duration) -> Event {
        match self.lines.recv_timeout(patience) {
            Ok(line) => Event::Line(line),
            Err(RecvTimeoutError::Disconnected) => Event::Ended,
            Err(RecvTimeoutError::Timeout) => {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    // Lines may have come between the two calls.
                    return self.lines.recv_timeout(FILE_GLANCE * 3).map_or(Event::Ended, Event::Line);
                }
                Event::Nothing
            }
        }
    }

    /// The exit status, when the emulator has ended.
    pub fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits a little for the emulator to end by itself, then kills it.
    pub fn finish(&mut self, patience: Duration) -> Option<ExitStatus> {
        let rounds = (patience.as_millis() / 20).max(1);
        for _ in 0..rounds {
            if let Some(status) = self.status() {
                return Some(status);
            }
            thread::sleep(Duration::from_millis(20));
        }
        self.kill();
        None
    }

    /// Ends the emulator the hard way: DOSBox does not listen to anything else.
    pub fn kill(&mut self) {
        // It may have ended by itself; there is nothing else that could fail.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The connection to QEMU's monitor, made when first asked for.
    pub fn qmp(&mut self) -> Option<&mut Qmp> {
        if self.qmp.is_none() {
            self.qmp = self.qmp_socket.as_deref().and_then(|socket| Qmp::connect(socket).ok());
        }
        self.qmp.as_mut()
    }

    /// The last lines the emulator itself has printed.
    pub fn last_words(&self) -> Vec<String> {
        self.noise.lock().map(|noise| noise.clone()).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.kill();
    }
}

/// Reads a pipe by lines: all are kept as the emulator's words, and sent on where they are the
/// guest's as well.
fn follow_pipe(
    pipe: impl Read + Send + 'static,
    guest: Option<Sender<String>>,
    noise: Arc<Mutex<Vec<String>>>,
) {
    thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut bytes = Vec::new();
        while matches!(reader.read_until(b'\n', &mut bytes), Ok(count) if count > 0) {
            let text = String::from_utf8_lossy(&bytes);
            let text = text.trim_end_matches(['\n', '\r']);
            keep(&noise, text);
            if let Some(path) = terminal(text) {
                drain(PathBuf::from(path));
            }
            if guest.as_ref().is_some_and(|lines| lines.send(text.to_string()).is_err()) {
                break;
            }
            bytes.clear();
        }
    });
}

/// The terminal that Bochs says it draws its text screen on.
fn terminal(line: &str) -> Option<&str> {
    line.strip_prefix("Bochs connected to screen \"")?.strip_suffix('"')
}

/// Reads a terminal until its other end is closed. Bochs waits for ever once what it draws there and nobody reads is a few
/// thousand characters.
fn drain(path: PathBuf) {
    /// `open` does not make the terminal ours.
    const NO_CONTROL: i32 = 0o400;
    thread::spawn(move || {
        // Otherwise it keeps what is not ended by a line's end, and sends it back as keys.
        let _ = Command::new("stty").arg("-F").arg(&path).args(["raw", "-echo"]).status();
        let Ok(mut terminal) = File::options().read(true).custom_flags(NO_CONTROL).open(&path) else {
            return;
        };
        let mut bytes = [0; 4096];
        while matches!(terminal.read(&mut bytes), Ok(count) if count > 0) {}
    });
}

fn keep(noise: &Mutex<Vec<String>>, text: &str) {
    if let Ok(mut noise) = noise.lock() {
        if noise.len() == NOISE_LINES {
            noise.remove(0);
        }
        noise.push(text.to_string());
    }
}

/// Follows a growing file until `stop` is set.
fn follow_file(
    channel: Channel,
    lines: Sender<String>,
    noise: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
) {
    thread::spawn(move || {
        let Some(path) = &channel.file else { return };
        let mut seen = 0;
        while !stop.load(Ordering::Relaxed) {
            thread::sleep(FILE_GLANCE);
            let Ok(mut file) = File::open(path) else { continue };
            let mut fresh = Vec::new();
            if file.seek(SeekFrom::Start(seen)).is_err() || file.read_to_end(&mut fresh).is_err() {
                continue;
            }
            let Some(end) = fresh.iter().rposition(|byte| *byte == b'\n') else { continue };
            for line in String::from_utf8_lossy(&fresh[..end]).split('\n') {
                let line = line.trim_end_matches('\r');
                match channel.guest_part(line) {
                    Some(line) if lines.send(line.to_string()).is_err() => return,
                    Some(_) => {}
                    None => keep(&noise, line),
                }
            }
            seen += end as u64 + 1;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::terminal;

    #[test]
    fn bochs_names_its_terminal() {
        assert_eq!(terminal("Bochs connected to screen \"/dev/pts/2\""), Some("/dev/pts/2"));
        assert_eq!(terminal("ok 1 Bochs connected to screen"), None);
    }
}
