import { expect, test } from 'vitest';
import { MAX_ATTEMPTS, type Outcome, retryDelay } from './retry';

const noAnswer: Outcome = { kind: 'no_answer' };
const answer = (status: number, retryAfter?: number): Outcome => ({ kind: 'answer', status, retryAfter });

test.each([
  ['a lost answer is asked for again', { attempt: 1, outcome: noAnswer, repeatable: true }, 300],
  ['with growing patience', { attempt: 3, outcome: noAnswer, repeatable: true }, 1200],
  ['up to a limit of time', { attempt: MAX_ATTEMPTS - 1, outcome: noAnswer, repeatable: true }, 2400],
  ['and of number', { attempt: MAX_ATTEMPTS, outcome: noAnswer, repeatable: true }, undefined],
  ['never without a key', { attempt: 1, outcome: noAnswer, repeatable: false }, undefined],
  ['no instance could take it', { attempt: 1, outcome: answer(503), repeatable: true }, 300],
  ['the balancer found none', { attempt: 1, outcome: answer(502), repeatable: true }, 300],
  ['the service asks for patience', { attempt: 1, outcome: answer(503, 2), repeatable: true }, 2000],
  ['for more than a person has', { attempt: 1, outcome: answer(503, 60), repeatable: true }, undefined],
  ['a broken service is not hammered', { attempt: 1, outcome: answer(500), repeatable: true }, undefined],
  ['a refusal stands', { attempt: 1, outcome: answer(422), repeatable: true }, undefined],
  ['a limit is shown, not waited for', { attempt: 1, outcome: answer(429, 1), repeatable: true }, undefined],
])('%s', (_, tried, expected) => {
  expect(retryDelay(tried, () => 1)).toBe(expected);
});

test('jitter takes off up to a half', () => {
  expect(retryDelay({ attempt: 1, outcome: noAnswer, repeatable: true }, () => 0)).toBe(150);
});
