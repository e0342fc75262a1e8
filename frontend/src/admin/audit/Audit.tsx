import { TextInput } from '@mantine/core';
import { useLingui } from '@lingui/react';
import { useLingui as useWords } from '@lingui/react/macro';
import { useMemo } from 'react';
import { unwrap } from '../../api';
import type { AuditRecordBody } from '../../generated';
import { formatMoment } from '../../ui/format';
import { PageHeading } from '../../ui/PageHeading';
import classes from '../Admin.module.css';
import { listAuditLog } from '../api';
import { ChoiceFilter, DayFilter } from '../Filter';
import { FilterBar } from '../FilterBar';
import { Refresh } from '../Refresh';
import { type Column, DataTable } from '../table/DataTable';
import { type Filters, given, momentOf, useFilters } from '../useFilters';
import { usePages } from '../usePages';
import { AUDIT_ACTIONS } from './audit-words';
import { AuditAction, AuditActor, AuditPerson } from './AuditRecord';

const FILTERS = ['action', 'from', 'until', 'user', 'actor'] as const;
type AuditFilter = (typeof FILTERS)[number];

/** Who did what, and why. */
export function Audit() {
  const { t } = useWords();
  const filters = useFilters(FILTERS);
  const { action, from, until, user, actor } = filters.values;
  const query = useMemo(
    () => given({ action, user_id: user, actor_id: actor, from: momentOf(from), before: momentOf(until, 1) }),
    [action, from, until, user, actor],
  );
  const pages = usePages(['audit', query], (cursor, signal) =>
    unwrap(listAuditLog({ query: { ...query, ...(cursor ? { cursor } : {}) }, signal })),
  );
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <PageHeading
          title={t`Audit log`}
          heading={t`Audit log`}
          lead={t`Who did what, and why. The newest first.`}
        />
        <Refresh onClick={pages.refresh} />
      </div>
      <div className={classes.card}>
        <AuditFilters {...filters} />
        <DataTable
          label={t`Audit log`}
          columns={useColumns()}
          pages={pages}
          keyOf={({ id }) => id}
          empty={
            <p className={classes.empty}>
              {filters.any ? t`Nothing fits these filters.` : t`Nothing has been done yet.`}
            </p>
          }
        />
      </div>
    </div>
  );
}

function AuditFilters({ values, set, clear, any }: Filters<AuditFilter>) {
  const { _ } = useLingui();
  const { t } = useWords();
  const actions = Object.entries(AUDIT_ACTIONS)
    .map(([code, words]) => [code, _(words)] as const)
    .toSorted(([, a], [, b]) => a.localeCompare(b));
  return (
    <FilterBar any={any} clear={clear}>
      <ChoiceFilter
        label={t`What`}
        value={values.action}
        onChange={(action) => set({ action })}
        options={[['', t`Everything`], ...actions]}
      />
      <DayFilter label={t`From`} value={values.from} onChange={(from) => set({ from })} />
      <DayFilter label={t`Until`} value={values.until} onChange={(until) => set({ until })} />
      {values.user && <TextInput size="sm" label={t`Account`} value={values.user} readOnly />}
      {values.actor && <TextInput size="sm" label={t`By admin`} value={values.actor} readOnly />}
    </FilterBar>
  );
}

function useColumns(): ReadonlyArray<Column<AuditRecordBody>> {
  const { t } = useWords();
  return [
    { key: 'at', header: t`When`, width: 'minmax(0, 1fr)', cell: ({ at }) => formatMoment(at) },
    {
      key: 'what',
      header: t`What`,
      width: 'minmax(0, 2fr)',
      cell: (record) => <AuditAction record={record} />,
    },
    {
      key: 'whom',
      header: t`Account`,
      width: 'minmax(0, 1.5fr)',
      cell: (record) => <AuditPerson record={record} />,
    },
    {
      key: 'by',
      header: t`By`,
      width: 'minmax(0, 1.2fr)',
      cell: ({ actor }) => (
        <span dir="auto">
          <AuditActor actor={actor} />
        </span>
      ),
    },
    {
      key: 'where',
      header: t`From where`,
      width: 'minmax(0, 1.2fr)',
      cell: ({ address, request_id, instance_id }) => (
        <div className={classes.stack} dir="ltr">
          {address && <span>{address}</span>}
          <small className={classes.code} title={request_id}>
            {instance_id}
          </small>
        </div>
      ),
    },
  ];
}
