//! Processes that are heard, signalled and ended.

use std::time::Duration;

use nix::sys::signal::Signal;
use testkit::{Process, eventually, process::is_alive};
use tokio::process::Command;

const LONG: Duration = Duration::from_secs(20);

fn shell(script: &str) -> Process {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    Process::spawn(command).unwrap()
}

#[tokio::test]
async fn lines_of_both_outputs_are_heard() {
    let mut process = shell("echo ready on port 7; echo trouble >&2; exit 3");
    assert_eq!(process.wait_for_line("ready", LONG).await, "ready on port 7");
    process.wait_for_line("trouble", LONG).await;
    assert_eq!(process.wait(LONG).await.unwrap().code(), Some(3));
}

#[tokio::test]
async fn the_last_lines_are_there_when_it_has_ended() {
    let mut process = shell("seq 5000");
    process.wait(LONG).await.unwrap();
    assert_eq!((process.lines().len(), process.lines().last().unwrap().as_str()), (5000, "5000"));
}

#[tokio::test]
async fn what_it_leaves_behind_is_not_waited_for() {
    let mut process = shell("sleep 600 & echo gone");
    process.wait(LONG).await.unwrap();
    assert_eq!(process.lines(), ["gone"]);
}

#[tokio::test]
async fn signals_arrive() {
    let mut process = shell("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done");
    process.wait_for_line("ready", LONG).await;
    process.signal(Signal::SIGSTOP).unwrap();
    eventually(LONG, || async {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.pid())).unwrap();
        stat.contains(") T ")
    })
    .await;
    process.signal(Signal::SIGCONT).unwrap();
    assert!(process.terminate(LONG).await.unwrap().success());
    assert_eq!(process.lines().last().unwrap(), "bye");
}

#[tokio::test]
async fn nothing_is_left_when_it_is_dropped() {
    let process = shell("sleep 600 & echo child $!; wait");
    let line = process.wait_for_line("child", LONG).await;
    let pids = [process.pid(), line.trim_start_matches("child ").parse().unwrap()];
    assert!(pids.iter().all(|pid| is_alive(*pid)));
    drop(process);
    eventually(LONG, || async { !pids.iter().any(|pid| is_alive(*pid)) }).await;
}

#[tokio::test]
#[should_panic(expected = "something else")]
async fn a_line_that_does_not_come_is_a_failure_with_what_came() {
    let process = shell("echo something else; sleep 600");
    process.wait_for_line("something else", LONG).await;
    process.wait_for_line("ready", Duration::ZERO).await;
}
