//! The kit against itself: scripted upstreams asked by raw clients, and processes.

mod process;
mod upstream;
