import { type FormEvent, useRef, useState } from 'react';
import { ApiError } from '../api/problem';
import { fieldWords } from '../api/words';
import { focusFirstError } from '../ui/focus';
import { useFailure } from '../ui/useFailure';
import { useTextForm } from './useTextForm';

interface CredentialsFormOptions<V> {
  initial: V;
  validate: { [K in keyof V]: (value: V[K], values: V) => string | undefined };
  send: (values: V) => Promise<unknown>;
  /** The refusals that have words of their own: messages by field, or one for the whole form under `form`. */
  refusal?: (error: ApiError) => Partial<Record<keyof V | 'form', string>> | undefined;
}

/** A form that is sent once and answered: its errors stand beside the fields, and the first one gets the focus. */
export function useCredentialsForm<V extends Record<string, string>>(options: CredentialsFormOptions<V>) {
  const [busy, setBusy] = useState(false);
  const { failure, fail, say } = useFailure();
  const formRef = useRef<HTMLFormElement>(null);
  const form = useTextForm<V>(options.initial);

  const show = (error: unknown): void => {
    if (!(error instanceof ApiError)) return fail(error);
    const { form: whole, ...known } = options.refusal?.(error) ?? byField(error, options.initial);
    form.setErrors(known as Partial<Record<keyof V, string>>);
    if (whole) say(whole);
    else if (Object.keys(known).length === 0) fail(error);
    focusFirstError(formRef.current);
  };

  const onSubmit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    say(undefined);
    const errors = refused(options.validate, form.getValues());
    form.setErrors(errors);
    if (Object.keys(errors).length > 0) return focusFirstError(formRef.current);
    setBusy(true);
    try {
      await options.send(form.getValues());
    } catch (error) {
      show(error);
    } finally {
      setBusy(false);
    }
  };
  /** All that such a form asks for is needed, which is said to assistive technology; stars would only be noise. */
  const field = (name: keyof V & string) => ({
    ...form.getInputProps(name),
    required: true,
    withAsterisk: false,
  });
  return { form, field, formRef, busy, failure, onSubmit };
}

/** Messages for what would be refused. */
function refused<V extends Record<string, string>>(
  rules: CredentialsFormOptions<V>['validate'],
  values: V,
): Partial<Record<keyof V, string>> {
  const errors: Partial<Record<keyof V, string>> = {};
  for (const name of Object.keys(rules) as Array<keyof V>) {
    const message = rules[name](values[name], values);
    if (message !== undefined) errors[name] = message;
  }
  return errors;
}

function byField(error: ApiError, initial: object): Record<string, string> {
  const own = Object.entries(error.fields).filter(([field]) => field in initial);
  return Object.fromEntries(own.map(([field, messages]) => [field, fieldWords(messages)]));
}
