/** The languages of the page, as they call themselves. */
export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;

/**
 * English with accents, longer, and read from right to left: whoever tests the page sees by it what is not translated,
 * has too little room, or is not mirrored. `?lang=pseudo`; no person is offered it.
 */
export const PSEUDO = 'en-XA';
export type Locale = Language | typeof PSEUDO;

export function isLanguage(tag: string): tag is Language {
  return Object.hasOwn(LANGUAGES, tag);
}

export function directionOf(locale: Locale): 'ltr' | 'rtl' {
  return locale === PSEUDO ? 'rtl' : 'ltr';
}

/** The language of the page that a BCP 47 tag asks for: `de-AT` asks for German. */
export function languageOf(tag: string | null | undefined): Language | undefined {
  const base = tag?.toLowerCase().split('-')[0] ?? '';
  return isLanguage(base) ? base : undefined;
}
