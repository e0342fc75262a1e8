import { t } from '@lingui/core/macro';
import { useForm } from '@mantine/form';
import { type FocusEvent, type FormEvent, useRef, useState } from 'react';
import { ApiError } from '../api/problem';
import { failureOf } from '../api/words';
import { useGoTo } from '../app/useGoTo';
import { focusFirstError } from '../ui/focus';
import { useFailure } from '../ui/useFailure';
import { isSilent } from './save-state';
import type { NewStatus, Saved } from './saver';
import { type FieldErrors, fromService, missing, tidied, toData } from './specs';
import { nextOf, type StepData, type StepKey, stepOf } from './steps';
import { useFilling, type Values } from './useFilling';
import { useWizard } from './WizardProvider';

/** A step's form: filled from the service and this browser's draft, saved as one goes, finished by `submit`. */
export function useStepForm<V extends Values>(key: StepKey, empty: V) {
  const { wizard, state } = useWizard();
  const goTo = useGoTo();
  const [busy, setBusy] = useState(false);
  const { failure, fail, say } = useFailure();
  const formRef = useRef<HTMLFormElement>(null);
  const stored = stepOf(state, key)?.data ?? {};
  const onTyped = useRef<(values: V, before: V) => void>(() => undefined);
  const form = useForm<V>({
    initialValues: empty,
    onValuesChange: (values, before) => onTyped.current(values, before),
  });
  const filling = useFilling(key, stored, empty, form);
  onTyped.current = (values, before) => {
    if (!filling.noteTyped(values, before)) return;
    say(undefined);
    wizard.keep(key, toData(stored, values), stored);
  };

  const showErrors = (errors: FieldErrors, focus = true): void => {
    form.setErrors((known) => (focus ? errors : { ...known, ...errors }));
    if (focus) focusFirstError(formRef.current);
  };
  const onError = (error: unknown, aloud: boolean): void => {
    const errors = error instanceof ApiError ? fromService(key, error.fields) : {};
    const { '': whole, ...beside } = errors;
    const told = Object.keys(beside).length > 0;
    if (told) showErrors(beside, aloud);
    if (whole) say(whole);
    // Quietly, the word beside the buttons says enough of what the service and the network have to say.
    else if (!told && (aloud || !failureOf(error)))
      fail(error, t`Your answers are kept on this device: try again in a moment.`);
  };

  const tidy = (): void => {
    const meant = tidied(key, form.getValues());
    if (Object.keys(meant).length > 0) form.setValues(meant as Partial<V>);
  };

  const submit = async (status: NewStatus = 'completed', extra: StepData = {}): Promise<boolean> => {
    tidy();
    const data = toData(stored, { ...form.getValues(), ...extra });
    const errors = status === 'completed' ? missing(key, data) : {};
    say(undefined);
    if (Object.keys(errors).length > 0) {
      showErrors(errors);
      return false;
    }
    setBusy(true);
    try {
      const saved = await wizard.submit(key, status, status === 'skipped' ? stored : data);
      // What came in from elsewhere is to be seen before one goes on.
      return isSilent(saved?.merged);
    } catch (error) {
      onError(error, true);
      return false;
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
    busy,
    failure,
    stored,
    submit,
    goOn: () => goTo(`/onboarding/${nextOf(key)}`),
    /** For the `<form>`: what was typed is sent when a field is left. */
    onBlur: (event: FocusEvent<HTMLFormElement>) => {
      if (event.relatedTarget instanceof HTMLButtonElement && event.relatedTarget.type === 'submit') return;
      tidy();
      sendDraft().catch((error: unknown) => onError(error, false));
    },
    onSubmit: (event: FormEvent) => event.preventDefault(),
  };
}
