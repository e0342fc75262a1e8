import type { ReactNode } from 'react';
import { CardSet, type CardSetProps } from './CardSet';
import classes from './ChoiceCards.module.css';

interface CheckCardsProps extends Omit<CardSetProps, 'compact'> {
  options: ReadonlyArray<{ value: string; label: ReactNode }>;
  value: readonly string[];
  onChange: (value: string[]) => void;
}

/** Some of a few, each in sight: native checkboxes. */
export function CheckCards({ options, value, onChange, ...set }: CheckCardsProps) {
  const toggled = (one: string): string[] =>
    value.includes(one) ? value.filter((each) => each !== one) : [...value, one];
  return (
    <CardSet {...set} compact>
      {(_, describedBy) =>
        options.map((option) => (
          <label key={option.value} className={classes.card} data-several>
            <input
              type="checkbox"
              checked={value.includes(option.value)}
              aria-invalid={set.error ? true : undefined}
              aria-describedby={describedBy}
              onChange={() => onChange(toggled(option.value))}
            />
            <span>{option.label}</span>
          </label>
        ))
      }
    </CardSet>
  );
}
