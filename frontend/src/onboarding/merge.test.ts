import { expect, test } from 'vitest';
import { merge, same } from './merge';

const base = { job: 'Engineer', country: 'GB' };

test.each([
  ['nothing changed', base, base, { ...base }, [], []],
  ['mine alone', { ...base, job: 'Poet' }, base, { ...base, job: 'Poet' }, [], []],
  ['theirs alone', base, { ...base, country: 'DE' }, { ...base, country: 'DE' }, ['country'], []],
  [
    'each another member',
    { ...base, job: 'Poet' },
    { ...base, bio: 'x' },
    { job: 'Poet', country: 'GB', bio: 'x' },
    ['bio'],
    [],
  ],
  ['both the same', { ...base, job: 'Poet' }, { ...base, job: 'Poet' }, { ...base, job: 'Poet' }, [], []],
  [
    'both, differently',
    { ...base, job: 'Poet' },
    { ...base, job: 'King' },
    { ...base, job: 'Poet' },
    [],
    ['job'],
  ],
  ['they took it away', base, { job: 'Engineer' }, { job: 'Engineer' }, ['country'], []],
  ['I took it away', { job: 'Engineer' }, base, { job: 'Engineer' }, [], []],
])('%s', (_, mine, theirs, data, taken, conflicts) => {
  const merged = merge(base, mine, theirs);
  expect(merged.data).toEqual(data);
  expect(merged.taken).toEqual(taken);
  expect(merged.conflicts.map(({ field }) => field)).toEqual(conflicts);
});

test('the order of members means nothing', () => {
  expect(same({ a: 1, b: { c: 1, d: 2 } }, { b: { d: 2, c: 1 }, a: 1 })).toBe(true);
  expect(same([1, 2], [2, 1])).toBe(false);
});
