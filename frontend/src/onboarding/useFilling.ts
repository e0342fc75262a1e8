import type { UseFormReturnType } from '@mantine/form';
import { useEffect, useRef } from 'react';
import { useStore } from '../app/store';
import { same } from './merge';
import { toData } from './specs';
import type { StepData, StepKey } from './steps';
import { useWizard } from './WizardProvider';

export type Values = Record<string, string | boolean>;

/**
 * Fills a form when it opens, and again when the service or a closed tab has something new for it. What was typed here
 * and is not stored yet stays where it is: new text is laid around it.
 */
export function useFilling<V extends Values>(
  key: StepKey,
  stored: StepData,
  empty: V,
  form: UseFormReturnType<V>,
): { noteTyped: (values: V, before: V) => boolean } {
  const { wizard } = useWizard();
  const adopted = useStore(wizard.adopted);
  const text = JSON.stringify(stored);
  const filling = useRef(false);
  /** What the form was filled with last, and of what: nothing before it was. */
  const last = useRef<{ data: StepData; adopted: number }>(undefined);
  const typed = useRef(new Set<string>());

  const fill = (data: StepData): void => {
    const values = valuesOf(empty, data);
    // Untouched where nothing is new: filling a form takes its messages away.
    if (same(form.getValues(), values)) return;
    filling.current = true;
    form.setValues(values);
    filling.current = false;
  };
  useEffect(() => {
    const before = last.current;
    const opens = before === undefined || before.adopted !== adopted;
    const there = toData(stored, valuesOf(empty, stored));
    const shown = toData(before?.data ?? {}, form.getValues());
    const data = opens
      ? wizard.open(key, stored, before !== undefined)
      : wizard.arrive(key, { filled: before.data, shown, stored, there, typed: typed.current });
    // What an earlier life of this page has left unsent was typed, too.
    if (opens && wizard.hasDraft(key)) {
      for (const field of Object.keys(data)) if (!same(data[field], stored[field])) typed.current.add(field);
    }
    fill(data);
    last.current = { data: there, adopted };
    // oxlint-disable-next-line react/exhaustive-deps -- the text stands for `stored`; `fill` is new on each render
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

function valuesOf<V extends Values>(empty: V, data: StepData): V {
  const known = Object.entries(empty).map(([field, blank]) => {
    const value = data[field];
    return [field, typeof value === typeof blank ? value : blank];
  });
  return Object.fromEntries(known) as V;
}
