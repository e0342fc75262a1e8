import { QueryClient } from '@tanstack/react-query';
import { beforeEach, expect, test } from 'vitest';
import type { Onboarding } from '../api/types';
import { restore, signOut, signUp } from '../session/account';
import { dismiss, session } from '../session/session';
import { service } from '../test/network';
import { ADA, connect } from '../test/person';
import { onboardingQuery } from './queries';
import { readAhead } from './read-ahead';

const reads = (): number => service.requests.filter(({ path }) => path === '/api/onboarding').length;
const read = (userId: string): Promise<Onboarding> => new QueryClient().fetchQuery(onboardingQuery(userId));

/** What is left after a reload: the cookie and the storage. */
function reload(): void {
  dismiss();
  session.set({ phase: 'restoring' });
}

/** The id of whoever comes next, as a page learns of it that is drawn at once. */
function personToCome(): Promise<string> {
  return new Promise((resolve) => {
    const stop = session.subscribe(() => {
      const now = session.get();
      if (now.phase !== 'person') return;
      stop();
      resolve(now.user.id);
    });
  });
}

beforeEach(async () => {
  connect();
  await signUp(ADA);
  reload();
});

test('the first page to ask takes the answer, however early, and later ones get a newer one', async () => {
  readAhead();
  const first = personToCome().then(read);
  await restore();
  const state = await first;
  expect(state.steps.length).toBeGreaterThan(0);
  expect(reads()).toBe(1);
  const now = session.get();
  expect(await read(now.phase === 'person' ? now.user.id : '')).toEqual(state);
  expect(reads()).toBe(2);
});

test('what was asked for somebody else is not taken', async () => {
  readAhead();
  await restore();
  await signOut();
  const { id } = await signUp({ ...ADA, email: 'grace@example.com' });
  await read(id);
  expect(reads()).toBe(2);
});

test('whoever is not here has nothing read, and neither has the one who comes then', async () => {
  service.cookie = undefined;
  readAhead();
  await restore();
  await signUp({ ...ADA, email: 'grace@example.com' });
  expect(reads()).toBe(0);
});
