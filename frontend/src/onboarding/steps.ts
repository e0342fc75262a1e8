import { t } from '@lingui/core/macro';
import type { Onboarding, OnboardingStep } from '../api/types';

/** The steps in the order in which a person meets them. */
export const STEP_KEYS = ['account', 'profile', 'organization', 'preferences', 'review'] as const;
export type StepKey = (typeof STEP_KEYS)[number];

/** What a step holds: known members by name, and any other as it came. */
export type StepData = Record<string, unknown>;

export interface StepWords {
  /** Short, for the trail. */
  name: string;
  /** The page's heading. */
  heading: string;
  lead: string;
}

export const WORDS: Record<StepKey, StepWords> = {
  account: {
    get name() {
      return t`Account`;
    },
    get heading() {
      return t`Your account is ready`;
    },
    get lead() {
      return t`This one was done the moment you signed up.`;
    },
  },
  profile: {
    get name() {
      return t`Profile`;
    },
    get heading() {
      return t`Tell us about you`;
    },
    get lead() {
      return t`So that colleagues know who is writing, and times are shown in yours.`;
    },
  },
  organization: {
    get name() {
      return t`Organization`;
    },
    get heading() {
      return t`Where do you work?`;
    },
    get lead() {
      return t`We set up your workspace around it.`;
    },
  },
  preferences: {
    get name() {
      return t`Preferences`;
    },
    get heading() {
      return t`Make it yours`;
    },
    get lead() {
      return t`All of this can wait. Skip it if you like.`;
    },
  },
  review: {
    get name() {
      return t`Review`;
    },
    get heading() {
      return t`One last look`;
    },
    get lead() {
      return t`Check what you told us, then finish.`;
    },
  },
};

export function isStepKey(text: string | undefined): text is StepKey {
  return STEP_KEYS.some((key) => key === text);
}

export function stepOf(state: Onboarding, key: StepKey): OnboardingStep | undefined {
  return state.steps.find((step) => step.key === key);
}

export function isDone(step: OnboardingStep | undefined): boolean {
  return step?.status === 'completed' || step?.status === 'skipped';
}

/** Where a person goes on: the first step that is neither done nor skipped. */
export function firstOpen(state: Onboarding): StepKey {
  return STEP_KEYS.find((key) => !isDone(stepOf(state, key))) ?? 'review';
}

/** Required steps that keep the review from being finished. */
export function openBeforeReview(state: Onboarding): StepKey[] {
  return STEP_KEYS.filter((key) => {
    const step = stepOf(state, key);
    return key !== 'review' && step?.required === true && !isDone(step);
  });
}

export function nextOf(key: StepKey): StepKey {
  return STEP_KEYS[Math.min(STEP_KEYS.indexOf(key) + 1, STEP_KEYS.length - 1)] ?? 'review';
}

export function previousOf(key: StepKey): StepKey | undefined {
  return STEP_KEYS[STEP_KEYS.indexOf(key) - 1];
}

/** How many of the steps are done. What was skipped is not. */
export function countDone(state: Onboarding): number {
  return STEP_KEYS.filter((key) => stepOf(state, key)?.status === 'completed').length;
}

export function skippedOf(state: Onboarding): StepKey[] {
  return STEP_KEYS.filter((key) => stepOf(state, key)?.status === 'skipped');
}

/** How far along the path one is, from 0 to 1: done or skipped, it lies behind. */
export function shareBehind(state: Onboarding): number {
  const behind = STEP_KEYS.filter((key) => isDone(stepOf(state, key))).length;
  return (behind - 1) / (STEP_KEYS.length - 1);
}
