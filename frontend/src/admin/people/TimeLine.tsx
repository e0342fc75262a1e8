import { Button } from '@mantine/core';
import { useLingui } from '@lingui/react/macro';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import type { WholeAccountBody } from '../../generated';
import { formatMoment } from '../../ui/format';
import classes from '../Admin.module.css';
import { AuditAction, AuditActor } from '../audit/AuditRecord';
import { ChoiceFilter } from '../Filter';
import own from './Person.module.css';
import { type Happening, type HappeningKind, timeLine } from './time-line';

const FIRST = 20;

/** All that happened to an account, the newest first. */
export function TimeLine({ person }: { person: WholeAccountBody }) {
  const { t } = useLingui();
  const [kind, setKind] = useState<HappeningKind | ''>('');
  const [all, setAll] = useState(false);
  const line = useMemo(() => timeLine(person), [person]);
  const fitting = kind ? line.filter((happening) => happening.kind === kind) : line;
  const shown = all ? fitting : fitting.slice(0, FIRST);
  const more = fitting.length - shown.length;
  return (
    <section className={classes.card} aria-labelledby="person-time-line">
      <div className={classes.head}>
        <h2 id="person-time-line">{t`Time line`}</h2>
        <ChoiceFilter
          label={t`Show`}
          value={kind}
          onChange={(chosen) => setKind(chosen as HappeningKind | '')}
          options={[
            ['', t`Everything`],
            ['audit', t`Audit log`],
            ['session', t`Sessions`],
            ['onboarding', t`Onboarding`],
          ]}
        />
      </div>
      {shown.length === 0 && <p className={classes.soft}>{t`Nothing of that kind.`}</p>}
      <ol className={own.line}>
        {shown.map((happening) => (
          <li key={happening.id} className={own.happening} data-kind={happening.kind}>
            <What happening={happening} />
            <span className={own.when}>
              <time dateTime={happening.at}>{formatMoment(happening.at)}</time>
              <By happening={happening} />
            </span>
          </li>
        ))}
      </ol>
      <div className={classes.ways}>
        {more > 0 && (
          <Button size="sm" variant="default" onClick={() => setAll(true)}>
            {t`Show ${more} more`}
          </Button>
        )}
        <Link to={`/admin/audit?user=${person.id}`}>{t`All of it in the audit log`}</Link>
      </div>
    </section>
  );
}

function What({ happening }: { happening: Happening }) {
  const { t } = useLingui();
  switch (happening.kind) {
    case 'audit':
      return <AuditAction record={happening.record} />;
    case 'session':
      return happening.what === 'begun'
        ? t`Session begun with ${happening.device}`
        : t`Session last used with ${happening.device}`;
    case 'onboarding':
      if (happening.what === 'step') return t`Step completed: ${happening.step ?? ''}`;
      return happening.what === 'activated'
        ? t`Onboarding completed for the first time`
        : t`Onboarding completed again`;
    case 'account':
      return happening.what === 'registered' ? t`Account made` : t`Suspended since then`;
  }
}

function By({ happening }: { happening: Happening }) {
  if (happening.kind === 'session') return happening.address && <> · {happening.address}</>;
  if (happening.kind !== 'audit') return null;
  const { actor, address } = happening.record;
  return (
    <>
      {' · '}
      <bdi>
        <AuditActor actor={actor} />
      </bdi>
      {address && <> · {address}</>}
    </>
  );
}
