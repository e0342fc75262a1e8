import { Button } from '@mantine/core';
import { useLingui } from '@lingui/react/macro';
import { IconDownload } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { unwrap } from '../../api';
import type { AccountBody, ListUsersData } from '../../generated';
import { FailureNote } from '../../ui/FailureNote';
import { formatDay } from '../../ui/format';
import { PageHeading } from '../../ui/PageHeading';
import { useFailure } from '../../ui/useFailure';
import classes from '../Admin.module.css';
import { exportUsers, listUsers } from '../api';
import { Badge } from '../Badge';
import { Refresh } from '../Refresh';
import { saveFile } from '../save-file';
import { State } from '../State';
import { type Column, DataTable } from '../table/DataTable';
import { given, hoursAgo, useFilters } from '../useFilters';
import { usePages } from '../usePages';
import { ACCOUNT_STATES, ONBOARDING_STATES } from './people-words';
import { PEOPLE_FILTERS, type PeopleFilter, PeopleFilters, STUCK_HOURS } from './PeopleFilters';

type Query = NonNullable<ListUsersData['query']>;

/** Everybody with an account: looked for, filtered, downloaded. */
export function People() {
  const { t } = useLingui();
  const filters = useFilters(PEOPLE_FILTERS);
  const query = usePeopleQuery(filters.values);
  const pages = usePages(['people', query], (cursor, signal) =>
    unwrap(listUsers({ query: { ...query, ...(cursor ? { cursor } : {}) }, signal })),
  );
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <PageHeading
          title={t`People`}
          heading={t`People`}
          lead={t`Everybody with an account, the newest first.`}
        />
        <div className={classes.ways}>
          <Refresh onClick={pages.refresh} />
          <Download query={query} />
        </div>
      </div>
      <div className={classes.card}>
        <PeopleFilters {...filters} />
        <DataTable
          label={t`People`}
          columns={useColumns()}
          pages={pages}
          keyOf={({ id }) => id}
          empty={<Nobody filtered={filters.any} />}
        />
      </div>
    </div>
  );
}

/** What the service is asked. The moment of "stuck for" stays the same for all pages of one list. */
function usePeopleQuery({ q, status, role, verified, stuck }: Record<PeopleFilter, string>): Query {
  return useMemo(() => {
    const hours = STUCK_HOURS[stuck];
    return {
      ...given({ q, status, role }),
      ...(verified ? { email_verified: verified === 'true' } : {}),
      ...(hours ? { stuck_since: hoursAgo(hours) } : {}),
    };
  }, [q, status, role, verified, stuck]);
}

function useColumns(): ReadonlyArray<Column<AccountBody>> {
  const { t } = useLingui();
  return [
    {
      key: 'person',
      header: t`Person`,
      width: 'minmax(0, 2.2fr)',
      cell: ({ id, full_name, email, role }) => (
        <div className={classes.stack}>
          <Link to={`/admin/people/${id}`}>
            <bdi>{full_name}</bdi>
          </Link>
          <small>
            <bdi>{email}</bdi>
          </small>
          {role === 'admin' && <Badge tone="note">{t`Admin`}</Badge>}
        </div>
      ),
    },
    {
      key: 'account',
      header: t`Account`,
      width: 'minmax(0, 1fr)',
      cell: ({ status }) => <State of={status} states={ACCOUNT_STATES} />,
    },
    {
      key: 'email',
      header: t`E-mail`,
      width: 'minmax(0, 1fr)',
      cell: ({ email_verified }) => (email_verified ? t`Verified` : t`Not verified`),
    },
    {
      key: 'onboarding',
      header: t`Onboarding`,
      width: 'minmax(0, 1fr)',
      cell: ({ onboarding }) =>
        onboarding ? <State of={onboarding.state} states={ONBOARDING_STATES} /> : t`None`,
    },
    {
      key: 'since',
      header: t`Since`,
      width: 'minmax(0, 1fr)',
      cell: ({ created_at }) => formatDay(created_at),
    },
  ];
}

function Nobody({ filtered }: { filtered: boolean }) {
  const { t } = useLingui();
  return (
    <p className={classes.empty}>{filtered ? t`Nobody fits these filters.` : t`There is nobody yet.`}</p>
  );
}

/** All that the filters leave, as a file for a spreadsheet. */
function Download({ query }: { query: Query }) {
  const { t } = useLingui();
  const [busy, setBusy] = useState(false);
  const { failure, fail, say } = useFailure();
  const get = async (): Promise<void> => {
    setBusy(true);
    say(undefined);
    try {
      const csv = await unwrap(exportUsers({ query, parseAs: 'blob' }));
      saveFile(new Blob([csv], { type: 'text/csv;charset=utf-8' }), 'people.csv');
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button
        size="sm"
        variant="default"
        loading={busy}
        leftSection={<IconDownload size={18} aria-hidden />}
        onClick={() => void get()}
      >
        {t`Download as CSV`}
      </Button>
      <FailureNote failure={failure} />
    </>
  );
}
