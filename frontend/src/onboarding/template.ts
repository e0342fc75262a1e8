import type { Onboarding } from '../api/types';
import type { TemplateBody, TemplateConditionBody, TemplateFieldBody, TemplateStepBody } from '../generated';

// What the person's onboarding asks: the service's own description of it (docs/templates.md), which nothing here repeats.

export type Field = TemplateFieldBody;
export type Condition = TemplateConditionBody;

/** A text by language. */
export type Texts = Readonly<Record<string, string>>;

/** A step as the person's template describes it; nothing where the template has none of that name. */
export function askedIn(state: Onboarding, key: string): TemplateStepBody | undefined {
  return state.template.steps?.find((step) => step.key === key);
}

export function fieldsOf(state: Onboarding, key: string): readonly Field[] {
  return askedIn(state, key)?.fields ?? [];
}

export function isSameTemplate(a: TemplateBody, b: TemplateBody): boolean {
  return a.key === b.key && a.version === b.version;
}

/** Whether the state says what is asked. Answers to changes only name the template. */
export function isWhole(state: Onboarding): boolean {
  return state.template.steps !== undefined;
}
