import { type ReactNode, useId } from 'react';
import classes from './ChoiceCards.module.css';

interface ChoiceCardsProps {
  legend: ReactNode;
  description?: ReactNode;
  options: ReadonlyArray<{ value: string; label: ReactNode; picture?: ReactNode }>;
  value?: string;
  onChange?: (value: string) => void;
  error?: ReactNode;
  required?: boolean;
  /** Words about as long as the options', to hold their place until they are there. */
  placeholders?: readonly string[];
  /** As wide as their words. */
  compact?: boolean;
}

/** One of a few, each in sight: native radio buttons, so arrow keys and screen readers work as ever. */
export function ChoiceCards(props: ChoiceCardsProps) {
  const { legend, description, options, value, onChange, error, required = false, compact = false } = props;
  const placeholders = options.length === 0 ? (props.placeholders ?? []) : [];
  const id = useId();
  return (
    <fieldset
      data-wide
      className={classes.set}
      role="radiogroup"
      aria-required={required}
      aria-invalid={Boolean(error)}
      aria-describedby={describedBy(id, description, error)}
    >
      <legend className={classes.legend}>
        {legend} {required && <span aria-hidden="true">*</span>}
      </legend>
      {description && (
        <p id={`${id}-description`} className={classes.description}>
          {description}
        </p>
      )}
      <div className={classes.cards} data-compact={compact || undefined}>
        {placeholders.map((words) => (
          <span key={words} className={classes.card} data-placeholder aria-hidden="true">
            {words}
          </span>
        ))}
        {options.map((option) => (
          <label key={option.value} className={classes.card}>
            <input
              type="radio"
              name={id}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange?.(option.value)}
            />
            {option.picture}
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

/** The ids of what stands below a legend and below the cards. */
export function describedBy(id: string, description: ReactNode, error: ReactNode): string | undefined {
  const ids = [description ? `${id}-description` : '', error ? `${id}-error` : ''].filter(Boolean);
  return ids.length > 0 ? ids.join(' ') : undefined;
}
