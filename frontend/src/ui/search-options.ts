/** Something to choose, and by what it is found. */
export interface SearchOption {
  value: string;
  label: string;
  /** Other names and codes: what people type who mean this. */
  names?: readonly string[] | undefined;
  /** Comes after others that fit as well: few mean it. */
  rare?: boolean;
}

/** How well a text fits what was typed, best first. */
const EXACT = 0;
const LABEL_STARTS = 1;
const NAME_STARTS = 2;
const WORD_STARTS = 3;
const WORDS_START = 4;
const WITHIN = 5;
const NOT = 6;

/** Lower case, without accents and punctuation: as people type. */
export function plain(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/**
 * What fits `query`, what people mean first: a code or name as it was typed, then names that start so, then words in
 * them. At most `limit`, so that no list becomes long.
 */
export function searchOptions<T extends SearchOption>(
  options: readonly T[],
  query: string,
  limit: number,
): T[] {
  const asked = plain(query);
  if (asked === '') return options.slice(0, limit);
  return options
    .map((option, place) => ({ option, place, rank: rankOf(option, asked) }))
    .filter(({ rank }) => rank < NOT)
    .toSorted((a, b) => a.rank - b.rank || a.place - b.place)
    .slice(0, limit)
    .map(({ option }) => option);
}

function rankOf(option: SearchOption, asked: string): number {
  const label = plain(option.label);
  const names = (option.names ?? []).map(plain);
  const best = Math.min(rankOfLabel(label, asked), ...names.map((name) => rankOfName(name, asked)));
  return best + (option.rare && best < NOT ? 0.5 : 0);
}

function rankOfLabel(label: string, asked: string): number {
  if (label === asked) return EXACT;
  return label.startsWith(asked) ? LABEL_STARTS : rankOfWords(label, asked);
}

function rankOfName(name: string, asked: string): number {
  if (name === asked) return EXACT;
  return name.startsWith(asked) ? NAME_STARTS : rankOfWords(name, asked);
}

function rankOfWords(text: string, asked: string): number {
  if (` ${text}`.includes(` ${asked}`)) return WORD_STARTS;
  if (asked.split(' ').every((word) => ` ${text}`.includes(` ${word}`))) return WORDS_START;
  return asked.length > 2 && text.includes(asked) ? WITHIN : NOT;
}
