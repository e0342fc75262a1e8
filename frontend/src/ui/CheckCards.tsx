import { type ReactNode, useId } from 'react';
import { describedBy } from './ChoiceCards';
import classes from './ChoiceCards.module.css';

interface CheckCardsProps {
  legend: ReactNode;
  description?: ReactNode;
  options: ReadonlyArray<{ value: string; label: ReactNode }>;
  value: readonly string[];
  onChange: (value: string[]) => void;
  error?: ReactNode;
  required?: boolean;
}

/** Some of a few, each in sight: native checkboxes. */
export function CheckCards(props: CheckCardsProps) {
  const { legend, description, options, value, onChange, error, required = false } = props;
  const id = useId();
  const toggled = (one: string): string[] =>
    value.includes(one) ? value.filter((each) => each !== one) : [...value, one];
  return (
    <fieldset data-wide className={classes.set} aria-describedby={describedBy(id, description, error)}>
      <legend className={classes.legend}>
        {legend} {required && <span aria-hidden="true">*</span>}
      </legend>
      {description && (
        <p id={`${id}-description`} className={classes.description}>
          {description}
        </p>
      )}
      <div className={classes.cards} data-compact>
        {options.map((option) => (
          <label key={option.value} className={classes.card} data-several>
            <input
              type="checkbox"
              checked={value.includes(option.value)}
              aria-invalid={error ? true : undefined}
              aria-describedby={describedBy(id, undefined, error)}
              onChange={() => onChange(toggled(option.value))}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
      {error && (
        <p id={`${id}-error`} className={classes.error}>
          {error}
        </p>
      )}
    </fieldset>
  );
}
