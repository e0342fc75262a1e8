import { t } from '@lingui/core/macro';
import { type ClipboardEvent, type KeyboardEvent, useId, useRef } from 'react';
import classes from './CodeBoxes.module.css';

const LENGTH = 6;
const PLACES = Array.from({ length: LENGTH }, (_, place) => place);

interface CodeBoxesProps {
  legend: string;
  /** One digit, or nothing, for each box. */
  value: readonly string[];
  onChange: (value: string[]) => void;
  error?: string | undefined;
  disabled?: boolean;
}

export const NO_CODE: readonly string[] = PLACES.map(() => '');

/** The digits where all boxes are filled. */
export function codeOf(value: readonly string[]): string | undefined {
  const code = value.join('');
  return code.length === LENGTH ? code : undefined;
}

/** The digits in a text, and nothing else of it. Full-width ones, as some keyboards write them, count, too. */
export function digitsIn(text: string): string[] {
  return text.normalize('NFKC').match(/[0-9]/g) ?? [];
}

/** Six boxes for the digits of a mail. They take a paste of the whole code, and what a phone fills in by itself. */
export function CodeBoxes({ legend, value, onChange, error, disabled = false }: CodeBoxesProps) {
  const id = useId();
  const boxes = useRef<Array<HTMLInputElement | null>>([]);
  const goTo = (place: number): void => boxes.current[Math.min(Math.max(place, 0), LENGTH - 1)]?.focus();

  const put = (place: number, digits: readonly string[]): void => {
    // A whole code belongs to the first box, wherever it was pasted.
    const start = digits.length >= LENGTH ? 0 : place;
    onChange(PLACES.map((each) => digits[each - start] ?? value[each] ?? ''));
    goTo(start + digits.length);
  };
  const onInput = (place: number, text: string): void => {
    const digits = digitsIn(text);
    if (text === '') onChange(value.map((digit, each) => (each === place ? '' : digit)));
    // The box held a digit already: the newest counts.
    else if (digits.length === 2 && value[place] !== '') put(place, [newest(digits, value[place] ?? '')]);
    else if (digits.length > 0) put(place, digits);
  };
  const onKeyDown = (place: number, event: KeyboardEvent): void => {
    if (event.key === 'ArrowLeft') goTo(place - 1);
    else if (event.key === 'ArrowRight') goTo(place + 1);
    else if (event.key === 'Backspace' && value[place] === '' && place > 0) {
      onChange(value.map((digit, each) => (each === place - 1 ? '' : digit)));
      goTo(place - 1);
    } else return;
    event.preventDefault();
  };
  const onPaste = (place: number, event: ClipboardEvent): void => {
    event.preventDefault();
    const digits = digitsIn(event.clipboardData.getData('text'));
    if (digits.length > 0) put(place, digits);
  };

  return (
    <fieldset className={classes.set} aria-describedby={error ? `${id}-error` : undefined}>
      <legend>{legend}</legend>
      <div className={classes.boxes} dir="ltr">
        {PLACES.map((place) => (
          <input
            key={place}
            ref={(box) => void (boxes.current[place] = box)}
            className={classes.box}
            inputMode="numeric"
            autoComplete={place === 0 ? 'one-time-code' : 'off'}
            aria-label={digitLabel(place + 1)}
            aria-invalid={Boolean(error)}
            disabled={disabled}
            value={value[place] ?? ''}
            onFocus={(event) => event.currentTarget.select()}
            onChange={(event) => onInput(place, event.currentTarget.value)}
            onKeyDown={(event) => onKeyDown(place, event)}
            onPaste={(event) => onPaste(place, event)}
          />
        ))}
      </div>
      <p id={`${id}-error`} className={classes.error} role="alert">
        {error}
      </p>
    </fieldset>
  );
}

const digitLabel = (place: number): string => t`Digit ${place} of ${LENGTH}`;

function newest([first = '', second = '']: readonly string[], before: string): string {
  return first === before ? second : first;
}
