import type { StaticData } from '../../api/types';
import type { SearchOption } from '../../ui/search-options';
import { COUNTRY_NAMES, RARE_COUNTRIES } from './country-names';
import { currentZone, ZONE_NAMES } from './zone-names';

export interface Option {
  value: string;
  label: string;
}

/** Countries by name, as they are read; found by what people call them, in their own language, too. */
export function countryOptions(data: StaticData | undefined): SearchOption[] {
  const options = (data?.countries ?? []).map(({ code, name }) => ({
    value: code,
    label: name,
    names: [code, ...listed(COUNTRY_NAMES[code]), ...ownName(code)],
    rare: RARE_COUNTRIES.has(code),
  }));
  return options.toSorted((a, b) => a.label.localeCompare(b.label));
}

/**
 * Time zones by region and city, found by abbreviation, country and larger cities, too. Names without a region are old
 * spellings of others (`GB`, `EST5EDT`), but UTC.
 */
export function zoneOptions(data: StaticData | undefined): SearchOption[] {
  const countries = countriesByZone(data);
  return (data?.time_zones ?? [])
    .filter((name) => name === 'UTC' || (name.includes('/') && !/^(Etc|SystemV|US)\//.test(name)))
    .map((name) => {
      const label = name.replaceAll('_', ' ').replaceAll('/', ' / ');
      const city = label.split(' / ').at(-1) ?? label;
      // Whoever has it keeps it; whoever looks for one finds it by its name of today.
      if (currentZone(name) !== name) return { value: name, label, rare: true };
      return {
        value: name,
        label,
        names: [city, ...listed(ZONE_NAMES[name]), ...(countries.get(name) ?? [])],
      };
    });
}

/** Names of countries for each zone, where the browser knows which zones a country has. */
function countriesByZone(data: StaticData | undefined): Map<string, string[]> {
  const countries = new Map<string, string[]>();
  for (const { code, name } of data?.countries ?? []) {
    for (const zone of zonesOf(code).map(currentZone)) {
      countries.set(zone, [...(countries.get(zone) ?? []), name]);
    }
  }
  return countries;
}

interface ZonedLocale extends Intl.Locale {
  getTimeZones?: () => string[] | undefined;
  timeZones?: string[];
}

function zonesOf(code: string): readonly string[] {
  const locale: ZonedLocale = new Intl.Locale(`und-${code}`);
  return locale.getTimeZones?.() ?? locale.timeZones ?? [];
}

const listed = (names: string | undefined): string[] => names?.split(', ') ?? [];

function ownName(code: string): string[] {
  const name = NAMES.of(code);
  return name === undefined || name === code ? [] : [name];
}
const NAMES = new Intl.DisplayNames(navigator.language, { type: 'region' });

export function labelOf(options: readonly Option[], value: unknown): string {
  return options.find((option) => option.value === value)?.label ?? (typeof value === 'string' ? value : '');
}
