import { expect, test } from 'vitest';
import { ApiError, isPassing, retryAfterSeconds, toApiError, Unreachable } from './problem';

test.each([
  ['7', 7],
  ['Thu, 01 Jan 1970 00:01:30 GMT', 90],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['soon', undefined],
])('Retry-After: %s', (value, expected) => {
  expect(retryAfterSeconds(new Headers({ 'retry-after': value }), 0)).toBe(expected);
});

test('an answer that is no problem document still is an error', () => {
  const error = toApiError('<html>Bad Gateway</html>', new Response(null, { status: 502 }));
  expect([error.status, error.code, error.fields]).toEqual([502, 'unknown', {}]);
});

test.each([
  [new Unreachable(undefined), true],
  [new ApiError(503, {}, new Headers()), true],
  [new ApiError(429, {}, new Headers()), true],
  [new ApiError(422, {}, new Headers()), false],
  [new Error('a mistake of ours'), false],
])('%s may pass: %s', (error, expected) => {
  expect(isPassing(error)).toBe(expected);
});
