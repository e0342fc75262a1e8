import { t } from '@lingui/core/macro';
import type { Onboarding } from '../api/types';
import { fieldWords as serviceWords } from '../api/words';
import { builtInField } from './built-in';
import { isBlank, visibleFields } from './conditions';
import { kindOf, type Value } from './kinds';
import type { StepData } from './steps';
import { type Field, fieldsOf } from './template';

/** Messages by field; what belongs to no field comes under `''`. */
export type FieldErrors = Record<string, string>;
export type Values = Record<string, Value>;

/** What a form shows for each field: what is held, else what it starts with. */
export function valuesOf(fields: readonly Field[], data: StepData, initial: Partial<Values> = {}): Values {
  const entries = fields.map((field) => {
    const kind = kindOf(field);
    return [field.key, kind.shown(data[field.key]) ?? initial[field.key] ?? kind.blank(field)] as const;
  });
  return Object.fromEntries(entries);
}

/** Form values laid over what is stored: what was left blank is left out, what the form does not show is kept. */
export function toData(fields: readonly Field[], stored: StepData, values: Partial<Values>): StepData {
  const laid = Object.fromEntries(Object.entries(stored).filter(([, value]) => !isBlank(value)));
  for (const field of fields) {
    const kind = kindOf(field);
    const value = values[field.key];
    if (value === undefined) continue;
    const answer = kind.answer(value);
    if (answer !== undefined) laid[field.key] = answer;
    // An answer of another type cannot be shown: nobody has cleared it.
    else if (kind.shown(stored[field.key]) !== undefined) delete laid[field.key];
  }
  return laid;
}

/** The members that mean something else than what was typed, as they are meant. */
export function tidied(fields: readonly Field[], values: Values): Record<string, string> {
  const meant: Record<string, string> = {};
  for (const field of fields) {
    const [tidy, value] = [kindOf(field).tidy, values[field.key]];
    if (tidy && typeof value === 'string' && tidy(value) !== value) meant[field.key] = tidy(value);
  }
  return meant;
}

/** Why a step cannot be completed without an answer; nothing where it can. */
export function needed(state: Onboarding, step: string, field: Field): string | undefined {
  const own = builtInField(state, step, field)?.needed;
  if (own !== undefined || !field.required) return own;
  return field.type === 'consent' ? t`Please accept this to go on.` : t`This is needed.`;
}

/** Messages for all that keeps the step from being completed. */
export function missing(state: Onboarding, step: string, data: StepData): FieldErrors {
  return collect(visibleFields(state, step, data), data, (field) => needed(state, step, field));
}

/** Messages for what was given and is not acceptable. */
export function malformed(state: Onboarding, step: string, data: StepData): FieldErrors {
  return collect(visibleFields(state, step, data), data, () => undefined);
}

/** The part of a draft that the service would take: half-typed members stay here, and there what is stored of them. */
export function sendable(state: Onboarding, step: string, data: StepData, stored: StepData = {}): StepData {
  // What is not shown for now is no reason to refuse the rest.
  const odd = collect(fieldsOf(state, step), data, () => undefined);
  const fine = Object.entries(data).filter(([field]) => !(field in odd));
  const kept = Object.keys(odd).filter((field) => stored[field] !== undefined);
  return Object.fromEntries([...fine, ...kept.map((field) => [field, stored[field]] as const)]);
}

/** Messages of the service by field of the form. */
export function fromService(
  visible: readonly Field[],
  errors: Readonly<Record<string, readonly string[]>>,
): FieldErrors {
  const mapped: FieldErrors = {};
  for (const [path, messages] of Object.entries(errors)) {
    const name = path.replace(/^\/?data[./]/, '');
    const field = visible.some(({ key }) => key === name) ? name : '';
    mapped[field] = [mapped[field], serviceWords(messages)].filter(Boolean).join(' ');
  }
  return mapped;
}

function collect(
  fields: readonly Field[],
  data: StepData,
  whereBlank: (field: Field) => string | undefined,
): FieldErrors {
  const errors: FieldErrors = {};
  for (const field of fields) {
    const answer = data[field.key];
    const isOpen = isBlank(answer) || (field.type === 'consent' && answer !== true);
    const message = isOpen ? whereBlank(field) : kindOf(field).flaw(answer, field);
    if (message !== undefined) errors[field.key] = message;
  }
  return errors;
}
