import { plural, t } from '@lingui/core/macro';
import { formatDate, formatNumber } from '../ui/format';
import { withScheme } from './scheme';
import type { Field } from './template';

/** What a form holds for a field. A whole number is a text until it is one. */
export type Value = string | boolean | string[];

/** How one type of field is shown, read, and judged before the service judges it. */
interface Kind {
  /** What the form shows where nothing was answered. */
  blank: (field: Field) => Value;
  /** An answer as the form shows it; nothing where it is of another type. */
  shown: (answer: unknown) => Value | undefined;
  /** What the form holds as an answer; nothing where it was left blank. */
  answer: (value: Value) => unknown;
  /** What is wrong with an answer. */
  flaw: (answer: unknown, field: Field) => string | undefined;
  /** Makes of what was typed what was meant. */
  tidy?: (text: string) => string;
}

const trimmed = (value: Value): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;

/** What all types have in common whose answer is a string. */
const STRING = {
  blank: () => '',
  shown: (answer: unknown) => (typeof answer === 'string' ? answer : undefined),
  answer: trimmed,
};

const text: Kind = {
  ...STRING,
  flaw: (answer, { min_length: min = 0, max_length: max = Infinity }) => {
    const length = Array.from(String(answer)).length;
    if (length > max) return t`Please keep this to ${max} characters.`;
    return length < min ? t`Use at least ${min} characters.` : undefined;
  },
};

const url: Kind = {
  ...STRING,
  tidy: withScheme,
  flaw: (answer) => {
    const address = String(answer);
    const parsed = URL.canParse(address) ? new URL(address) : undefined;
    const isFine =
      /^https?:$/.test(parsed?.protocol ?? '') && new TextEncoder().encode(address).length <= 2048;
    return isFine ? undefined : t`Use a full address, like https://example.com.`;
  },
};

const email: Kind = {
  ...STRING,
  flaw: (answer) =>
    /^[^\s@]+@[^\s@]+$/.test(String(answer)) ? undefined : t`Use an address like name@example.com.`,
};

const date: Kind = {
  ...STRING,
  flaw: (answer, { min, max }) => {
    const day = String(answer);
    const isDay = /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(day));
    const [first, last] = [limit(min), limit(max)];
    if (!isDay) return t`Give a day with month and year.`;
    // Written so, days are in the order of their texts.
    if (first && day < first) {
      const from = formatDate(first);
      return t`The earliest day is ${from}.`;
    }
    if (last && day > last) {
      const to = formatDate(last);
      return t`The latest day is ${to}.`;
    }
    return undefined;
  },
};

const limit = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const integer: Kind = {
  blank: () => '',
  // What is no number yet is kept as it was typed.
  shown: (answer) => (typeof answer === 'number' || typeof answer === 'string' ? String(answer) : undefined),
  answer: (value) => {
    const typed = trimmed(value);
    const number = Number(typed);
    return typed !== undefined && /^[+-]?\d+$/.test(typed) && Number.isSafeInteger(number) ? number : typed;
  },
  flaw: (answer, { min, max }) => {
    if (typeof answer !== 'number') return t`Use a whole number.`;
    if (typeof min === 'number' && answer < min) {
      const least = formatNumber(min);
      return t`The least is ${least}.`;
    }
    if (typeof max === 'number' && answer > max) {
      const most = formatNumber(max);
      return t`The most is ${most}.`;
    }
    return undefined;
  },
};

const boolean: Kind = {
  // Whoever has to say yes or no is not given one of them.
  blank: ({ required }) => (required ? '' : false),
  shown: (answer) => (typeof answer === 'boolean' ? answer : undefined),
  answer: (value) => (typeof value === 'boolean' ? value : undefined),
  flaw: () => undefined,
};

const consent: Kind = {
  blank: () => false,
  shown: (answer) => (typeof answer === 'boolean' ? answer : undefined),
  // What is not given is no answer: one that is refused would keep the step open.
  answer: (value) => (value === true ? true : undefined),
  flaw: () => undefined,
};

const choice: Kind = {
  ...STRING,
  flaw: (answer, field) => (isOffered(String(answer), field) ? undefined : t`Choose one of these.`),
};

const choices: Kind = {
  blank: () => [],
  shown: (answer) => (Array.isArray(answer) ? answer.filter((one) => typeof one === 'string') : undefined),
  answer: (value) => (Array.isArray(value) && value.length > 0 ? value : undefined),
  flaw: (answer, field) => {
    const chosen = Array.isArray(answer) ? answer : [];
    if (!chosen.every((one) => isOffered(String(one), field))) return t`Choose of these.`;
    const { min, max } = field;
    if (typeof min === 'number' && chosen.length < min) {
      return plural(min, { one: 'Choose at least one.', other: 'Choose at least #.' });
    }
    if (typeof max === 'number' && chosen.length > max) {
      return plural(max, { one: 'Choose one at most.', other: 'Choose # at most.' });
    }
    return undefined;
  },
};

/** Whether the template's own list has it. What other lists have is for the service to say. */
const isOffered = (value: string, field: Field): boolean =>
  field.choices?.some((one) => one.value === value) ?? true;

const KINDS: Record<string, Kind> = {
  text,
  url,
  email,
  date,
  integer,
  boolean,
  consent,
  choice,
  choices,
};

/** How a field is shown, read and judged; one of a type that the page does not know, as a text. */
export function kindOf({ type }: Field): Kind {
  return KINDS[type] ?? text;
}
