import { Button } from '@mantine/core';
import { useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import classes from './Admin.module.css';
import type { Filters } from './useFilters';

type FilterBarProps = Pick<Filters<string>, 'any' | 'clear'> & { children: ReactNode };

/** The filters of a list, and the button that clears them where any is set. */
export function FilterBar({ any, clear, children }: FilterBarProps) {
  const { t } = useLingui();
  return (
    <search className={classes.filters} aria-label={t`Filters`}>
      {children}
      {any && (
        <Button size="sm" variant="default" onClick={clear}>
          {t`Clear the filters`}
        </Button>
      )}
    </search>
  );
}
