import { t } from '@lingui/core/macro';
import { useForm } from '@mantine/form';
import { type FocusEvent, type FormEvent, useMemo, useRef, useState } from 'react';
import { ApiError } from '../api/problem';
import type { Onboarding } from '../api/types';
import { failureOf } from '../api/words';
import { focusFirstError } from '../ui/focus';
import { useFailure } from '../ui/useFailure';
import {
  type FieldErrors,
  fromService,
  missing,
  sendable,
  tidied,
  toData,
  type Values,
  valuesOf,
} from './checks';
import { visibleFields } from './conditions';
import { isSilent } from './save-state';
import type { NewStatus, Saved } from './saver';
import { type StepData, stepOf } from './steps';
import { fieldsOf } from './template';
import { useFilling } from './useFilling';
import { fieldWords, stepName } from './words';
import { useWizard } from './WizardProvider';

const NOTHING: StepData = {};

/**
 * A step's form, as the person's template asks: filled from the service and this browser's draft, saved as one goes,
 * finished by `submit`. `initial` is what fields show that nothing is known of. It lives as long as the template does.
 */
export function useStepForm(key: string, initial: Partial<Values> = {}) {
  const { wizard, state } = useWizard();
  const [busy, setBusy] = useState(false);
  const { failure, fail, say } = useFailure();
  const formRef = useRef<HTMLFormElement>(null);
  const fields = fieldsOf(state, key);
  const stored = stepOf(state, key)?.data ?? NOTHING;
  const onTyped = useRef<(values: Values, before: Values) => void>(() => undefined);
  const form = useForm<Values>({
    initialValues: valuesOf(fields, {}, initial),
    onValuesChange: (values, before) => onTyped.current(values, before),
  });
  const names = useNames(state, key);
  const filling = useFilling(key, fields, stored, initial, form);
  onTyped.current = (values, before) => {
    if (!filling.noteTyped(values, before)) return;
    say(undefined);
    wizard.keep(key, toData(fields, stored, values), stored, names);
  };
  const held = toData(fields, stored, form.getValues());
  const visible = visibleFields(state, key, held);

  const showErrors = (errors: FieldErrors, focus = true): void => {
    form.setErrors((known) => (focus ? errors : { ...known, ...errors }));
    if (focus) focusFirstError(formRef.current);
  };
  const onError = (error: unknown, aloud: boolean): void => {
    const errors = error instanceof ApiError ? fromService(visible, error.fields) : {};
    const { '': whole, ...beside } = errors;
    const told = Object.keys(beside).length > 0;
    if (told) showErrors(beside, aloud);
    if (whole) say(whole);
    // Quietly, the word beside the buttons says enough of what the service and the network have to say.
    else if (!told && (aloud || !failureOf(error)))
      fail(error, t`Your answers are kept on this device: try again in a moment.`);
  };

  const tidy = (): void => {
    const meant = tidied(fields, form.getValues());
    if (Object.keys(meant).length > 0) form.setValues(meant);
  };

  /** Gives the state to go on with; nothing where one is to stay. */
  const submit = async (status: NewStatus = 'completed'): Promise<Onboarding | undefined> => {
    tidy();
    const data = toData(fields, stored, form.getValues());
    const errors = status === 'completed' ? missing(state, key, data) : {};
    say(undefined);
    if (Object.keys(errors).length > 0) {
      showErrors(errors);
      return undefined;
    }
    setBusy(true);
    try {
      const sent = status === 'skipped' ? stored : sendable(state, key, data, stored);
      const saved = await wizard.submit({ key, status, data: sent, template: state.template });
      // What came in from elsewhere is to be seen before one goes on.
      return saved && isSilent(saved.merged) ? saved.state : undefined;
    } catch (error) {
      onError(error, true);
      return undefined;
    } finally {
      setBusy(false);
    }
  };

  /** What was typed is sent; what cannot be says why, beside its field. */
  const sendDraft = async (): Promise<Saved | undefined> => {
    const saved = await wizard.sendDraft(key);
    const kept = await wizard.keptBack(key);
    if (Object.keys(kept).length > 0) showErrors(kept, false);
    return saved;
  };

  return {
    form,
    formRef,
    /** The fields that are shown, by what was answered so far. */
    visible,
    busy,
    failure,
    submit,
    /** For the `<form>`: what was typed is sent when a field is left. */
    onBlur: (event: FocusEvent<HTMLFormElement>) => {
      if (event.relatedTarget instanceof HTMLButtonElement && event.relatedTarget.type === 'submit') return;
      tidy();
      sendDraft().catch((error: unknown) => onError(error, false));
    },
    onSubmit: (event: FormEvent) => event.preventDefault(),
  };
}

/** What the members of a step are called, and under `''` the step, for drafts that outlive their questions. */
function useNames(state: Onboarding, key: string): Record<string, string> {
  return useMemo(() => {
    const labels = fieldsOf(state, key).map((field) => [field.key, fieldWords(state, key, field).label.text]);
    return Object.fromEntries([['', stepName(state, key)], ...labels]) as Record<string, string>;
  }, [state, key]);
}

export type StepControl = ReturnType<typeof useStepForm>;
