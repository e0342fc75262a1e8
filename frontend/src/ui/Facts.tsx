import { t } from '@lingui/core/macro';
import type { ReactNode } from 'react';
import classes from './Facts.module.css';

/** A name, a value, and a key where the name is not one. */
export type Fact = readonly [ReactNode, ReactNode, string?];

/** Names and values, one below the other. What was left empty says so. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className={classes.facts}>
      {facts.map(([name, value, key]) => (
        <div key={key ?? String(name)} className={classes.fact}>
          <dt>{name}</dt>
          <dd dir="auto" data-empty={value === undefined || value === '' || undefined}>
            {value || t`Not given`}
          </dd>
        </div>
      ))}
    </dl>
  );
}
