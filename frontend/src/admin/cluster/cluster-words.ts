import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import type { StateWords } from '../people/people-words';

/** How a balancer is. */
export const BALANCER_STATES: Readonly<Record<string, StateWords>> = {
  healthy: { words: msg`Healthy`, tone: 'good' },
  degraded: { words: msg`Some servers are out`, tone: 'note' },
  down: { words: msg`All servers are out`, tone: 'bad' },
};

/** How a balancer has a server. */
export const SERVER_STATES: Readonly<Record<string, StateWords>> = {
  up: { words: msg`Takes traffic`, tone: 'good' },
  starting: { words: msg`Starting`, tone: 'note' },
  ejected: { words: msg`Out: its traffic failed`, tone: 'bad' },
  down: { words: msg`Out: its checks failed`, tone: 'bad' },
  drain: { words: msg`Drained by an operator`, tone: 'note' },
  disabled: { words: msg`Taken out by an operator`, tone: 'note' },
  leaving: { words: msg`Leaving`, tone: 'note' },
};

/** How an instance says that it is. */
export const INSTANCE_STATES: Readonly<Record<string, StateWords>> = {
  healthy: { words: msg`Healthy`, tone: 'good' },
  degraded: { words: msg`Its database does not answer`, tone: 'bad' },
  draining: { words: msg`About to end`, tone: 'note' },
};

/** Why somebody did not answer. */
export const SILENCES: Readonly<Record<string, MessageDescriptor>> = {
  unknown_name: msg`Its name leads to no address.`,
  unreachable: msg`It cannot be reached.`,
  slow: msg`It does not answer in time.`,
  status: msg`It refuses the question: it may be of an earlier version.`,
  unreadable: msg`It answers something that is not understood.`,
};
