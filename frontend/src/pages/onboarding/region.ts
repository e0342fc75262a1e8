import { currentZone } from './zone-names';

interface ZonedLocale extends Intl.Locale {
  getTimeZones?: () => string[] | undefined;
  timeZones?: string[];
}

/** The time zones of a country, where the browser knows them. */
export function zonesOf(code: string): readonly string[] {
  const locale: ZonedLocale = new Intl.Locale(`und-${code}`);
  return locale.getTimeZones?.() ?? locale.timeZones ?? [];
}

/** The time zone of this device, by its name of today. */
export function ownZone(): string {
  return currentZone(Intl.DateTimeFormat().resolvedOptions().timeZone);
}

/**
 * The country in which this device most likely is: of those that its languages name (`en-GB`) or are most at home in
 * (`de`), the first one that has its time zone; where the browser does not know zones of countries, the first one that
 * is named. Nothing where they contradict each other: whoever travels is not asked to correct a guess.
 */
export function ownCountry(zone = ownZone(), languages = navigator.languages): string | undefined {
  const named = languages.map((tag) => new Intl.Locale(tag).region);
  const likely = languages.map((tag) => new Intl.Locale(tag).maximize().region);
  const candidates = [...named, ...likely].filter((region) => region !== undefined);
  const zones = candidates.map((region) => zonesOf(region).map(currentZone));
  if (zones.every((each) => each.length === 0)) return named.find((region) => region !== undefined);
  return candidates.find((_, i) => zones[i]?.includes(zone));
}
