//! How each emulator is started: command lines and configuration files, nothing else.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::api::Places;
use crate::find;
use crate::machine::{Core, Engine, Floppy, Machine};
use crate::process::{Channel, Process};

/// The image of drive A:, in the working directory.
pub(crate) const FLOPPY: &str = "a.img";

/// What one boot is made of on this machine's disk.
pub(crate) struct Boot<'a> {
    pub machine: &'a Machine,
    pub places: &'a Places,
    /// A directory for configuration, logs and sockets.
    pub work: &'a Path,
    /// The image of C:, or the directory that is mounted as C:.
    pub drive: &'a Path,
    /// Cylinders of the image.
    pub cylinders: u32,
    /// Lines of AUTOEXEC.BAT, for the engines that have it in their configuration.
    pub autoexec: &'a [String],
}

impl Boot<'_> {
    /// Starts the machine.
    pub fn start(&self) -> Result<Process> {
        match self.machine.engine {
            Engine::Qemu => self.qemu(),
            Engine::Bochs => self.bochs(),
            Engine::DosboxX | Engine::Dosbox => self.dosbox(),
        }
    }

    fn qemu(&self) -> Result<Process> {
        let machine = self.machine;
        let socket = self.work.join("qmp");
        let mut command = Command::new(find::emulator(Engine::Qemu, self.places)?);
        command.args(["-accel", "tcg", "-machine", "pc", "-vga", "std", "-nodefaults", "-net", "none"]);
        command.args(["-cpu", machine.cpu.as_deref().unwrap_or("pentium")]);
        command.args(["-m", &machine.memory_mib.to_string(), "-boot", "c"]);
        command.arg("-drive").arg(format!("file={},format=raw,if=ide,cache=unsafe", self.drive.display()));
        if let Some(floppy) = machine.floppy {
            let access = if floppy == Floppy::ReadOnly { ",readonly=on" } else { "" };
            let path = self.work.join(FLOPPY);
            command.arg("-drive").arg(format!("file={},format=raw,if=floppy{access}", path.display()));
        }
        // Port E9h goes to standard output. The screen of a machine that was reset can still be
        // looked at: it stops instead of leaving.
        command.args([
            "-chardev",
            "stdio,id=e9,signal=off",
            "-device",
            "isa-debugcon,iobase=0xe9,chardev=e9",
        ]);
        command
            .args(["-monitor", "none", "-serial"])
            .arg(format!("file:{}", self.work.join("com1.txt").display()));
        command
            .args(["-no-reboot", "-no-shutdown", "-qmp"])
            .arg(format!("unix:{},server=on,wait=off", socket.display()));
        if machine.debug_exit {
            command.args(["-device", "isa-debug-exit,iobase=0xf4,iosize=1"]);
        }
        if let Some(shift) = machine.icount {
            command.arg("-icount").arg(format!("shift={shift}"));
        }
        if !machine.window {
            command.args(["-display", "none"]);
        }
        command.args(&machine.emulator_arguments);
        Process::start(command, Channel::default(), Some(socket))
    }

    fn bochs(&self) -> Result<Process> {
        let machine = self.machine;
        let configuration = self.work.join("bochsrc");
        let mut text = format!(
            "display_library: {display}\n\
             romimage: file=/usr/share/bochs/BIOS-bochs-latest\n\
             vgaromimage: file=/usr/share/vgabios/vgabios.bin\n\
             cpu: model={cpu}, count=1, ips=100000000, reset_on_triple_fault=0\n\
             memory: guest={memory}, host={memory}\n\
             ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14\n\
             ata0-master: type=disk, path={drive}, mode=flat, cylinders={cylinders}, heads=16, spt=63\n\
             boot: disk\n\
             port_e9_hack: enabled=1\n\
             com1: enabled=1, mode=file, dev={work}/com1.txt\n\
             log: {work}/bochs.log\n\
             panic: action=fatal\n\
             error: action=ignore\n\
             info: action=ignore\n\
             clock: sync=none, time0=1700000000\n",
            display = if machine.window { "x" } else { "term" },
            cpu = machine.cpu.as_deref().unwrap_or("p3_katmai"),
            memory = machine.memory_mib,
            drive = self.drive.display(),
            cylinders = self.cylinders,
            work = self.work.display(),
        );
        if let Some(floppy) = machine.floppy {
            let protected = (floppy == Floppy::ReadOnly) as u8;
            let path = self.work.join(FLOPPY);
            let _ = writeln!(
                text,
                "floppya: 2_88={}, status=inserted, write_protected={protected}",
                path.display()
            );
        }
        std::fs::write(&configuration, text)?;
        let mut command = Command::new(find::emulator(Engine::Bochs, self.places)?);
        command.arg("-q").arg("-f").arg(&configuration).args(&machine.emulator_arguments);
        if std::env::var_os("TERM").is_none() {
            command.env("TERM", "vt100"); // the text display insists on a terminal type
        }
        let mut process = Process::start(command, Channel::default(), None)?;
        process.type_line("c"); // Debian's Bochs starts in its debugger
        Ok(process)
    }

    fn dosbox(&self) -> Result<Process> {
        let machine = self.machine;
        let extended = machine.engine == Engine::DosboxX;
        let configuration = self.work.join("dosbox.conf");
        std::fs::write(&configuration, self.dosbox_configuration(extended))?;
        let home = self.work.join("home");
        std::fs::create_dir_all(&home)?;
        let mut command = Command::new(find::emulator(machine.engine, self.places)?);
        command.arg("-conf").arg(&configuration).env("HOME", &home).env("SDL_AUDIODRIVER", "dummy");
        if !machine.window {
            command.env("SDL_VIDEODRIVER", "dummy");
        }
        if extended {
            command.args(["-fastlaunch", "-nogui", "-nomenu", "-nopromptfolder", "-exit"]);
        } else {
            command.arg("-noconsole");
        }
        command.args(&machine.emulator_arguments);
        let channel = if extended {
            Channel { file: Some(self.work.join("dosbox.log")), prefix: Some("Bochs port E9h: ") }
        } else {
            Channel { file: Some(self.drive.join("HARNESS/LOG.TXT")), prefix: None }
        };
        Process::start(command, channel, None)
    }

    /// Later lines of a section override earlier ones, so the caller's come last.
    fn dosbox_configuration(&self, extended: bool) -> String {
        let machine = self.machine;
        let work = self.work.display();
        let mut text =
            format!("[sdl]\noutput=surface\n[dosbox]\nmemsize={}\ncaptures={work}\n", machine.memory_mib);
        if extended {
            text += "fastbioslogo=true\nstartbanner=false\nquit warning=false\nbochs debug port e9=true\n";
            let _ = writeln!(text, "[log]\nlogfile={work}/dosbox.log");
        }
        let cpu = machine.cpu.as_deref().unwrap_or(if extended { "pentium" } else { "pentium_slow" });
        let core = if machine.core == Core::Dynamic { "dynamic" } else { "normal" };
        let _ = writeln!(text, "[cpu]\ncputype={cpu}\ncore={core}\ncycles=max");
        if extended {
            text += "reset on triple fault=false\n";
        }
        text += "[dos]\n";
        if !machine.dos_memory_managers {
            text += "xms=false\nems=false\numb=false\n";
            text += if extended { "hma=false\n" } else { "" };
        }
        if extended {
            text += "hard drive data rate limit=0\n";
        }
        for (section, line) in &machine.dosbox_lines {
            let _ = writeln!(text, "[{section}]\n{line}");
        }
        let _ = writeln!(text, "[autoexec]\n@echo off\nmount c {}\nc:", self.drive.display());
        for line in self.autoexec {
            let _ = writeln!(text, "{line}");
        }
        text += "exit\n";
        text
    }
}
