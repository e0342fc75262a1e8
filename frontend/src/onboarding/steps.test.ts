import { describe, expect, test } from 'vitest';
import type { Onboarding, OnboardingStep } from '../api/types';
import { countDone, firstOpen, nextOf, openBeforeReview, previousOf, STEP_KEYS } from './steps';

type Status = OnboardingStep['status'];

/** A state with one status for each step, in order. */
function stateOf(...statuses: Status[]): Onboarding {
  const steps = STEP_KEYS.map((key, i) => ({
    key,
    title: key,
    required: key !== 'preferences',
    applies: true,
    status: statuses[i] ?? 'not_started',
    data: {},
    completed_at: null,
  }));
  const template = { key: 'default', version: 1 };
  return {
    status: 'in_progress',
    progress: 0,
    version: 1,
    completed_at: null,
    activated_at: null,
    template,
    steps,
  };
}

describe('the path', () => {
  test.each([
    [stateOf('completed'), 'profile', 1, ['profile', 'organization']],
    [stateOf('completed', 'in_progress', 'completed'), 'profile', 2, ['profile']],
    [stateOf('completed', 'completed', 'completed'), 'preferences', 3, []],
    [stateOf('completed', 'completed', 'completed', 'skipped'), 'review', 3, []],
    [stateOf('completed', 'completed', 'completed', 'skipped', 'completed'), 'review', 4, []],
  ])('case %#: goes on at %s', (state, open, done, required) => {
    expect(firstOpen(state)).toBe(open);
    expect(countDone(state)).toBe(done);
    expect(openBeforeReview(state)).toEqual(required);
  });

  test('steps have neighbours, and two ends', () => {
    expect(previousOf('account')).toBeUndefined();
    expect(nextOf('account')).toBe('profile');
    expect(previousOf('review')).toBe('preferences');
    expect(nextOf('review')).toBe('review');
  });
});
