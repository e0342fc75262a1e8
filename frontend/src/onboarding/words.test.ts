import { i18n } from '@lingui/core';
import { expect, test } from 'vitest';
import { begun } from '../test/fake-data';
import { defaultTemplate, guidedTemplate } from '../test/templates';
import { builtInField, builtInStep } from './built-in';
import { said } from './said';
import { fieldsOf } from './template';
import { fieldWords, stepWords } from './words';

const speak = (locale: string, locales = locale): void =>
  i18n.loadAndActivate({ locale, locales, messages: {} });

test.each([
  ['the language of the page', 'de', 'de', { en: 'Hello', de: 'Hallo' }, { text: 'Hallo', lang: undefined }],
  ['as it is spoken there', 'de', 'de-AT', { de: 'Hallo', 'de-AT': 'Servus' }, { text: 'Servus' }],
  ['as it is spoken elsewhere', 'en', 'en-GB', { 'en-US': 'Hi' }, { text: 'Hi', lang: undefined }],
  ['the template’s first', 'de', 'de', { fr: 'Salut', en: 'Hello' }, { text: 'Hello', lang: 'en' }],
])('a text is in %s', (_, locale, locales, texts, expected) => {
  speak(locale, locales);
  expect(said(texts as never, { key: 'x', version: 1, languages: ['en', 'fr'] })).toMatchObject(expected);
});

test('the page has its own words for every text of the built-in onboarding', () => {
  const state = begun(defaultTemplate());
  for (const { key } of state.steps) {
    expect(builtInStep(state, key)?.of).toBeDefined();
    for (const field of fieldsOf(state, key)) {
      const own = builtInField(state, key, field);
      expect(own?.of).toBe(field.label['en']);
      expect(Object.keys(own?.choices ?? {}).toSorted()).toEqual(
        (field.choices ?? []).map(({ value }) => value).toSorted(),
      );
    }
  }
});

test('other templates speak for themselves, in German, too', () => {
  const state = begun(guidedTemplate());
  speak('de');
  const [field] = fieldsOf(state, 'person');
  expect(stepWords(state, 'person').heading).toMatchObject({ text: 'Zu Ihrer Person' });
  expect(field && fieldWords(state, 'person', field)).toMatchObject({
    label: { text: 'Rufname' },
    help: { text: 'Wie Kolleginnen und Kollegen Sie nennen.' },
  });
});

test('a built-in step that says something else in its template says that', () => {
  const state = begun(structuredClone(defaultTemplate()));
  for (const step of state.template.steps ?? []) step.title = { en: 'Ours' };
  speak('en');
  expect(stepWords(state, 'profile').heading).toEqual({ text: 'Ours', lang: undefined });
});
