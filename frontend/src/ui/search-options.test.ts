import { expect, test } from 'vitest';
import { plain, type SearchOption, searchOptions } from './search-options';

const COUNTRIES: SearchOption[] = [
  { value: 'CI', label: "Côte d'Ivoire", names: ['CI', 'Ivory Coast'] },
  { value: 'DE', label: 'Germany', names: ['DE', 'Deutschland'] },
  { value: 'UA', label: 'Ukraine', names: ['UA'] },
  { value: 'GB', label: 'United Kingdom', names: ['GB', 'UK', 'England'] },
  { value: 'UM', label: 'United States Minor Outlying Islands', names: ['UM'], rare: true },
  { value: 'US', label: 'United States of America', names: ['US', 'USA', 'America'] },
];
const first = (query: string): string | undefined => searchOptions(COUNTRIES, query, 10)[0]?.value;

test.each([
  ['united st', 'US'],
  ['uk', 'GB'],
  ['ukr', 'UA'],
  ['usa', 'US'],
  ['u.s.a.', 'US'],
  ['england', 'GB'],
  ['eng', 'GB'],
  ['deutschland', 'DE'],
  ['ivory', 'CI'],
  ['cote', 'CI'],
  ['  GERMANY ', 'DE'],
  ['kingdom', 'GB'],
  ['islands united', 'UM'],
])('%s finds %s first', (query, value) => {
  expect(first(query)).toBe(value);
});

test('nothing fits, everything fits, and no list becomes longer than it may', () => {
  expect(searchOptions(COUNTRIES, 'atlantis', 10)).toEqual([]);
  expect(searchOptions(COUNTRIES, '', 3).map(({ value }) => value)).toEqual(['CI', 'DE', 'UA']);
  expect(searchOptions(COUNTRIES, 'u', 2)).toHaveLength(2);
});

test('accents, punctuation and case do not count', () => {
  expect(plain("Côte d'Ivoire, RÉPUBLIQUE (de)")).toBe('cote d ivoire republique de');
});
