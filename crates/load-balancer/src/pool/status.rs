//! The state of a server, in one byte that every request reads.

use super::health::Health;

/// An operator's wish for a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AdminState {
    /// The server takes traffic as far as its health allows.
    Active,
    /// The server takes no new requests; those in flight end in peace.
    Drain,
    /// The server takes nothing, and is not tried even when every other server is out.
    Down,
}

/// The state of a server: the operator's wish, its health, and whether it is still one of the pool's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// The operator's wish.
    pub admin: AdminState,
    /// The health by checks and traffic.
    pub health: Health,
    /// Discovery does not find the server any more: it takes no new requests, and those in flight end in peace.
    pub gone: bool,
}

impl State {
    /// One word for people, metrics and `/health`: `up`, `starting`, `ejected`, `down`, `drain`, `disabled`,
    /// `leaving`.
    pub fn name(self) -> &'static str {
        match self {
            Self { gone: true, .. } => "leaving",
            Self { admin: AdminState::Drain, .. } => "drain",
            Self { admin: AdminState::Down, .. } => "disabled",
            Self { health: Health::Starting, .. } => "starting",
            Self { health: Health::Up, .. } => "up",
            Self { health: Health::Ejected, .. } => "ejected",
            Self { health: Health::Down, .. } => "down",
        }
    }
}

const ADMIN_SHIFT: u8 = 4;
const HEALTH_MASK: u8 = 0b1111;
const ADMIN_MASK: u8 = 0b11;
const GONE: u8 = 1 << 6;
/// Active, up and there: the one value of the status byte that takes traffic.
pub(super) const USABLE: u8 = encode(State { admin: AdminState::Active, health: Health::Up, gone: false });

pub(super) const fn encode(state: State) -> u8 {
    ((state.admin as u8) << ADMIN_SHIFT) | state.health as u8 | if state.gone { GONE } else { 0 }
}

pub(super) fn decode(byte: u8) -> State {
    let admin = match (byte >> ADMIN_SHIFT) & ADMIN_MASK {
        0 => AdminState::Active,
        1 => AdminState::Drain,
        _ => AdminState::Down,
    };
    let health = match byte & HEALTH_MASK {
        0 => Health::Starting,
        1 => Health::Up,
        2 => Health::Ejected,
        _ => Health::Down,
    };
    State { admin, health, gone: byte & GONE != 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_survives_its_byte() {
        for admin in [AdminState::Active, AdminState::Drain, AdminState::Down] {
            for health in [Health::Starting, Health::Up, Health::Ejected, Health::Down] {
                for gone in [false, true] {
                    let state = State { admin, health, gone };
                    assert_eq!(decode(encode(state)), state);
                }
            }
        }
    }
}
