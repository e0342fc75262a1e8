import { expect, test } from 'vitest';
import { ApiError, Unreachable } from './problem';
import { i18n } from '@lingui/core';
import { readCatalogue } from '../i18n/catalogues';
import { asSentence, failureOf, fieldWords, waitOf } from './words';

const refusal = (status: number, detail: string, headers = {}): ApiError =>
  new ApiError(status, { detail, request_id: 'r-1' }, new Headers(headers));

test('what the service says becomes a sentence', () => {
  expect(asSentence('must be at least 8 characters long')).toBe('Must be at least 8 characters long.');
  expect(failureOf(refusal(409, 'another account has it'))).toEqual({
    words: 'Another account has it.',
    requestId: 'r-1',
    outage: false,
    wait: undefined,
  });
});

test('an outage says what to do once it is over, and that it may pass', () => {
  expect(failureOf(new Unreachable(undefined), 'Press Finish again.')).toMatchObject({
    words: 'We could not reach the service. Press Finish again.',
    outage: true,
  });
});

test('too many tries say how long to wait', () => {
  expect(failureOf(refusal(429, '', { 'retry-after': '7' }))).toMatchObject({
    words: 'There were many tries in a short time. Please try again in 7 seconds.',
    outage: false,
    wait: 7,
  });
  expect([waitOf(undefined), waitOf(1), waitOf(91)]).toEqual(['in a moment', 'in a second', 'in 2 minutes']);
});

test('a mistake of this page has no words of its own: the error page tells of it', () => {
  expect(failureOf(new TypeError('x is undefined'))).toBeUndefined();
});

test('in German, what the service says in English is said in German', async () => {
  i18n.loadAndActivate({ locale: 'de', messages: await readCatalogue('main', 'de') });
  const refused = new ApiError(409, { code: 'odd', detail: 'that is odd' }, new Headers());
  expect(failureOf(refused)?.words).toBe('Der Dienst hat das nicht angenommen.');
  expect(fieldWords(['is required'])).toBe('Das wird gebraucht.');
  expect(fieldWords(['must be at most 2000 characters long'])).toBe('Bitte höchstens 2000 Zeichen.');
  expect(fieldWords(['must be odd', 'must be even'])).toBe('Bitte prüfen Sie das.');
  expect(waitOf(1)).toBe('in einer Sekunde');
  expect(waitOf(200)).toBe('in 4 Minuten');
});
