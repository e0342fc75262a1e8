import { expect, test } from 'vitest';
import { lasting, percentOf } from './numbers';

test.each([
  [null, '–'],
  [0, '0'],
  [59, '59 sec'],
  [60, '1 min'],
  [3_725, '1 hr 2 min'],
  [90_061, '1 day 1 hr'],
  [864_000, '10 days'],
])('%s seconds are %s', (seconds, words) => {
  expect(lasting(seconds, 'en')).toBe(words);
});

test('units are written in the language of the reader', () => {
  expect(lasting(172_800, 'de')).toBe('2 Tg.');
});

test('a share of nothing is nothing', () => {
  expect(percentOf(0, 0)).toBe(0);
  expect(percentOf(1, 3)).toBe(33);
});
