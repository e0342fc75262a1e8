import { expect, test } from 'vitest';
import { advise, emailError, nameError } from './credentials';
import { initials } from './PersonMenu';

test.each([
  ['', 'empty', 'Choose a password.'],
  ['1234567', 'short', 'Use at least 8 characters.'],
  ['a'.repeat(129), 'short', 'Use at most 128 characters.'],
  ['Ada@Example.com', 'short', 'Your e-mail address is the first thing anybody would try.'],
  ['aaaaaaaaaaaa', 'weak', undefined],
  ['kitchen7', 'fair', undefined],
  ['correct horse battery', 'strong', undefined],
  ['🐎🔋🪡🐎🔋🪡🥕', 'short', 'Use at least 8 characters.'],
])('the password %s is %s', (password, strength, error) => {
  expect(advise(password, ' ada@example.com ')).toMatchObject({ strength, error });
});

test('what is missing is counted while typing', () => {
  expect(advise('1234567', '').hint).toBe('1 more character to go.');
});

test.each([
  ['', false],
  ['ada', false],
  ['ada@', false],
  ['ada @example.com', false],
  [' ada@example.com ', true],
  ['ada+x@sub.example.co.uk', true],
])('the address %o is fine: %s', (email, fine) => {
  expect(emailError(email) === undefined).toBe(fine);
});

test('a name is anything but nothing', () => {
  expect([nameError(' '), nameError('Q'), nameError('x'.repeat(201))].map(Boolean)).toEqual([
    true,
    false,
    true,
  ]);
});

test.each([
  ['Ada Lovelace', 'AL'],
  ['ada', 'A'],
  ['Juan de la Cruz', 'JC'],
  ['  ', ''],
])('initials of %o', (name, expected) => {
  expect(initials(name)).toBe(expected);
});
