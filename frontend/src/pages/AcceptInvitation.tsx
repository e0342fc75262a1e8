import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { unwrap } from '../api';
import { ApiError } from '../api/problem';
import type { User } from '../api/types';
import { acceptInvitation, type ReceivedInvitationBody } from '../generated';
import { refreshPerson, signOut } from '../session/account';
import { FailureNote } from '../ui/FailureNote';
import { PageHeading } from '../ui/PageHeading';
import { useFailure } from '../ui/useFailure';
import classes from './Credentials.module.css';

interface AcceptInvitationProps {
  token: string;
  invitation: ReceivedInvitationBody;
  user: User;
}

/** An invitation, for somebody who is logged in: it is for one address alone. */
export function AcceptInvitation({ token, invitation, user }: AcceptInvitationProps) {
  const { busy, failure, run } = useAction();
  const navigate = useNavigate();
  const { organization, email } = invitation;
  const isTheirs = email.toLowerCase() === user.email.toLowerCase();
  const accept = async (): Promise<void> => {
    await unwrap(acceptInvitation({ body: { token } }));
    // Nothing is lost where it fails: the account is read anew with the next renewal.
    await refreshPerson().catch(() => undefined);
    await navigate('/onboarding', { replace: true });
  };
  return (
    <>
      <PageHeading
        title={t`Invitation`}
        heading={t`Join ${organization}`}
        lead={
          isTheirs
            ? t`You will see who else is there, and they will see your name and address.`
            : t`This invitation is for ${email}, and you are logged in as ${user.email}.`
        }
      />
      <div className={classes.form}>
        <FailureNote failure={failure} />
        {isTheirs ? (
          <Button size="lg" loading={busy} onClick={() => run(accept)}>
            <Trans>Join</Trans>
          </Button>
        ) : (
          <Button size="lg" loading={busy} onClick={() => run(signOut)}>
            <Trans>Log out</Trans>
          </Button>
        )}
      </div>
    </>
  );
}

function useAction() {
  const [busy, setBusy] = useState(false);
  const { failure, fail, say } = useFailure();
  const run = (action: () => Promise<unknown>): void => {
    setBusy(true);
    say(undefined);
    action()
      .catch((error: unknown) => {
        if (error instanceof ApiError && error.code === 'already_member')
          say(t`You belong to an organization already. Leave it first.`);
        else fail(error);
      })
      .finally(() => setBusy(false));
  };
  return { busy, failure, run };
}
