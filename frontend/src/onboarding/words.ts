import type { Onboarding } from '../api/types';
import { builtInField, builtInStep } from './built-in';
import { said, type Said } from './said';
import { stepOf } from './steps';
import { askedIn, type Field } from './template';

export interface StepWords {
  /** Short, for the trail. */
  name: Said;
  /** The page's heading. */
  heading: Said;
  lead: Said | undefined;
}

/** How a step is called. */
export function stepWords(state: Onboarding, key: string): StepWords {
  const own = builtInStep(state, key);
  if (own) return { name: { text: own.name }, heading: { text: own.heading }, lead: { text: own.lead } };
  const asked = askedIn(state, key);
  const title = asked ? said(asked.title, state.template) : { text: stepOf(state, key)?.title ?? key };
  return { name: title, heading: title, lead: asked?.help && said(asked.help, state.template) };
}

/** The name of a step as a text alone, within a sentence. */
export function stepName(state: Onboarding, key: string): string {
  return stepWords(state, key).name.text;
}

export interface FieldWords {
  label: Said;
  /** What the form asks. */
  question: Said;
  help: Said | undefined;
}

/** How a field is called. */
export function fieldWords(state: Onboarding, step: string, field: Field): FieldWords {
  const own = builtInField(state, step, field);
  if (own) {
    const label = { text: own.label };
    return {
      label,
      question: own.question === undefined ? label : { text: own.question },
      help: own.help === undefined ? undefined : { text: own.help },
    };
  }
  const label = said(field.label, state.template);
  return { label, question: label, help: field.help && said(field.help, state.template) };
}

/** The values that a field's own list has, and what they are called, in its order. */
export function choicesOf(
  state: Onboarding,
  step: string,
  field: Field,
): Array<{ value: string; label: string }> | undefined {
  const own = builtInField(state, step, field)?.choices;
  return field.choices?.map(({ value, label }) => ({
    value,
    label: own?.[value] ?? said(label, state.template).text,
  }));
}

/** The name of a field by its key; the key itself where nothing asks for it. */
export function labelOfField(state: Onboarding, step: string, key: string): string {
  const field = askedIn(state, step)?.fields.find((each) => each.key === key);
  return field ? fieldWords(state, step, field).label.text : key;
}
