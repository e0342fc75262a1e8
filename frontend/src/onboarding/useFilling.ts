import type { UseFormReturnType } from '@mantine/form';
import { useEffect, useRef } from 'react';
import { useStore } from '../app/useStore';
import { toData, type Values, valuesOf } from './checks';
import { same } from './merge';
import type { StepData } from './steps';
import type { Field } from './template';
import { useWizard } from './WizardProvider';

/**
 * Fills a form when it opens, and again when the service or a closed tab has something new for it. What was typed here
 * and is not stored yet stays where it is: new text is laid around it.
 */
export function useFilling(
  key: string,
  fields: readonly Field[],
  stored: StepData,
  initial: Partial<Values>,
  form: UseFormReturnType<Values>,
): { noteTyped: (values: Values, before: Values) => boolean } {
  const { wizard } = useWizard();
  const adopted = useStore(wizard.adopted);
  const text = JSON.stringify(stored);
  const filling = useRef(false);
  /** What the form was filled with last, and of what: nothing before it was. */
  const last = useRef<{ data: StepData; adopted: number }>(undefined);
  const typed = useRef(new Set<string>());

  const fill = (data: StepData): void => {
    const values = valuesOf(fields, data, initial);
    // Untouched where nothing is new: filling a form takes its messages away.
    if (same(form.getValues(), values)) return;
    filling.current = true;
    form.setValues(values);
    filling.current = false;
  };
  useEffect(() => {
    const before = last.current;
    const opens = before === undefined || before.adopted !== adopted;
    const there = toData(fields, stored, valuesOf(fields, stored, initial));
    const shown = toData(fields, before?.data ?? {}, form.getValues());
    const data = opens
      ? wizard.open(key, stored, before !== undefined)
      : wizard.arrive(key, { filled: before.data, shown, stored, there, typed: typed.current });
    // What an earlier life of this page has left unsent was typed, too.
    if (opens && wizard.hasDraft(key)) {
      for (const field of Object.keys(data)) if (!same(data[field], stored[field])) typed.current.add(field);
    }
    fill(data);
    last.current = { data: there, adopted };
    // oxlint-disable-next-line react/exhaustive-deps -- the text stands for `stored`; fields are those of the form's whole life; `fill` is new on each render
  }, [key, text, wizard, adopted]);

  return {
    /** Remembers what the person changes. False where it was this hook that did. */
    noteTyped: (values, before) => {
      if (filling.current) return false;
      for (const field of Object.keys(values)) {
        if (!same(values[field], before[field])) typed.current.add(field);
      }
      return true;
    },
  };
}
