import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useState } from 'react';
import { unwrap } from '../api';
import type { User } from '../api/types';
import { reopenAccount } from '../generated';
import { noteUser, signOut } from '../session/account';
import { FailureNote } from '../ui/FailureNote';
import { formatDay } from '../ui/format';
import { PageHeading } from '../ui/PageHeading';
import { useFailure } from '../ui/useFailure';
import classes from './Message.module.css';

/** For whoever has closed the account and logs in again before it is deleted. */
export function Closing({ user }: { user: User }) {
  const { t } = useLingui();
  const [busy, setBusy] = useState<'open' | 'leave'>();
  const { failure, fail, say } = useFailure();
  const run = async (what: 'open' | 'leave', act: () => Promise<void>): Promise<void> => {
    setBusy(what);
    say(undefined);
    try {
      await act();
    } catch (error) {
      fail(error);
    } finally {
      setBusy(undefined);
    }
  };
  const day = user.closing_at && formatDay(user.closing_at);
  return (
    <div className={classes.message}>
      <PageHeading
        title={t`Account closed`}
        heading={t`You have closed your account`}
        lead={
          day
            ? t`It will be deleted on ${day}, with all that is in it. Until then you can open it again.`
            : t`It will be deleted soon, with all that is in it. Until then you can open it again.`
        }
      />
      <FailureNote failure={failure} />
      <div className={classes.ways}>
        <Button
          loading={busy === 'open'}
          onClick={() => void run('open', async () => noteUser(await unwrap(reopenAccount())))}
        >
          <Trans>Open it again</Trans>
        </Button>
        <Button variant="default" loading={busy === 'leave'} onClick={() => void run('leave', signOut)}>
          <Trans>Log out</Trans>
        </Button>
      </div>
    </div>
  );
}
