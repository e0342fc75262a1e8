import { QueryClient } from '@tanstack/react-query';
import { beforeEach, expect, test } from 'vitest';
import { signUp } from '../session/account';
import { service } from '../test/network';
import { ADA, connect } from '../test/person';
import { onboardingQuery } from './queries';
import { readAhead } from './read-ahead';

const reads = (): number => service.requests.filter(({ path }) => path === '/api/onboarding').length;
const read = (userId: string) => new QueryClient().fetchQuery(onboardingQuery(userId));

beforeEach(connect);

test('the page takes what was asked for ahead, once', async () => {
  const { id } = await signUp(ADA);
  readAhead(id);
  const state = await read(id);
  expect(state.steps.length).toBeGreaterThan(0);
  expect(reads()).toBe(1);
  expect(await read(id)).toEqual(state);
  expect(reads()).toBe(2);
});

test('what was asked for somebody else is not taken', async () => {
  const { id } = await signUp(ADA);
  readAhead('somebody else');
  await read(id);
  expect(reads()).toBe(2);
});
