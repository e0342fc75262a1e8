use std::{
    collections::VecDeque,
    io,
    time::{Duration, Instant},
};

use thiserror::Error;

use super::{
    connection::{Connection, Failure, Step, Work},
    pace::{Pace, Schedule},
    stream::Dial,
    tally::{Report, Tally},
};
use crate::bench::poller::{Interest, Poller};

/// The size of a read, which takes four bodies of the benchmark.
const SCRATCH: usize = 256 * 1024;
/// The number of failures after which a run says nothing.
const MAX_FAILURES: u64 = 1000;
/// The time without an answer after which the server hangs.
const STALL: Duration = Duration::from_secs(10);
/// The longest wait for events in a closed loop.
const TICK: Duration = Duration::from_millis(100);

/// The reason why a phase could not be ended.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The poller failed, or a new connection did.
    #[error("socket")]
    Socket(#[from] io::Error),
    /// No answer came for a long time.
    #[error("no answer for {STALL:?} with {0} requests in flight")]
    Stalled(usize),
    /// Too many requests failed.
    #[error("over {MAX_FAILURES} failures, such as: {0}")]
    Failing(Failure),
}

/// A number of connections that do one kind of work.
pub struct Fleet {
    dial: Dial,
    work: Work,
    poller: Poller,
    connections: Vec<Connection>,
    /// Connections with nothing to do, the longest idle first.
    idle: VecDeque<usize>,
    ready: Vec<usize>,
    scratch: Vec<u8>,
    tally: Tally,
    /// The number of connections that were free when the last wait began.
    free: usize,
    /// The time of the last answer.
    progress: Instant,
}

impl Fleet {
    /// Opens `size` connections.
    pub fn open(dial: Dial, work: Work, size: usize) -> Result<Self, LoadError> {
        let mut fleet = Self::empty(dial, work)?;
        for _ in 0..size {
            fleet.grow()?;
        }
        Ok(fleet)
    }

    /// A fleet without connections.
    pub fn empty(dial: Dial, work: Work) -> Result<Self, LoadError> {
        let (connections, idle, ready) = (Vec::new(), VecDeque::new(), Vec::new());
        let (scratch, tally, progress) = (vec![0; SCRATCH], Tally::new(), Instant::now());
        let poller = Poller::new()?;
        Ok(Self { dial, work, poller, connections, idle, ready, scratch, tally, free: 0, progress })
    }

    /// Opens one more connection, which is the next to be used.
    pub fn grow(&mut self) -> Result<(), LoadError> {
        let id = self.connections.len();
        let connection = self.connect(id)?;
        self.connections.push(connection);
        self.idle.push_front(id);
        Ok(())
    }

    /// Sends requests at `pace` for `length`, waits for the last answer, and reports.
    pub fn run(&mut self, pace: Pace, length: Duration) -> Result<Report, LoadError> {
        self.tally = Tally::new();
        let start = Instant::now();
        let schedule = Schedule::new(pace, start, length);
        self.progress = start;
        let mut started = 0;
        loop {
            let now = Instant::now();
            started = self.start_due(&schedule, started, now)?;
            if schedule.over(now, started) && self.in_flight() == 0 {
                break;
            }
            self.wait(self.patience(&schedule, started, now))?;
            self.receive()?;
        }
        Ok(std::mem::replace(&mut self.tally, Tally::new()).report(start.elapsed()))
    }

    fn in_flight(&self) -> usize {
        self.connections.len() - self.idle.len()
    }

    /// Starts the requests that are due, as far as connections are free. Gives the number of all started requests.
    fn start_due(&mut self, schedule: &Schedule, mut started: u64, now: Instant) -> Result<u64, LoadError> {
        let allowed = schedule.allowed(now, started);
        while started < allowed {
            let Some(id) = self.idle.pop_front() else { break };
            let due = schedule.due(started, now);
            started += 1;
            // A connection has waited for this request all along: what it is late is the generator's fault.
            if self.free > 0 {
                self.free -= 1;
                self.tally.lag(now.saturating_duration_since(due));
            }
            self.start(id, due)?;
        }
        Ok(started)
    }

    fn start(&mut self, id: usize, due: Instant) -> Result<(), LoadError> {
        if self.work.once {
            self.connections[id] = self.connect(id)?;
        }
        match self.connections[id].start(&self.work, due) {
            Ok(()) => Ok(self.watch(id)?),
            Err(failure) => self.fail(id, failure),
        }
    }

    /// The wait for events: until the next request is due, where a connection is free for it.
    fn patience(&self, schedule: &Schedule, started: u64, now: Instant) -> Duration {
        if self.idle.is_empty() || schedule.over(now, started) {
            return TICK;
        }
        schedule.due(started, now + TICK).saturating_duration_since(now).min(TICK)
    }

    fn wait(&mut self, patience: Duration) -> Result<(), LoadError> {
        self.free = self.idle.len();
        self.poller.wait(Some(patience), &mut self.ready)?;
        if self.ready.is_empty() && self.in_flight() > 0 && self.progress.elapsed() > STALL {
            return Err(LoadError::Stalled(self.in_flight()));
        }
        Ok(())
    }

    fn receive(&mut self) -> Result<(), LoadError> {
        let ready = std::mem::take(&mut self.ready);
        for &id in &ready {
            match self.step(id) {
                Ok(Step::Waiting) => self.watch(id)?,
                Ok(Step::Done) => self.done(id)?,
                Ok(Step::Closed) => self.reopen(id)?,
                Err(failure) => self.fail(id, failure)?,
            }
        }
        self.ready = ready;
        Ok(())
    }

    fn step(&mut self, id: usize) -> Result<Step, Failure> {
        let connection = &mut self.connections[id];
        connection.send(&self.work)?;
        connection.receive(&self.work, &mut self.scratch)
    }

    /// Waits for room to write exactly while something is unsent.
    fn watch(&mut self, id: usize) -> io::Result<()> {
        let connection = &mut self.connections[id];
        let wanted = if connection.unsent(&self.work) { Interest::ReadWrite } else { Interest::Read };
        if wanted != connection.interest {
            self.poller.change(&connection.stream.socket, id, wanted)?;
            connection.interest = wanted;
        }
        Ok(())
    }

    fn done(&mut self, id: usize) -> io::Result<()> {
        self.progress = Instant::now();
        self.tally.response(self.progress - self.connections[id].due);
        self.idle.push_back(id);
        if self.work.once {
            // Its end would be readable for ever.
            self.poller.remove(&self.connections[id].stream.socket)?;
        }
        Ok(())
    }

    /// Replaces an idle connection that the server has ended, as it may.
    fn reopen(&mut self, id: usize) -> Result<(), LoadError> {
        self.tally.reopened();
        self.connections[id] = self.connect(id)?;
        Ok(())
    }

    fn fail(&mut self, id: usize, failure: Failure) -> Result<(), LoadError> {
        self.tally.failure(&failure);
        if self.tally.failures() > MAX_FAILURES {
            return Err(LoadError::Failing(failure));
        }
        self.connections[id] = self.connect(id)?;
        self.idle.push_back(id);
        Ok(())
    }

    fn connect(&self, id: usize) -> Result<Connection, LoadError> {
        let stream = self.dial.connect()?;
        self.poller.add(&stream.socket, id, Interest::Read)?;
        Ok(Connection::new(stream))
    }
}
