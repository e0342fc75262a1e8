import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import type { Tone } from '../Badge';

export interface StateWords {
  words: MessageDescriptor;
  tone: Tone;
}

/** States of an account. */
export const ACCOUNT_STATES: Readonly<Record<string, StateWords>> = {
  active: { words: msg`Active`, tone: 'good' },
  suspended: { words: msg`Suspended`, tone: 'bad' },
  closing: { words: msg`Closing`, tone: 'note' },
};

/** How far an onboarding is. */
export const ONBOARDING_STATES: Readonly<Record<string, StateWords>> = {
  begun: { words: msg`Just begun`, tone: 'plain' },
  in_progress: { words: msg`In progress`, tone: 'plain' },
  stuck: { words: msg`Stuck`, tone: 'note' },
  completed: { words: msg`Completed`, tone: 'good' },
  reopened: { words: msg`Reopened`, tone: 'note' },
};

/** How far a step is. */
export const STEP_STATES: Readonly<Record<string, StateWords>> = {
  not_started: { words: msg`Not started`, tone: 'plain' },
  in_progress: { words: msg`In progress`, tone: 'note' },
  completed: { words: msg`Completed`, tone: 'good' },
  skipped: { words: msg`Skipped`, tone: 'plain' },
};
