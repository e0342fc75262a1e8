import type { Onboarding } from '../api/types';
import { type StepData, stepOf } from './steps';
import { askedIn, type Condition, type Field, fieldsOf } from './template';

/** The answer to a question by its step and field (`profile.country`); nothing where it is not asked, or left blank. */
type AnswerTo = (question: string) => unknown;

/** Left blank, as the service sees it. */
export function isBlank(answer: unknown): boolean {
  return (
    answer === undefined || answer === null || answer === '' || (Array.isArray(answer) && answer.length === 0)
  );
}

/** The fields of a step that are shown, where its form holds `data`. Judged as the service does (docs/templates.md). */
export function visibleFields(state: Onboarding, key: string, data: StepData): Field[] {
  const answerTo = answersIn(state, key, data);
  return fieldsOf(state, key).filter((field) => holds(field.visible_when, answerTo));
}

/** Whether a step is asked, where each step holds what the state says. */
export function applies(state: Onboarding, key: string): boolean {
  return holds(askedIn(state, key)?.applies_when, answersIn(state));
}

/** What is answered so far, with `data` in the place of what the step `key` holds. */
function answersIn(state: Onboarding, key?: string, data?: StepData): AnswerTo {
  // Conditions ask about what comes before them, so that this ends.
  const answerTo: AnswerTo = (question) => {
    const [step = '', name = ''] = question.split('.');
    const field = fieldsOf(state, step).find((each) => each.key === name);
    const held = step === key ? data : stepOf(state, step)?.data;
    const answer = held?.[name];
    const isAsked =
      holds(askedIn(state, step)?.applies_when, answerTo) && holds(field?.visible_when, answerTo);
    return field && isAsked && !isBlank(answer) ? answer : undefined;
  };
  return answerTo;
}

function holds(condition: Condition | undefined, answerTo: AnswerTo): boolean {
  if (!condition) return true;
  const { all, any, field = '', answered, in: oneOf, not_in: noneOf } = condition;
  if (all) return all.every((one) => holds(one, answerTo));
  if (any) return any.some((one) => holds(one, answerTo));
  const answer = answerTo(field);
  if (answered !== undefined) return (answer !== undefined) === answered;
  if (noneOf) return !isOneOf(answer, noneOf);
  return isOneOf(answer, oneOf ?? []);
}

/** Of several that were chosen, one is enough. */
function isOneOf(answer: unknown, values: readonly unknown[]): boolean {
  return Array.isArray(answer) ? answer.some((one) => values.includes(one)) : values.includes(answer);
}
