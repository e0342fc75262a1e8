import { type ChangeEvent, useRef, useState } from 'react';

type Messages<V> = Partial<Record<keyof V, string>>;

/**
 * The values and messages of a form whose fields are all texts. A field's message goes as soon as the field is changed.
 * Signing up needs no more than this: the form library of the steps would be 4 kB of what that page may weigh.
 */
export function useTextForm<V extends Record<string, string>>(initial: V) {
  const [values, setValues] = useState(initial);
  const [errors, setErrors] = useState<Messages<V>>({});
  /** What was typed last, for whoever asks before the next render. */
  const now = useRef(values);

  const put = (next: V): void => {
    now.current = next;
    setValues(next);
  };
  const setFieldValue = (name: keyof V, value: string): void => {
    put({ ...now.current, [name]: value });
    setErrors((known) => ({ ...known, [name]: undefined }));
  };
  return {
    values,
    errors,
    setErrors,
    setFieldValue,
    getValues: (): V => now.current,
    reset: (): void => {
      put(initial);
      setErrors({});
    },
    getInputProps: (name: keyof V) => ({
      value: values[name],
      error: errors[name],
      onChange: (event: ChangeEvent<HTMLInputElement>) => setFieldValue(name, event.currentTarget.value),
    }),
  };
}
