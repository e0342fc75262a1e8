import type { Onboarding } from '../api/types';
import { type Draft, type GoneText, type LeftText, nameIn } from './drafts';
import { same } from './merge';
import { type StepData, stepOf } from './steps';
import { fieldsOf } from './template';

/** The members that were typed and answer no question of the step by now, for all that the state says. */
function goneMembers(state: Onboarding, key: string, { data, base }: Draft): string[] {
  const asked = new Set(fieldsOf(state, key).map((field) => field.key));
  const stored = stepOf(state, key)?.data ?? {};
  return Object.keys(data).filter(
    (member) =>
      !asked.has(member) &&
      !same(data[member], base[member]) &&
      !same(data[member], stored[member]) &&
      // A switch that nobody has touched.
      !(data[member] === false && base[member] === undefined),
  );
}

/** Whether a draft has text that can be sent no more: its step is gone, or a question of it. */
export function isGone(state: Onboarding, key: string, draft: Draft): boolean {
  return stepOf(state, key) === undefined || goneMembers(state, key, draft).length > 0;
}

/** Such text of a draft, and what is left of the draft; nothing where all of it is gone. */
export function typedTo(
  state: Onboarding,
  key: string,
  draft: Draft,
): { texts: GoneText[]; rest: Draft | undefined } {
  const members = goneMembers(state, key, draft);
  const texts = members.map((member) => ({ name: nameIn(draft, member), text: draft.data[member] }));
  if (stepOf(state, key) === undefined) return { texts, rest: undefined };
  const data: StepData = Object.fromEntries(
    Object.entries(draft.data).filter(([member]) => !members.includes(member)),
  );
  // What is being tried is of the questions of before.
  const { tried: _, ...kept } = draft;
  return { texts, rest: same(data, draft.base) ? undefined : { ...kept, data } };
}

/** What closed tabs have left for a step, by whether it is still asked. */
export function byWhetherAsked(
  state: Onboarding,
  key: string,
  left: readonly LeftText[],
): { asked: LeftText[]; gone: GoneText[] } {
  const fields = new Set(fieldsOf(state, key).map((field) => field.key));
  const isAsked = ({ field }: LeftText): boolean => fields.has(field);
  return {
    asked: left.filter(isAsked),
    gone: left.filter((text) => !isAsked(text)).map(({ field, text, name = field }) => ({ name, text })),
  };
}
