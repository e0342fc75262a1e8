//! Time-outs by one coarse sweep for each worker, instead of a timer for each operation.
//!
//! A task sets its timer to the deadline of whatever it waits for, which is a store to memory. Ten times a second the
//! worker looks at all timers and wakes the tasks whose deadline has passed.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// How often timers are looked at, and so how late a wake-up may be.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// The timers of a worker, and the worker's time.
#[derive(Debug)]
pub(crate) struct Timers {
    now: Cell<Instant>,
    slots: RefCell<Vec<Weak<Slot>>>,
}

#[derive(Debug, Default)]
struct Slot {
    at: Cell<Option<Instant>>,
    waker: RefCell<Option<Waker>>,
}

/// The timer of one task.
#[derive(Debug)]
pub(crate) struct Timer {
    slot: Rc<Slot>,
    timers: Rc<Timers>,
}

impl Timers {
    pub(crate) fn new() -> Rc<Self> {
        Rc::new(Self { now: Cell::new(Instant::now()), slots: RefCell::default() })
    }

    /// The time, at most a [`TICK`] old.
    pub(crate) fn now(&self) -> Instant {
        self.now.get()
    }

    /// A timer for the calling task.
    pub(crate) fn timer(self: &Rc<Self>) -> Timer {
        let slot = Rc::new(Slot::default());
        self.slots.borrow_mut().push(Rc::downgrade(&slot));
        Timer { slot, timers: Rc::clone(self) }
    }

    /// Sets the time and wakes every task whose deadline has passed; forgets timers that are gone.
    pub(crate) fn sweep(&self, now: Instant) {
        self.now.set(now);
        self.slots.borrow_mut().retain(|slot| slot.upgrade().is_some_and(|slot| slot.ring(now)));
    }

    /// Wakes every task that has a timer set, so that it looks at its state anew.
    pub(crate) fn wake_all(&self) {
        for slot in self.slots.borrow().iter().filter_map(Weak::upgrade) {
            slot.wake();
        }
    }
}

impl Slot {
    /// Wakes the task if its deadline has passed; always true, because the timer is alive.
    fn ring(&self, now: Instant) -> bool {
        if self.at.get().is_some_and(|at| at <= now) {
            self.at.set(None);
            self.wake();
        }
        true
    }

    fn wake(&self) {
        if let Some(waker) = &*self.waker.borrow() {
            waker.wake_by_ref();
        }
    }
}

impl Timer {
    /// The time, at most a [`TICK`] old.
    pub(crate) fn now(&self) -> Instant {
        self.timers.now()
    }

    /// Ready once `deadline` has passed; until then the task is woken for it.
    pub(crate) fn poll_until(&self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        if deadline <= self.now() {
            return Poll::Ready(());
        }
        // Several things may be waited for at once; to be woken too early does no harm.
        let earliest = self.slot.at.get().map_or(deadline, |at| at.min(deadline));
        self.slot.at.set(Some(earliest));
        let mut waker = self.slot.waker.borrow_mut();
        if !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            *waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    /// `work`, or `None` when `deadline` comes first.
    pub(crate) async fn within<F: Future>(&self, deadline: Instant, work: F) -> Option<F::Output> {
        let mut work = std::pin::pin!(work);
        std::future::poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => self.poll_until(cx, deadline).map(|()| None),
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    struct Count(AtomicUsize);

    impl std::task::Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn the_task_is_woken_when_its_time_has_come() {
        let (count, timers) = (Arc::new(Count(AtomicUsize::new(0))), Timers::new());
        let waker = Waker::from(Arc::clone(&count));
        let mut cx = Context::from_waker(&waker);
        let (timer, start) = (timers.timer(), timers.now());
        let deadline = start + Duration::from_secs(1);

        assert!(timer.poll_until(&mut cx, deadline).is_pending());
        timers.sweep(start + TICK);
        assert_eq!(count.0.load(Ordering::Relaxed), 0);
        timers.sweep(deadline);
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert!(timer.poll_until(&mut cx, deadline).is_ready());
    }

    #[test]
    fn the_earliest_of_several_deadlines_wakes_the_task() {
        let (count, timers) = (Arc::new(Count(AtomicUsize::new(0))), Timers::new());
        let waker = Waker::from(Arc::clone(&count));
        let mut cx = Context::from_waker(&waker);
        let (timer, start) = (timers.timer(), timers.now());
        assert!(timer.poll_until(&mut cx, start + TICK).is_pending());
        assert!(timer.poll_until(&mut cx, start + 5 * TICK).is_pending());
        timers.sweep(start + TICK);
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_timer_that_is_gone_is_forgotten() {
        let timers = Timers::new();
        drop(timers.timer());
        let kept = timers.timer();
        timers.sweep(timers.now());
        assert_eq!(timers.slots.borrow().len(), 1);
        drop(kept);
    }
}
