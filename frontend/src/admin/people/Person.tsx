import { useLingui } from '@lingui/react/macro';
import { IconArrowLeft } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { unwrap } from '../../api';
import { ApiError } from '../../api/problem';
import type { WholeAccountBody } from '../../generated';
import { CardSkeleton } from '../../ui/AppSkeleton';
import { Facts } from '../../ui/Facts';
import { formatMoment } from '../../ui/format';
import { PageHeading } from '../../ui/PageHeading';
import classes from '../Admin.module.css';
import { showUser } from '../api';
import { Failed } from '../Failed';
import { State } from '../State';
import { ACCOUNT_STATES } from './people-words';
import { PersonActions } from './PersonActions';
import { PersonOnboarding } from './PersonOnboarding';
import { PersonSessions } from './PersonSessions';
import { TimeLine } from './TimeLine';
import own from './Person.module.css';

/** One account, with all that belongs to it. */
export function Person() {
  const { t } = useLingui();
  const { id = '' } = useParams();
  const { data, error, refetch } = useQuery({
    queryKey: ['admin', 'person', id],
    queryFn: ({ signal }) => unwrap(showUser({ path: { id }, signal })),
  });
  const isGone = error instanceof ApiError && (error.status === 404 || error.status === 400);
  return (
    <div className={classes.page}>
      <p>
        <Link to="/admin/people" className={own.back}>
          <IconArrowLeft size={18} aria-hidden />
          {t`All people`}
        </Link>
      </p>
      {data && !isGone && <Known person={data} onChanged={() => void refetch()} />}
      {!data && !error && <CardSkeleton />}
      {isGone && (
        <PageHeading
          title={t`No such account`}
          heading={t`There is no such account`}
          lead={t`It may have been deleted, or the link has a typing mistake.`}
        />
      )}
      {error && !data && !isGone && <Failed error={error} onRetry={refetch} />}
    </div>
  );
}

function Known({ person, onChanged }: { person: WholeAccountBody; onChanged: () => void }) {
  const { t } = useLingui();
  const { full_name, email, email_verified, status, role, created_at, suspended_at, closing_at, id } = person;
  const facts: Array<readonly [string, React.ReactNode]> = [
    [t`State`, <State key="state" of={status} states={ACCOUNT_STATES} />],
    [t`E-mail`, `${email} · ${email_verified ? t`verified` : t`not verified`}`],
    [t`Role`, role === 'admin' ? t`Admin` : t`Person`],
    [t`Language`, person.language ?? t`Not chosen`],
    [t`Reminders`, person.reminders ? t`On` : t`Off`],
    [t`Registered`, formatMoment(created_at)],
    ...(suspended_at ? [[t`Suspended`, formatMoment(suspended_at)] as const] : []),
    ...(closing_at ? [[t`Will be deleted`, formatMoment(closing_at)] as const] : []),
    [
      t`Id`,
      <code key="id" className={classes.code}>
        {id}
      </code>,
    ],
  ];
  return (
    <>
      <PageHeading title={full_name} heading={<bdi>{full_name}</bdi>} lead={<bdi>{email}</bdi>} />
      <PersonActions key={person.id} person={person} onChanged={onChanged} />
      <div className={own.columns}>
        <div className={classes.page}>
          <section className={classes.card} aria-labelledby="person-account">
            <h2 id="person-account">{t`Account`}</h2>
            <Facts facts={facts} />
          </section>
          <PersonOnboarding onboarding={person.onboarding} />
          <PersonSessions sessions={person.sessions} />
        </div>
        <TimeLine person={person} />
      </div>
    </>
  );
}
