import type { ReactNode } from 'react';
import type { PasswordAdvice, Strength } from './credentials';
import classes from './PasswordMeter.module.css';

const FILLED: Record<Strength, number> = { empty: 0, short: 1, weak: 2, fair: 3, strong: 4 };

interface PasswordMeterProps {
  id: string;
  advice: PasswordAdvice;
  /** Takes the place of the advice: why the password was refused. */
  error: ReactNode;
}

/** Live help under a new password: four bars and a sentence, in a place that is always there. */
export function PasswordMeter({ id, advice, error }: PasswordMeterProps) {
  return (
    <div className={classes.meter} data-strength={advice.strength}>
      <div className={classes.bars} aria-hidden="true">
        {[1, 2, 3, 4].map((bar) => (
          <span key={bar} data-on={bar <= FILLED[advice.strength] || undefined} />
        ))}
      </div>
      <p id={id} className={classes.hint} aria-live="polite" data-error={Boolean(error) || undefined}>
        {error ?? advice.hint}
      </p>
    </div>
  );
}
