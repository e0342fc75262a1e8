import type { Onboarding, OnboardingStep } from '../api/types';

/** What a step holds: known members by name, and any other as it came. */
export type StepData = Record<string, unknown>;

/** The steps that are asked of the person, in the order of their template. */
export function stepsOf(state: Onboarding): OnboardingStep[] {
  return state.steps.filter((step) => step.applies);
}

export function keysOf(state: Onboarding): string[] {
  return stepsOf(state).map(({ key }) => key);
}

export function stepOf(state: Onboarding, key: string): OnboardingStep | undefined {
  return state.steps.find((step) => step.key === key);
}

export function isDone(step: OnboardingStep | undefined): boolean {
  return step?.status === 'completed' || step?.status === 'skipped';
}

/** The end of the path, where one looks back and finishes. */
export function lastOf(state: Onboarding): string {
  return keysOf(state).at(-1) ?? '';
}

/** Where a person goes on: the first step that is neither done nor skipped. */
export function firstOpen(state: Onboarding): string {
  return stepsOf(state).find((step) => !isDone(step))?.key ?? lastOf(state);
}

/** Required steps that keep the last one from being finished. A skipped one is not done. */
export function openBeforeEnd(state: Onboarding): string[] {
  const last = lastOf(state);
  return stepsOf(state)
    .filter(({ key, required, status }) => required && status !== 'completed' && key !== last)
    .map(({ key }) => key);
}

export function nextOf(state: Onboarding, key: string): string {
  const keys = keysOf(state);
  return keys[keys.indexOf(key) + 1] ?? lastOf(state);
}

export function previousOf(state: Onboarding, key: string): string | undefined {
  const keys = keysOf(state);
  return keys[keys.indexOf(key) - 1];
}

/** How many of the steps are done. What was skipped is not. */
export function countDone(state: Onboarding): number {
  return stepsOf(state).filter(({ status }) => status === 'completed').length;
}

export function skippedOf(state: Onboarding): string[] {
  return stepsOf(state)
    .filter(({ status }) => status === 'skipped')
    .map(({ key }) => key);
}

/** How far along the path one is, from 0 to 1: done or skipped, it lies behind. */
export function shareBehind(state: Onboarding): number {
  const steps = stepsOf(state);
  const behind = steps.filter(isDone).length;
  return steps.length > 1 ? Math.max(behind - 1, 0) / (steps.length - 1) : 1;
}
