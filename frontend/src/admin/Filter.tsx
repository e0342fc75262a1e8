import { NativeSelect, TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';

interface FilterProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

const PAUSE_MS = 300;

interface TextFilterProps extends FilterProps {
  placeholder?: string;
  className?: string | undefined;
  maxLength?: number;
}

/** A text that counts once one pauses. */
export function TextFilter({ label, value, onChange, maxLength = 254, ...props }: TextFilterProps) {
  const [text, setText] = useState(value);
  const told = useRef(value);
  useEffect(() => {
    // Cleared, or gone back to, by other means than this field.
    if (value !== told.current) setText(value);
    told.current = value;
  }, [value]);
  useEffect(() => {
    if (text.trim() === told.current) return undefined;
    const timer = setTimeout(() => {
      told.current = text.trim();
      onChange(text.trim());
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, onChange]);
  return (
    <TextInput
      {...props}
      size="sm"
      type="search"
      label={label}
      maxLength={maxLength}
      autoComplete="off"
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
    />
  );
}

interface ChoiceFilterProps extends FilterProps {
  options: ReadonlyArray<readonly [value: string, label: string]>;
}

/** One of a few. */
export function ChoiceFilter({ label, value, onChange, options }: ChoiceFilterProps) {
  const known = options.some(([option]) => option === value);
  const shown = known ? options : [...options, [value, value] as const];
  return (
    <NativeSelect
      size="sm"
      label={label}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      data={shown.map(([option, words]) => ({ value: option, label: words }))}
    />
  );
}

/** A day. */
export function DayFilter({ label, value, onChange }: FilterProps) {
  return (
    <TextInput
      size="sm"
      type="date"
      label={label}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
