//! Drives machines through a list of jobs: one boot after another until each job has an end.
//!
//! A boot that never reached AUTOEXEC is tried three times; nothing else is retried. After a
//! hang, a reset or a time-out the next boot begins behind the culprit.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::api::Places;
use crate::batch::{End, Job, JobResult, Screen};
use crate::boot::{self, Booted};
use crate::host::HostUnderTest;
use crate::machine::{Engine, GuestFile, Machine};
use crate::process::Event;

/// How often a boot is tried.
const BOOT_TRIES: u32 = 3;
/// How long the host may take to become resident, and DOS from one program to the next.
const HOUSEKEEPING_LIMIT: Duration = Duration::from_secs(20);
/// How often a silent machine is looked at.
const GLANCE: Duration = Duration::from_millis(250);
/// How long the BIOS tick is watched to tell a hang from a long run: nine ticks.
const TICK_WATCH: Duration = Duration::from_millis(500);

/// Where a boot has got to.
enum Stage {
    Booting,
    Loading,
    Between,
    Running(usize),
    Done,
}

/// How a boot ended before its list was done.
struct Stop {
    end: End,
    screen: Option<Screen>,
}

/// One boot's running account.
struct Watch<'a> {
    booted: Booted,
    jobs: &'a [&'a Job],
    results: Vec<Option<JobResult>>,
    stage: Stage,
    since: Instant,
    limit: Duration,
    /// Lines that belong to no program: the boot's and the host's.
    preamble: Vec<String>,
    lines: Vec<String>,
    refused: Option<String>,
    pictures: PathBuf,
}

/// Runs `jobs` on `machine` under `host` and calls `ended` with each job's index and result, in
/// order. At most 9,999 jobs.
pub(crate) fn run(
    machine: &Machine,
    host: &HostUnderTest,
    jobs: &[Job],
    places: &Places,
    ended: &mut dyn FnMut(usize, JobResult),
) -> Result<()> {
    let mut next = 0;
    let mut failed_boots = 0;
    while next < jobs.len() {
        let rest: Vec<&Job> = jobs[next..].iter().collect();
        let mut watch = Watch::start(machine, host, &rest, places)?;
        let stop = watch.follow();
        watch.collect_output()?;
        let finished = watch.results.iter().take_while(|result| result.is_some()).count();
        for (index, result) in watch.results.into_iter().take(finished).flatten().enumerate() {
            ended(next + index, result);
        }
        next += finished;
        let Some(stop) = stop else { continue };
        let is_boot_failure = matches!(stop.end, End::BootFailed(_));
        failed_boots = if is_boot_failure { failed_boots + 1 } else { 0 };
        let is_hopeless = finished == 0 && !is_boot_failure || failed_boots == BOOT_TRIES;
        if is_hopeless {
            for (index, job) in jobs.iter().enumerate().skip(next) {
                ended(index, JobResult::without_run(&job.name, stop.end.clone(), stop.screen.clone()));
            }
            return Ok(());
        }
    }
    Ok(())
}

impl<'a> Watch<'a> {
    fn start(machine: &Machine, host: &HostUnderTest, jobs: &'a [&'a Job], places: &Places) -> Result<Self> {
        let booted = boot::start(machine, host, jobs, places)?;
        let scale = if machine.engine == Engine::Bochs { 2 } else { 1 };
        Ok(Watch {
            booted,
            jobs,
            results: jobs.iter().map(|_| None).collect(),
            stage: Stage::Booting,
            since: Instant::now(),
            limit: machine.boot_limit * scale,
            preamble: Vec::new(),
            lines: Vec::new(),
            refused: None,
            pictures: places.out.join("screens").join(machine.name().replace('/', "-")),
        })
    }

    /// Follows the boot until the list is done (nothing is returned) or something stops it.
    fn follow(&mut self) -> Option<Stop> {
        loop {
            let left = self.limit.saturating_sub(self.since.elapsed());
            match self.booted.process.next(left.min(GLANCE)) {
                Event::Line(line) => {
                    if let Some(stop) = self.line(&line) {
                        return self.settle(stop);
                    }
                    if matches!(self.stage, Stage::Done) {
                        self.booted.process.finish(Duration::from_secs(3));
                        return None;
                    }
                }
                Event::Ended => {
                    let end = self.why_ended();
                    return self.settle(Stop { end, screen: None });
                }
                Event::Nothing => {
                    if let Some(stop) = self.glance() {
                        return self.settle(stop);
                    }
                }
            }
        }
    }

    /// Takes one line of the channel.
    fn line(&mut self, line: &str) -> Option<Stop> {
        let Some(mark) = line.strip_prefix("@@ ") else {
            match self.stage {
                _ if line.is_empty() => {}
                Stage::Running(_) => self.lines.push(line.to_string()),
                _ => self.preamble.push(line.to_string()),
            }
            return None;
        };
        let words: Vec<&str> = mark.split_whitespace().collect();
        match words.as_slice() {
            ["boot"] if !matches!(self.stage, Stage::Booting) => {
                return Some(Stop { end: End::Reset, screen: None });
            }
            ["boot"] => {
                // What came before is the emulator's own start-up talk.
                self.preamble.clear();
                self.enter(Stage::Between, HOUSEKEEPING_LIMIT);
            }
            ["host"] => self.enter(Stage::Loading, HOUSEKEEPING_LIMIT),
            ["refused", level] => {
                let said = self.preamble.join("; ");
                self.refused =
                    Some(format!("errorlevel {level}{}{said}", if said.is_empty() { "" } else { ": " }));
                return self.refusal();
            }
            ["start", number] => {
                let number: usize = number.parse().ok()?;
                let job = self.jobs.get(number)?;
                self.lines.clear();
                let limit = job.limit;
                self.enter(Stage::Running(number), limit);
            }
            ["end", number, code, kind] => self.ended(number, code, kind),
            ["done"] => self.enter(Stage::Done, HOUSEKEEPING_LIMIT),
            _ => self.lines.push(line.to_string()),
        }
        None
    }

    fn refusal(&mut self) -> Option<Stop> {
        let why = self.refused.take()?;
        let screen = self.post_mortem("host");
        Some(Stop { end: End::HostFailed(why), screen })
    }

    fn enter(&mut self, stage: Stage, limit: Duration) {
        self.stage = stage;
        self.since = Instant::now();
        self.limit = limit;
    }

    /// A program has come back.
    fn ended(&mut self, number: &str, code: &str, kind: &str) {
        let (Ok(number), Ok(code)) = (number.parse::<usize>(), code.parse::<u8>()) else { return };
        let end = match kind.parse::<u8>() {
            Ok(kind) => End::Exited { code, kind },
            Err(_) => End::NotStarted(code),
        };
        self.record(number, end, None);
        self.enter(Stage::Between, HOUSEKEEPING_LIMIT);
    }

    fn record(&mut self, number: usize, end: End, screen: Option<Screen>) {
        let Some(slot) = self.results.get_mut(number) else { return };
        *slot = Some(JobResult {
            name: self.jobs[number].name.clone(),
            end,
            aftermath: None,
            output: Vec::new(),
            files: Vec::new(),
            channel: std::mem::take(&mut self.lines),
            elapsed: self.since.elapsed(),
            screen,
        });
    }

    /// Looks at a machine that has been silent for a moment.
    fn glance(&mut self) -> Option<Stop> {
        let halted = self.booted.process.qmp().and_then(|qmp| qmp.status().ok());
        if halted.is_some_and(|status| status != "running" && status != "prelaunch") {
            let screen = self.post_mortem(&self.culprit());
            let end = if matches!(self.stage, Stage::Booting) { boot_failed("reset") } else { End::Reset };
            return Some(Stop { end, screen });
        }
        if self.since.elapsed() < self.limit {
            return None;
        }
        let end = if matches!(self.stage, Stage::Booting) {
            boot_failed("time ran out")
        } else if self.clock_stands_still() {
            End::Hung
        } else {
            End::TimedOut
        };
        let screen = self.post_mortem(&self.culprit());
        Some(Stop { end, screen })
    }

    /// Whether the BIOS tick does not move. Only QEMU lets us look; elsewhere the answer is no.
    fn clock_stands_still(&mut self) -> bool {
        let Some(qmp) = self.booted.process.qmp() else { return false };
        let before = qmp.ticks();
        std::thread::sleep(TICK_WATCH);
        matches!((before, qmp.ticks()), (Ok(before), Ok(after)) if before == after)
    }

    fn culprit(&self) -> String {
        match self.stage {
            Stage::Running(number) => self.jobs[number].name.clone(),
            Stage::Loading => "host".to_string(),
            _ => "boot".to_string(),
        }
    }

    fn post_mortem(&mut self, name: &str) -> Option<Screen> {
        let directory = self.pictures.clone();
        let qmp = self.booted.process.qmp()?;
        let text = qmp.text().unwrap_or_default();
        let registers = qmp.monitor("info registers").unwrap_or_default();
        // The FPU's contents have never explained a crash of the machine.
        let of_interest =
            |line: &&str| !line.starts_with("XMM") && !line.starts_with("FPR") && !line.trim().is_empty();
        let registers = registers.lines().filter(of_interest).collect::<Vec<_>>().join("\n");
        let safe: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let picture = directory.join(format!("{safe}.png"));
        let is_saved = std::fs::create_dir_all(&directory).is_ok() && qmp.picture(&picture).is_ok();
        Some(Screen { text, registers, picture: is_saved.then_some(picture) })
    }

    /// Why the emulator has gone.
    fn why_ended(&mut self) -> End {
        let status = self.booted.process.finish(Duration::from_secs(1));
        let mut words = self.booted.process.last_words();
        words.retain(|line| !line.trim().is_empty() && !line.starts_with("====") && !line.starts_with("@@"));
        let telling = |line: &&String| {
            let line = line.to_lowercase();
            ["triple fault", "3rd", "exception", "e_exit", "exit to error", "panic", "double fault"]
                .iter()
                .any(|sign| line.contains(sign))
        };
        let last = words.iter().rev().find(telling).or(words.last()).cloned().unwrap_or_default();
        let lower = last.to_lowercase();
        let is_reset =
            lower.contains("triple fault") || lower.contains("3rd (") || lower.contains("double fault");
        match self.stage {
            Stage::Booting => boot_failed(&last),
            _ if is_reset => End::Reset,
            _ => End::EmulatorDied(format!("{} {last}", status.map(|s| s.to_string()).unwrap_or_default())),
        }
    }

    /// Books what stopped the boot to whom it belongs. What is returned concerns the boot itself.
    fn settle(&mut self, stop: Stop) -> Option<Stop> {
        match self.stage {
            Stage::Running(number) => self.record(number, stop.end.clone(), stop.screen.clone()),
            Stage::Loading if !matches!(stop.end, End::HostFailed(_)) => {
                let said = self.preamble.join("; ");
                let why = format!("{} while the host was loading. {said}", stop.end);
                return Some(Stop { end: End::HostFailed(why), screen: stop.screen });
            }
            Stage::Between => {
                if let Some(last) =
                    self.results.iter_mut().take_while(|r| r.is_some()).last().and_then(Option::as_mut)
                {
                    last.aftermath = Some(stop.end.clone());
                    last.screen = stop.screen.clone();
                }
            }
            _ => {}
        }
        Some(stop)
    }

    /// Reads what the programs have written from drive C:.
    fn collect_output(&mut self) -> Result<()> {
        let drive = self.booted.results()?;
        for (number, result) in self.results.iter_mut().enumerate() {
            if let Some(result) = result {
                result.output = drive.read(&format!("HARNESS\\OUT\\{number:04}.TXT")).unwrap_or_default();
                let read = |path: &String| Some(GuestFile::new(path.clone(), drive.read(path)?));
                result.files = self.jobs[number].collect.iter().filter_map(read).collect();
            }
        }
        Ok(())
    }
}

fn boot_failed(why: &str) -> End {
    End::BootFailed(why.to_string())
}
