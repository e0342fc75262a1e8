import { queryOptions, useQuery } from '@tanstack/react-query';
import { unwrap } from '../api';
import type { Onboarding } from '../api/types';
import { completeOnboarding, getOnboarding, getStaticData, putStep } from '../generated';
import type { StepChange } from './saver';

/** The person's state. An answer that was overtaken by a newer one never takes its place. */
export function onboardingQuery(userId: string) {
  return queryOptions({
    queryKey: ['onboarding', userId],
    queryFn: ({ signal }) => unwrap(getOnboarding({ signal })),
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

export function put({ key, status, data }: StepChange, version: number): Promise<Onboarding> {
  return unwrap(putStep({ path: { key }, body: { status, data }, headers: { 'If-Match': `"${version}"` } }));
}

export function complete(): Promise<Onboarding> {
  return unwrap(completeOnboarding());
}
