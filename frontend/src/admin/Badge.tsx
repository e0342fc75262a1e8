import type { ReactNode } from 'react';
import classes from './Admin.module.css';

export type Tone = 'good' | 'note' | 'bad' | 'plain';

/** A state in a word. The word says it, the colour only helps. */
export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={classes.badge} data-tone={tone}>
      {children}
    </span>
  );
}
