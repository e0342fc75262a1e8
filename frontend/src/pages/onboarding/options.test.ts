import { i18n } from '@lingui/core';
import { expect, test } from 'vitest';
import { readCatalogue } from '../../i18n/catalogues';
import { searchOptions } from '../../ui/search-options';
import type { StaticData } from '../../api/types';
import { countryOptions, roleOptions, sizeOptions, zoneOptions } from './options';

const DATA: StaticData = {
  countries: [
    { code: 'AT', name: 'Austria' },
    { code: 'DE', name: 'Germany' },
    { code: 'ZA', name: 'South Africa' },
  ],
  time_zones: ['Europe/Vienna', 'UTC', 'America/Los_Angeles'],
  organization_sizes: [
    { value: '1', label: 'Just me' },
    { value: '9', label: 'Nine' },
  ],
  roles: [{ value: 'support', label: 'Customer support' }],
};

test('what is chosen from is named and sorted in German, and still found in English', async () => {
  i18n.loadAndActivate({ locale: 'de', messages: await readCatalogue('onboarding', 'de') });
  const countries = countryOptions(DATA);
  expect(countries.map(({ label }) => label)).toEqual(['Deutschland', 'Österreich', 'Südafrika']);
  expect(searchOptions(countries, 'germany', 1)[0]?.value).toBe('DE');
  expect(zoneOptions(DATA).map(({ label }) => label)).toEqual([
    'Europa / Vienna',
    'UTC',
    'Amerika / Los Angeles',
  ]);
  expect(searchOptions(zoneOptions(DATA), 'wien', 1)[0]?.value).toBe('Europe/Vienna');
  expect(sizeOptions(DATA).map(({ label }) => label)).toEqual(['Nur ich', 'Nine']);
  expect(roleOptions(DATA).map(({ label }) => label)).toEqual(['Kundendienst']);
});
