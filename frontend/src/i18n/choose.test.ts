import { describe, expect, test } from 'vitest';
import { chooseLocale } from './choose';

describe('the language of a visit', () => {
  test.each([
    ['English, where nothing is known', {}, 'en'],
    ['the first of the browser’s that the page knows', { browser: ['fr-FR', 'de-AT', 'en'] }, 'de'],
    ['what was chosen in this browser, before that', { stored: 'en', browser: ['de'] }, 'en'],
    ['the account’s, before that', { account: 'de-CH', stored: 'en', browser: ['en'] }, 'de'],
    ['what the address asks for, before all', { asked: 'en', account: 'de', stored: 'de' }, 'en'],
    [
      'nothing of a language that the page does not know',
      { asked: 'fr', account: 'it', browser: ['de'] },
      'de',
    ],
    ['the pseudo-locale, where it is asked for', { asked: 'pseudo', account: 'de' }, 'en-XA'],
    ['the pseudo-locale, until another is asked for', { stored: 'en-XA', account: 'de' }, 'en-XA'],
    ['another, after the pseudo-locale', { asked: 'de', stored: 'en-XA' }, 'de'],
  ])('%s', (_, wishes, locale) => {
    expect(chooseLocale({ browser: [], ...wishes })).toBe(locale);
  });
});
