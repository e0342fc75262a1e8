import { i18n } from '@lingui/core';
import { afterEach, describe, expect, test } from 'vitest';
import { LANGUAGE_SLOT } from '../app/slots';
import { readCatalogue } from './catalogues';
import { setLocale, startWords, wordsOf } from './words';

const root = document.documentElement;

describe('the words of the page', () => {
  afterEach(() => {
    root.lang = 'en';
    root.dir = 'ltr';
  });

  test('a visit speaks what the address asks for, and goes on with it', async () => {
    await startWords('?lang=de');
    expect(i18n.locale).toBe('de');
    expect(root.lang).toBe('de');
    expect(window.localStorage.getItem(LANGUAGE_SLOT)).toBe('de');
    await startWords('');
    expect(i18n.locale).toBe('de');
  });

  test('the pseudo-locale is read from right to left', async () => {
    await startWords('?lang=pseudo');
    expect(root.dir).toBe('rtl');
    await setLocale('en');
    expect(root.dir).toBe('ltr');
  });

  test('a change of language brings the words of every area that is in use', async () => {
    await startWords('?lang=en');
    await wordsOf('account');
    await setLocale('de');
    const [main, account] = await Promise.all([readCatalogue('main', 'de'), readCatalogue('account', 'de')]);
    expect(i18n.messages).toEqual({ ...main, ...account });
  });

  test('an area without words is a fault', async () => {
    await expect(readCatalogue('nowhere', 'de')).rejects.toThrow('nowhere');
  });
});
