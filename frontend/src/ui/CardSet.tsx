import { type ReactNode, useId } from 'react';
import classes from './ChoiceCards.module.css';

export interface CardSetProps {
  legend: ReactNode;
  description?: ReactNode;
  error?: ReactNode;
  required?: boolean;
  /** As wide as their words. */
  compact?: boolean;
}

interface CardSetFrameProps extends CardSetProps {
  /** Of radio buttons, of which one is chosen. */
  exclusive?: boolean;
  /** The cards. `id` is that of the set; `describedBy` names the error, where there is one. */
  children: (id: string, describedBy: string | undefined) => ReactNode;
}

/** A set of cards with its legend, its description and its error. */
export function CardSet({ legend, description, error, required = false, ...set }: CardSetFrameProps) {
  const id = useId();
  const ids = { description: `${id}-description`, error: `${id}-error` };
  const below = error ? ids.error : undefined;
  const described = [description ? ids.description : '', below].filter(Boolean).join(' ');
  const radios = { role: 'radiogroup', 'aria-required': required, 'aria-invalid': Boolean(error) };
  return (
    <fieldset
      data-wide
      className={classes.set}
      aria-describedby={described || undefined}
      {...(set.exclusive ? radios : {})}
    >
      <legend className={classes.legend}>
        {legend} {required && <span aria-hidden="true">*</span>}
      </legend>
      {description && (
        <p id={ids.description} className={classes.description}>
          {description}
        </p>
      )}
      <div className={classes.cards} data-compact={set.compact || undefined}>
        {set.children(id, below)}
      </div>
      {error && (
        <p id={ids.error} className={classes.error}>
          {error}
        </p>
      )}
    </fieldset>
  );
}
