import { type Locale, languageOf, PSEUDO } from './languages';

export interface Wishes {
  /** `?lang=` of the address. */
  asked?: string | null | undefined;
  /** What the account says. */
  account?: string | null | undefined;
  /** What was chosen in this browser. */
  stored?: string | null | undefined;
  /** The browser's languages, the favourite first. */
  browser: readonly string[];
}

/**
 * The language that the page speaks: what the address asks for, else the account's, else this browser's choice, else
 * the first of the browser's languages that the page knows, else English. The pseudo-locale stays until another
 * language is asked for.
 */
export function chooseLocale({ asked, account, stored, browser }: Wishes): Locale {
  if (asked === 'pseudo') return PSEUDO;
  const byAddress = languageOf(asked);
  if (byAddress) return byAddress;
  if (stored === PSEUDO) return PSEUDO;
  const wishes = [account, stored, ...browser].map(languageOf);
  return wishes.find((language) => language !== undefined) ?? 'en';
}
