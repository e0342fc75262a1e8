import { i18n } from '@lingui/core';
import { t } from '@lingui/core/macro';
import type { StaticData } from '../../api/types';
import type { SearchOption } from '../../ui/search-options';
import { COUNTRY_NAMES, RARE_COUNTRIES } from './country-names';
import { zonesOf } from './region';
import { currentZone, ZONE_NAMES } from './zone-names';

export interface Option {
  value: string;
  label: string;
}

/** A list of the service by the name that templates have for it; nothing in one that the page does not know. */
export function listedIn(
  list: string | undefined,
  data: StaticData | undefined,
  locale = i18n.locale,
): SearchOption[] {
  switch (list) {
    case 'countries':
      return countryOptions(data, locale);
    case 'time_zones':
      return zoneOptions(data, locale);
    case 'organization_sizes':
      return sizeOptions(data);
    case 'organization_roles':
      return roleOptions(data);
    default:
      return [];
  }
}

/** Countries by name, as they are read in the language of the page; found by what people call them, in others, too. */
export function countryOptions(data: StaticData | undefined, locale = i18n.locale): SearchOption[] {
  const nameOf = countryNames(locale);
  const options = (data?.countries ?? []).map(({ code, name }) => ({
    value: code,
    label: nameOf(code) ?? name,
    names: [code, name, ...listed(COUNTRY_NAMES[code]), ...ownName(code)],
    rare: RARE_COUNTRIES.has(code),
  }));
  return options.toSorted((a, b) => a.label.localeCompare(b.label, locale));
}

/**
 * Time zones by region and city, found by abbreviation, country and larger cities, too. Names without a region are old
 * spellings of others (`GB`, `EST5EDT`), but UTC.
 */
export function zoneOptions(data: StaticData | undefined, locale = i18n.locale): SearchOption[] {
  const countries = countriesByZone(data, locale);
  const regions = regionNames();
  return (data?.time_zones ?? [])
    .filter((name) => name === 'UTC' || (name.includes('/') && !/^(Etc|SystemV|US)\//.test(name)))
    .map((name) => {
      const [region = '', ...places] = name.replaceAll('_', ' ').split('/');
      const label = [regions[region] ?? region, ...places].join(' / ');
      const city = places.at(-1) ?? label;
      // Whoever has it keeps it; whoever looks for one finds it by its name of today.
      if (currentZone(name) !== name) return { value: name, label, rare: true };
      return {
        value: name,
        label,
        names: [city, ...listed(ZONE_NAMES[name]), ...(countries.get(name) ?? [])],
      };
    });
}

/** Sizes of an organization in the language of the page; what the page does not know, as the service calls it. */
export function sizeOptions(data: StaticData | undefined): Option[] {
  return named(data?.organization_sizes, sizeWords());
}

export const sizeName = (value: string): string => sizeWords()[value] ?? value;

function sizeWords(): Record<string, string> {
  return {
    '1': t`Just me`,
    '2-10': t`2 to 10 people`,
    '11-50': t`11 to 50 people`,
    '51-200': t`51 to 200 people`,
    '201-1000': t`201 to 1,000 people`,
    '1001-5000': t`1,001 to 5,000 people`,
    '5001+': t`More than 5,000 people`,
  };
}

/** Roles in an organization, the same way. */
export function roleOptions(data: StaticData | undefined): Option[] {
  const words: Record<string, string> = {
    founder: t`Founder or owner`,
    executive: t`Executive`,
    engineering: t`Engineering`,
    product: t`Product`,
    design: t`Design`,
    marketing: t`Marketing`,
    sales: t`Sales`,
    support: t`Customer support`,
    operations: t`Operations, finance or people`,
    other: t`Something else`,
  };
  return named(data?.roles, words);
}

const named = (choices: readonly Option[] = [], words: Record<string, string>): Option[] =>
  choices.map(({ value, label }) => ({ value, label: words[value] ?? label }));

/** The parts of the world in names of zones. */
function regionNames(): Record<string, string> {
  return {
    Africa: t`Africa`,
    America: t`America`,
    Antarctica: t`Antarctica`,
    Arctic: t`Arctic`,
    Asia: t`Asia`,
    Atlantic: t`Atlantic`,
    Australia: t`Australia`,
    Europe: t`Europe`,
    Indian: t`Indian Ocean`,
    Pacific: t`Pacific`,
  };
}

/** Names of countries for each zone, where the browser knows which zones a country has. */
function countriesByZone(data: StaticData | undefined, locale: string): Map<string, string[]> {
  const nameOf = countryNames(locale);
  const countries = new Map<string, string[]>();
  for (const { code, name } of data?.countries ?? []) {
    const names = [...new Set([nameOf(code) ?? name, name])];
    for (const zone of zonesOf(code).map(currentZone)) {
      countries.set(zone, [...(countries.get(zone) ?? []), ...names]);
    }
  }
  return countries;
}

const listed = (names: string | undefined): string[] => names?.split(', ') ?? [];

/** The name of a country in the language of the page. */
function countryNames(locale: string): (code: string) => string | undefined {
  const names = new Intl.DisplayNames(locale, { type: 'region', fallback: 'none' });
  return (code) => names.of(code);
}

/** The name of a country in the language of the browser. */
function ownName(code: string): string[] {
  const name = NAMES.of(code);
  return name === undefined || name === code ? [] : [name];
}
const NAMES = new Intl.DisplayNames(navigator.language, { type: 'region' });

export function labelOf(options: readonly Option[], value: unknown): string {
  return options.find((option) => option.value === value)?.label ?? (typeof value === 'string' ? value : '');
}
