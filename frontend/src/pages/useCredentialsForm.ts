import { useForm } from '@mantine/form';
import { type FormEvent, useRef, useState } from 'react';
import { ApiError, isPassing, sentence } from '../api/problem';
import { focusFirstError } from '../ui/focus';

interface CredentialsFormOptions<V> {
  initial: V;
  validate: { [K in keyof V]: (value: V[K], values: V) => string | undefined };
  send: (values: V) => Promise<unknown>;
  /** The refusals that have words of their own: messages by field, or one for the whole form under `form`. */
  refusal: (error: ApiError) => Partial<Record<keyof V | 'form', string>> | undefined;
}

/** A form that is sent once and answered: its errors stand beside the fields, and the first one gets the focus. */
export function useCredentialsForm<V extends Record<string, string>>(options: CredentialsFormOptions<V>) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const formRef = useRef<HTMLFormElement>(null);
  const form = useForm<V>({
    initialValues: options.initial,
    validate: options.validate as Parameters<typeof useForm<V>>[0] extends { validate?: infer R } ? R : never,
    clearInputErrorOnChange: true,
  });

  const show = (error: unknown): void => {
    if (!(error instanceof ApiError)) return setFailure(wordFor(error));
    const { form: whole, ...known } = options.refusal(error) ?? byField(error, options.initial);
    form.setErrors(known);
    setFailure(whole ?? (Object.keys(known).length === 0 ? wordFor(error) : undefined));
    focusFirstError(formRef.current);
  };

  const onSubmit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setFailure(undefined);
    if (form.validate().hasErrors) return focusFirstError(formRef.current);
    setBusy(true);
    try {
      await options.send(form.getValues());
    } catch (error) {
      show(error);
    } finally {
      setBusy(false);
    }
  };
  return { form, formRef, busy, failure, onSubmit };
}

function byField(error: ApiError, initial: object): Record<string, string> {
  const own = Object.entries(error.fields).filter(([field]) => field in initial);
  return Object.fromEntries(own.map(([field, messages]) => [field, sentence(messages)]));
}

function wordFor(error: unknown): string {
  if (error instanceof ApiError && error.status === 429) {
    const wait = error.retryAfter ? ` in ${error.retryAfter} seconds` : ' in a moment';
    return `That were many tries in a short time. Please try again${wait}.`;
  }
  if (isPassing(error))
    return 'We could not reach the service. Nothing is lost: please try again in a moment.';
  return error instanceof Error ? error.message : 'Something went wrong. Please try again.';
}
