//! The load balancer's program; all its code is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    load_balancer::cli::main()
}
