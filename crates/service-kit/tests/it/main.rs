//! service-kit from outside: tokens against another implementation, and signals to a real process.

mod forge;
mod shutdown;
mod tokens;
