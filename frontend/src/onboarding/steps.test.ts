import { describe, expect, test } from 'vitest';
import type { Onboarding, OnboardingStep } from '../api/types';
import { begun, settled } from '../test/fake-data';
import { guidedTemplate } from '../test/templates';
import {
  countDone,
  firstOpen,
  keysOf,
  nextOf,
  openBeforeEnd,
  previousOf,
  shareBehind,
  skippedOf,
} from './steps';

type Status = OnboardingStep['status'];

/** A state of the built-in onboarding with one status for each step, in order. */
function stateOf(...statuses: Status[]): Onboarding {
  const state = begun();
  for (const [i, step] of state.steps.entries()) step.status = statuses[i] ?? 'not_started';
  return state;
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
    expect(openBeforeEnd(state)).toEqual(required);
  });

  test('steps have neighbours, and two ends', () => {
    const state = stateOf();
    expect(previousOf(state, 'account')).toBeUndefined();
    expect(nextOf(state, 'account')).toBe('profile');
    expect(previousOf(state, 'review')).toBe('preferences');
    expect(nextOf(state, 'review')).toBe('review');
  });

  test('steps that do not apply are not on it, and come onto it by an answer', () => {
    const state = begun(guidedTemplate());
    expect(keysOf(state)).toEqual(['account', 'person', 'work', 'skills', 'team', 'rules']);
    expect(nextOf(state, 'work')).toBe('skills');
    Object.assign(state.steps[2] ?? {}, { status: 'completed', data: { role: 'freelancer' } });
    settled(state);
    expect(nextOf(state, 'work')).toBe('billing');
    expect(previousOf(state, 'skills')).toBe('billing');
    expect(openBeforeEnd(state)).toEqual(['person', 'billing', 'team']);
    Object.assign(state.steps[5] ?? {}, { status: 'skipped' });
    expect([countDone(state), skippedOf(state), shareBehind(state)]).toEqual([2, ['skills'], 2 / 6]);
  });
});
