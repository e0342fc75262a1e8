import { t } from '@lingui/core/macro';
import type { Onboarding, StaticData } from '../../api/types';
import { isBlank, visibleFields } from '../../onboarding/conditions';
import { type StepData, stepOf, stepsOf } from '../../onboarding/steps';
import { type Field, fieldsOf } from '../../onboarding/template';
import { choicesOf, fieldWords } from '../../onboarding/words';
import type { Said } from '../../onboarding/said';
import { formatDate, formatList, formatNumber, sampleOf } from '../../ui/format';
import { labelOf, listedIn } from './options';

/** Something that a person has told. */
export interface Told {
  key: string;
  label: Said;
  /** Readable; empty where nothing was given. */
  answer: string;
}

/** Steps that ask for more than to be agreed to: what one wants to read again. */
export function tellingSteps(state: Onboarding): string[] {
  return stepsOf(state)
    .map(({ key }) => key)
    .filter((key) => fieldsOf(state, key).some(({ type }) => type !== 'consent'));
}

/** What was answered to each question of a step that is asked. */
export function answersOf(state: Onboarding, step: string, lists: StaticData | undefined): Told[] {
  const data: StepData = stepOf(state, step)?.data ?? {};
  return visibleFields(state, step, data).map((field) => ({
    key: field.key,
    label: fieldWords(state, step, field).label,
    answer: readable(state, step, field, data[field.key], lists),
  }));
}

function readable(
  state: Onboarding,
  step: string,
  field: Field,
  answer: unknown,
  lists: StaticData | undefined,
): string {
  if (isBlank(answer)) return '';
  const options = choicesOf(state, step, field) ?? listedIn(field.list ?? field.suggest, lists);
  if (Array.isArray(answer)) return formatList(answer.map((one) => labelOf(options, one)));
  if (field.type === 'date') return dayOf(answer);
  if (step === 'preferences' && field.key === 'locale') return localeSample(answer);
  return typeof answer === 'string' ? labelOf(options, answer) : plainText(answer);
}

function dayOf(answer: unknown): string {
  return typeof answer === 'string' && !Number.isNaN(Date.parse(answer))
    ? formatDate(answer)
    : plainText(answer);
}

/** People know a way of writing by how it looks. */
function localeSample(answer: unknown): string {
  try {
    return sampleOf(String(answer));
  } catch {
    return plainText(answer);
  }
}

/** A value of which nothing else is known, as it is read. */
export function plainText(value: unknown): string {
  if (typeof value === 'boolean') return value ? t`Yes` : t`No`;
  if (typeof value === 'number') return formatNumber(value);
  if (Array.isArray(value)) return formatList(value.map(plainText));
  return typeof value === 'string' ? value.trim() : '';
}
