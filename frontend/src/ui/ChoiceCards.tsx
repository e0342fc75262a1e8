import type { ReactNode } from 'react';
import { CardSet, type CardSetProps } from './CardSet';
import classes from './ChoiceCards.module.css';

interface ChoiceCardsProps extends CardSetProps {
  options: ReadonlyArray<{ value: string; label: ReactNode; picture?: ReactNode }>;
  value?: string;
  onChange?: (value: string) => void;
  /** Words about as long as the options', to hold their place until they are there. */
  placeholders?: readonly string[];
}

/** One of a few, each in sight: native radio buttons, so arrow keys and screen readers work as ever. */
export function ChoiceCards({ options, value, onChange, placeholders, ...set }: ChoiceCardsProps) {
  return (
    <CardSet {...set} exclusive>
      {(id) => (
        <>
          {options.length === 0 &&
            placeholders?.map((words) => (
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
        </>
      )}
    </CardSet>
  );
}
