import { useForm } from '@mantine/form';
import { type FocusEvent, type FormEvent, useEffect, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { ApiError, isPassing } from '../api/problem';
import { focusFirstError } from '../ui/focus';
import { isSilent } from './save-state';
import type { NewStatus, Saved } from './saver';
import { type FieldErrors, fromService, missing, toData } from './specs';
import { nextOf, type StepData, type StepKey, stepOf } from './steps';
import { useWizard } from './WizardProvider';

type Values = Record<string, string | boolean>;

/** A step's form: filled from the service and this browser's draft, saved as one goes, finished by `submit`. */
export function useStepForm<V extends Values>(key: StepKey, empty: V) {
  const { wizard, state } = useWizard();
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const formRef = useRef<HTMLFormElement>(null);
  const stored = stepOf(state, key)?.data ?? {};
  const filling = useRef(false);
  const form = useForm<V>({
    initialValues: empty,
    onValuesChange: (values) => {
      if (!filling.current) wizard.keep(key, toData(stored, values), stored);
    },
  });

  const fill = (data: StepData): void => {
    filling.current = true;
    form.setValues(valuesOf(empty, data));
    filling.current = false;
  };
  useFilling(key, stored, fill);

  const showErrors = (errors: FieldErrors): void => {
    form.setErrors(errors);
    focusFirstError(formRef.current);
  };
  const after = (saved: Saved | undefined): void => {
    if (saved?.merged) fill(wizard.content(key, stepOf(saved.state, key)?.data ?? {}));
  };
  const onError = (error: unknown, aloud: boolean): void => {
    const errors = error instanceof ApiError ? fromService(key, error.fields) : {};
    if (Object.keys(errors).length > 0) showErrors(errors);
    if (aloud) setFailure(errors[''] ?? (Object.keys(errors).length > 0 ? undefined : wordFor(error)));
  };

  const submit = async (status: NewStatus = 'completed', extra: StepData = {}): Promise<boolean> => {
    const data = toData(stored, { ...form.getValues(), ...extra });
    const errors = status === 'completed' ? missing(key, data) : {};
    setFailure(undefined);
    if (Object.keys(errors).length > 0) {
      showErrors(errors);
      return false;
    }
    setBusy(true);
    try {
      const saved = await wizard.submit(key, status, status === 'skipped' ? stored : data);
      after(saved);
      // What came in from elsewhere is to be seen before one goes on.
      return isSilent(saved?.merged);
    } catch (error) {
      onError(error, true);
      return false;
    } finally {
      setBusy(false);
    }
  };

  return {
    form,
    formRef,
    busy,
    failure,
    stored,
    submit,
    goOn: () => navigate(`/onboarding/${nextOf(key)}`, { viewTransition: true }),
    /** For the `<form>`: what was typed is sent when a field is left. */
    onBlur: (event: FocusEvent<HTMLFormElement>) => {
      if (event.relatedTarget instanceof HTMLButtonElement && event.relatedTarget.type === 'submit') return;
      void wizard.sendDraft(key).then(after, (error: unknown) => onError(error, false));
    },
    onSubmit: (event: FormEvent) => event.preventDefault(),
  };
}

/** Fills the form when it opens, and again when the service has something new and nothing unsent is in the way. */
function useFilling(key: StepKey, stored: StepData, fill: (data: StepData) => void): void {
  const { wizard } = useWizard();
  const text = JSON.stringify(stored);
  const opened = useRef(false);
  useEffect(() => {
    if (opened.current && wizard.hasDraft(key)) return;
    fill(opened.current ? stored : wizard.open(key, stored));
    opened.current = true;
    // oxlint-disable-next-line react/exhaustive-deps -- the text stands for `stored`; `fill` is new on each render
  }, [key, text, wizard]);
}

function valuesOf<V extends Values>(empty: V, data: StepData): V {
  const known = Object.entries(empty).map(([field, blank]) => {
    const value = data[field];
    return [field, typeof value === typeof blank ? value : blank];
  });
  return Object.fromEntries(known) as V;
}

function wordFor(error: unknown): string {
  if (isPassing(error))
    return 'We could not reach the service. Your answers are kept on this device: try again in a moment.';
  if (error instanceof ApiError) return error.message;
  throw error;
}
