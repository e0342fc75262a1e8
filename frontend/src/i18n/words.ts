import { i18n } from '@lingui/core';
import { storage } from '../api/storage';
import { LANGUAGE_SLOT } from '../app/slots';
import { type Area, readCatalogue } from './catalogues';
import { chooseLocale, type Wishes } from './choose';
import { directionOf, languageOf, type Locale } from './languages';

/** What has been asked for so far: all of it speaks the language that is chosen. */
const areas = new Map<Area, Promise<void>>();
let wanted: Locale = 'en';

/** Chooses the language for this visit and asks for the words that all pages need. */
export async function startWords(search: string): Promise<void> {
  const asked = new URLSearchParams(search).get('lang');
  const locale = localeNow({ asked });
  if (asked !== null) storage.setItem(LANGUAGE_SLOT, locale);
  wanted = locale;
  areas.clear();
  await wordsOf('main');
  speak(locale);
}

/** Brings the words of an area, once. Whoever shows a page of it waits for them. */
export function wordsOf(area: Area): Promise<void> {
  const known = areas.get(area) ?? bring(area, wanted);
  areas.set(area, known);
  // What failed to load is asked for again by the next try.
  known.catch(() => areas.delete(area));
  return known;
}

/** Changes the language at once, for all that is shown and will be. */
export async function setLocale(locale: Locale): Promise<void> {
  storage.setItem(LANGUAGE_SLOT, locale);
  if (locale === wanted && locale === i18n.locale) return;
  wanted = locale;
  await Promise.all([...areas.keys()].map((area) => bring(area, locale)));
  if (wanted === locale) speak(locale);
}

/** The language that this browser would speak, with what is known of the person. */
export function localeNow(wishes: Omit<Wishes, 'stored' | 'browser'> = {}): Locale {
  return chooseLocale({ ...wishes, stored: storage.getItem(LANGUAGE_SLOT), browser: navigator.languages });
}

async function bring(area: Area, locale: Locale): Promise<void> {
  i18n.load(locale, await readCatalogue(area, locale));
}

function speak(locale: Locale): void {
  i18n.activate(locale, formatsOf(locale));
  document.documentElement.lang = locale;
  document.documentElement.dir = directionOf(locale);
}

/** Dates and numbers are written as the browser's region does, where the browser speaks the language: `en-GB`, `de-AT`. */
function formatsOf(locale: Locale): string {
  return navigator.languages.find((tag) => languageOf(tag) === languageOf(locale)) ?? locale;
}
