import type { Messages } from '@lingui/core';
import { type Locale, PSEUDO } from './languages';

const FILES = import.meta.glob<{ messages: Messages }>('../locales/*/*.po');

/** What has a catalogue of its own: `main`, and each folder of pages (`lingui.config.ts`). */
export type Area = string;

/** The words of one area in one language. */
export async function readCatalogue(area: Area, locale: Locale): Promise<Messages> {
  const file = FILES[`../locales/${area}/${locale === PSEUDO ? 'en' : locale}.po`];
  if (!file) throw new Error(`${area} has no words`);
  if (locale !== PSEUDO) return (await file()).messages;
  const [{ messages }, { pseudoMessages }] = await Promise.all([file(), import('./pseudo')]);
  return pseudoMessages(messages);
}
