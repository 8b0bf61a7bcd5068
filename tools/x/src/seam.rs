//! SEAM: the harness's entry points, not there yet; each is replaced by a call as it lands.

use std::process::ExitCode;

use anyhow::{bail, Result};
use ferrite_harness::api::{BenchRequest, Places};

pub fn bench(_places: &Places, _request: &BenchRequest) -> Result<ExitCode> {
    bail!("SEAM bench")
}
