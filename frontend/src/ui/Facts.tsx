import { t } from '@lingui/core/macro';
import type { ReactNode } from 'react';
import classes from './Facts.module.css';

/** Names and values, one below the other. What was left empty says so. */
export function Facts({ facts }: { facts: ReadonlyArray<readonly [string, ReactNode]> }) {
  return (
    <dl className={classes.facts}>
      {facts.map(([name, value]) => (
        <div key={name} className={classes.fact}>
          <dt>{name}</dt>
          <dd dir="auto" data-empty={value === undefined || value === '' || undefined}>
            {value || t`Not given`}
          </dd>
        </div>
      ))}
    </dl>
  );
}
