import { useLingui } from '@lingui/react/macro';
import { useCallback } from 'react';
import classes from '../Admin.module.css';
import { ChoiceFilter, TextFilter } from '../Filter';
import { FilterBar } from '../FilterBar';
import type { Filters } from '../useFilters';

export const PEOPLE_FILTERS = ['q', 'status', 'role', 'verified', 'stuck'] as const;
export type PeopleFilter = (typeof PEOPLE_FILTERS)[number];

/** For how many hours nothing may have changed, by what the address says. */
export const STUCK_HOURS: Readonly<Record<string, number>> = { '2d': 48, '7d': 168, '30d': 720 };

export function PeopleFilters({ values, set, clear, any }: Filters<PeopleFilter>) {
  const { t } = useLingui();
  const search = useCallback((q: string) => set({ q }), [set]);
  return (
    <FilterBar any={any} clear={clear}>
      <TextFilter
        label={t`Address or name`}
        placeholder={t`Begins with …`}
        className={classes.wideFilter}
        value={values.q}
        onChange={search}
      />
      <ChoiceFilter
        label={t`Account`}
        value={values.status}
        onChange={(status) => set({ status })}
        options={[
          ['', t`All`],
          ['active', t`Active`],
          ['suspended', t`Suspended`],
          ['closing', t`Closing`],
        ]}
      />
      <ChoiceFilter
        label={t`Role`}
        value={values.role}
        onChange={(role) => set({ role })}
        options={[
          ['', t`All`],
          ['user', t`Person`],
          ['admin', t`Admin`],
        ]}
      />
      <ChoiceFilter
        label={t`E-mail`}
        value={values.verified}
        onChange={(verified) => set({ verified })}
        options={[
          ['', t`All`],
          ['true', t`Verified`],
          ['false', t`Not verified`],
        ]}
      />
      <ChoiceFilter
        label={t`Stuck for`}
        value={values.stuck}
        onChange={(stuck) => set({ stuck })}
        options={[
          ['', t`Does not matter`],
          ['2d', t`2 days or more`],
          ['7d', t`7 days or more`],
          ['30d', t`30 days or more`],
        ]}
      />
    </FilterBar>
  );
}
