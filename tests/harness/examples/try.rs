//! try ENGINE HOST|- PROGRAM... : runs programs by hand while the harness itself is worked on.
use ferrite_harness::{api::Places, batch, batch::Job, host::HostUnderTest, machine::*};
fn main() -> anyhow::Result<()> {
    let mut a = std::env::args().skip(1);
    let engine: Engine = a.next().unwrap().parse()?;
    let host = a.next().unwrap();
    let host = if host == "-" {
        HostUnderTest::absent()
    } else if let Some(h) = host.strip_prefix("run:") {
        HostUnderTest::launcher(h)
    } else {
        HostUnderTest::resident(host)
    };
    let jobs: Vec<Job> = a
        .map(|p| {
            let name = std::path::Path::new(&p).file_name().unwrap().to_string_lossy().to_uppercase();
            let mut job = Job::new(&name, GuestFile::new(format!("T/{name}"), std::fs::read(&p).unwrap()));
            job.limit = std::time::Duration::from_secs(6);
            job
        })
        .collect();
    let places = Places::of(std::env::var("ROOT").unwrap_or("/work/main".into()));
    let t = std::time::Instant::now();
    let lanes = std::env::var("LANES").ok().and_then(|l| l.parse().ok()).unwrap_or(1);
    for r in batch::run(
        &{
            let mut m = Machine::new(engine);
            if std::env::var("X").is_ok() {
                m.config_sys.push("DEVICE=C:\\HIMEMX.EXE".into());
                m.files.push(GuestFile::new("HIMEMX.EXE", std::fs::read("/work/dl/hosts/HIMEMX.EXE")?));
            }
            m
        },
        &host,
        &jobs,
        &places,
        lanes,
        &|_| (),
    )? {
        println!("{}: {} {:?} after={:?}\n{}", r.name, r.end, r.elapsed, r.aftermath, r.detail());
    }
    println!("{:?}", t.elapsed());
    Ok(())
}
