import { i18n } from '@lingui/core';

/** How dates and numbers are written: as `locale` does, else as usual for the language of the page where the person is. */
const writing = (locale: string | undefined): string | string[] => locale ?? i18n.locales ?? i18n.locale;

/** A day in words, in the person's own way of writing dates. */
export function formatDay(time: string, locale?: string): string {
  return new Intl.DateTimeFormat(writing(locale), { dateStyle: 'long' }).format(new Date(time));
}

/** A day as it is written in data (`2026-11-28`), wherever one is. */
export function formatDate(day: string, locale?: string): string {
  return new Intl.DateTimeFormat(writing(locale), { dateStyle: 'long', timeZone: 'UTC' }).format(
    Date.parse(day),
  );
}

export function formatNumber(number: number, locale?: string): string {
  return new Intl.NumberFormat(writing(locale)).format(number);
}

/** How dates and numbers look in `locale`, as an example to choose by. */
export function sampleOf(locale: string): string {
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(
    Date.UTC(2026, 11, 31),
  );
  return `${day} · ${new Intl.NumberFormat(locale).format(1234567.8)}`;
}

/** A day and a time of it, short. */
export function formatMoment(time: string, locale?: string): string {
  const style = { dateStyle: 'medium', timeStyle: 'short' } as const;
  return new Intl.DateTimeFormat(writing(locale), style).format(new Date(time));
}

/** “One, two and three”. */
export function formatList(items: readonly string[]): string {
  return new Intl.ListFormat(i18n.locale, { type: 'conjunction' }).format(items);
}
