import type { StaticData } from '../../api/types';

export interface Option {
  value: string;
  label: string;
}

/** Countries by name, as they are read. */
export function countryOptions(data: StaticData | undefined): Option[] {
  const options = (data?.countries ?? []).map(({ code, name }) => ({ value: code, label: name }));
  return options.toSorted((a, b) => a.label.localeCompare(b.label));
}

/**
 * Time zones by region and city. Names without a region are old spellings of others (`GB`, `EST5EDT`), but UTC;
 * the browser's own zone is in the list even if the service does not know it.
 */
export function zoneOptions(data: StaticData | undefined): Option[] {
  return (data?.time_zones ?? [])
    .filter((name) => name === 'UTC' || (name.includes('/') && !/^(Etc|SystemV|US)\//.test(name)))
    .map((name) => ({ value: name, label: name.replaceAll('_', ' ').replaceAll('/', ' / ') }));
}

export function labelOf(options: readonly Option[], value: unknown): string {
  return options.find((option) => option.value === value)?.label ?? (typeof value === 'string' ? value : '');
}
