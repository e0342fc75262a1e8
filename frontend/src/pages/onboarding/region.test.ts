import { expect, test } from 'vitest';
import { ownCountry } from './region';

test.each([
  ['the country that a language names, where the zone is there', 'Europe/London', ['en-GB'], 'GB'],
  ['the country in which a language is at home', 'Europe/Berlin', ['de'], 'DE'],
  ['the second language’s, where only that fits', 'Europe/Vienna', ['en-US', 'de-AT'], 'AT'],
  ['nothing, where language and zone contradict each other', 'Asia/Tokyo', ['en-GB'], undefined],
  ['the zone by its name of today', 'Asia/Kolkata', ['hi'], 'IN'],
])('the own country is %s', (_, zone, languages, country) => {
  expect(ownCountry(zone, languages)).toBe(country);
});
