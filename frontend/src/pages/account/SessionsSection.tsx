import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { unwrap, unwrapGone } from '../../api';
import type { SessionInfoBody } from '../../generated';
import { endAllSessions, endOtherSessions, endSession, listSessions } from '../../generated';
import { useWizard } from '../../onboarding/WizardProvider';
import { endHere } from '../../session/account';
import { FailureNote } from '../../ui/FailureNote';
import { formatMoment } from '../../ui/format';
import { useFailure } from '../../ui/useFailure';
import { localeOf } from '../onboarding/preferences';
import { OutOfReach } from '../OutOfReach';
import classes from './Account.module.css';
import { deviceName } from './device-name';
import { Section } from './Section';

/** Where the person is logged in, and how to end that: one, all others, or all. */
export function SessionsSection() {
  const { user } = useWizard();
  const { data, error, refetch } = useQuery({
    queryKey: ['sessions', user.id],
    queryFn: ({ signal }) => unwrap(listSessions({ signal })),
  });
  const [busy, setBusy] = useState<string>();
  const { failure, fail, say } = useFailure();
  const run = (what: string, end: () => Promise<unknown>): void => {
    setBusy(what);
    say(undefined);
    end()
      .then(() => refetch())
      .catch((refusal: unknown) => fail(refusal))
      .finally(() => setBusy(undefined));
  };
  const others = (data?.items.length ?? 0) > 1;
  return (
    <Section
      title={t`Where you are logged in`}
      lead={t`End what you do not know, and change your password then.`}
    >
      <FailureNote failure={failure} />
      {error && !data && <OutOfReach error={error} onRetry={refetch} />}
      {!data && !error && <Skeleton height={72} />}
      <ul className={classes.sessions}>
        {data?.items.map((session) => (
          <SessionItem
            key={session.id}
            session={session}
            busy={busy === session.id}
            onEnd={() =>
              run(session.id, () => unwrapGone(endSession({ path: { id: session.id } }), 'session_not_found'))
            }
          />
        ))}
      </ul>
      <div className={classes.ways}>
        <Button
          variant="default"
          disabled={!others}
          loading={busy === 'others'}
          onClick={() => run('others', () => unwrap(endOtherSessions()))}
        >
          <Trans>End all others</Trans>
        </Button>
        <Button variant="default" loading={busy === 'all'} onClick={() => run('all', endAll)}>
          <Trans>End all, this one too</Trans>
        </Button>
      </div>
    </Section>
  );
}

async function endAll(): Promise<void> {
  await unwrap(endAllSessions());
  endHere('signed_out');
}

interface SessionItemProps {
  session: SessionInfoBody;
  busy: boolean;
  onEnd: () => void;
}

function SessionItem({ session, busy, onEnd }: SessionItemProps) {
  const { state } = useWizard();
  const { address, last_used_at, current } = session;
  const device = deviceName(session.device);
  const used = formatMoment(last_used_at, localeOf(state));
  return (
    <li className={classes.session}>
      <p className={classes.device}>
        <strong>{device}</strong>
        <span>{address ? t`Last used ${used}, from ${address}` : t`Last used ${used}`}</span>
      </p>
      {current ? (
        <span className={classes.here}>
          <Trans>This device</Trans>
        </span>
      ) : (
        <Button
          size="xs"
          variant="default"
          loading={busy}
          aria-label={t`End the session of ${device}`}
          onClick={onEnd}
        >
          <Trans>End</Trans>
        </Button>
      )}
    </li>
  );
}
