import type { ComponentType } from 'react';
import type { Values } from '../../../onboarding/checks';
import type { Field } from '../../../onboarding/template';
import { ownCountry, ownZone } from '../region';
import { LocaleQuestion } from './LocaleQuestion';
import type { Care, QuestionProps } from './question';
import { TermsQuestion } from './TermsQuestion';
import { ThemeQuestion } from './ThemeQuestion';

/** What the page does for a field that it knows, where it is of the type that this is for. */
interface KnownField extends Care {
  isFor: (field: Field) => boolean;
  /** What is filled in already. */
  initial?: () => string;
  Draw?: ComponentType<QuestionProps>;
}

const isText = ({ type }: Field): boolean => type === 'text';

const KNOWN: Record<string, KnownField> = {
  'profile.job_title': { isFor: isText, autoComplete: 'organization-title' },
  'profile.country': { isFor: ({ list }) => list === 'countries', initial: () => ownCountry() ?? '' },
  'profile.time_zone': { isFor: ({ list }) => list === 'time_zones', initial: ownZone },
  'profile.phone': { isFor: isText, type: 'tel', autoComplete: 'tel' },
  'organization.name': { isFor: isText, autoComplete: 'organization' },
  'organization.size': { isFor: ({ suggest }) => suggest === 'organization_sizes', closed: true },
  'organization.role': { isFor: ({ suggest }) => suggest === 'organization_roles', closed: true },
  'organization.website': { isFor: ({ type }) => type === 'url', autoComplete: 'url', wide: false },
  'preferences.locale': { isFor: isText, initial: () => navigator.language, Draw: LocaleQuestion },
  'preferences.theme': {
    isFor: ({ type, choices }) => type === 'choice' && choices !== undefined,
    initial: () => 'system',
    Draw: ThemeQuestion,
  },
};

/** The words with the two links are of the built-in onboarding alone. */
const TERMS = 'review.accepted_terms';

const NO_CARE: KnownField = { isFor: () => true };

export function careFor(step: string, field: Field, isBuiltIn: boolean): KnownField {
  const name = `${step}.${field.key}`;
  if (name === TERMS && isBuiltIn) return { isFor: () => true, Draw: TermsQuestion };
  const known = KNOWN[name];
  return known?.isFor(field) ? known : NO_CARE;
}

/** What the fields of a step show that nothing is known of. */
export function initialOf(step: string, fields: readonly Field[]): Partial<Values> {
  const initial: Partial<Values> = {};
  for (const field of fields) {
    const value = careFor(step, field, false).initial?.();
    if (value !== undefined) initial[field.key] = value;
  }
  return initial;
}
