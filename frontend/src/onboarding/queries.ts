import { queryOptions, useQuery } from '@tanstack/react-query';
import { unwrap } from '../api';
import type { Onboarding } from '../api/types';
import { completeOnboarding, getOnboarding, getStaticData, putStep } from '../generated';
import { takeReadAhead } from './read-ahead';
import type { StepChange } from './saver';
import type { StepData } from './steps';

/** The person's state. An answer that was overtaken by a newer one never takes its place. */
export function onboardingQuery(userId: string) {
  return queryOptions({
    queryKey: ['onboarding', userId],
    queryFn: async ({ signal }) =>
      withoutNulls(await unwrap(takeReadAhead(userId) ?? getOnboarding({ signal }))),
    structuralSharing: (known, answer) => newer(known as Onboarding | undefined, answer as Onboarding),
  });
}

export function newer(known: Onboarding | undefined, answer: Onboarding): Onboarding {
  return known && known.version >= answer.version ? known : answer;
}

/** What one chooses from: countries, time zones, sizes and roles. Changes with a release, if ever. */
export function useStaticData() {
  return useQuery({
    queryKey: ['static-data'],
    queryFn: ({ signal }) => unwrap(getStaticData({ signal })),
    staleTime: 60 * 60 * 1000,
  });
}

export async function put(change: StepChange, version: number): Promise<Onboarding> {
  const { key, status } = change;
  const body = { status, data: withNulls(change) };
  return withoutNulls(
    await unwrap(putStep({ path: { key }, body, headers: { 'If-Match': `"${version}"` } })),
  );
}

/** What was cleared is said so: left out, an answer that has come from another step would stay (docs/templates.md). */
function withNulls({ data, base }: StepChange): StepData {
  const cleared = Object.keys(base).filter((field) => !(field in data));
  return { ...data, ...Object.fromEntries(cleared.map((field) => [field, null])) };
}

/** Within the page, what is blank is not there. */
function withoutNulls(state: Onboarding): Onboarding {
  const steps = state.steps.map((step) => ({
    ...step,
    data: Object.fromEntries(Object.entries(step.data).filter(([, value]) => value !== null)),
  }));
  return { ...state, steps };
}

export function complete(): Promise<Onboarding> {
  return unwrap(completeOnboarding());
}
