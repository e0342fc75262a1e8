import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useState } from 'react';
import { Link, useLocation } from 'react-router';
import { unwrap } from '../api';
import type { User } from '../api/types';
import { resendEmail } from '../generated';
import { FailureNote } from '../ui/FailureNote';
import { PageHeading } from '../ui/PageHeading';
import { ResendButton } from '../ui/ResendButton';
import { ChangeAddress } from './ChangeAddress';
import { CodeForm } from './CodeForm';
import classes from './Credentials.module.css';
import { useResend } from './useResend';

const PAUSE_S = 60;

/** The six digits of the mail after signing up, another mail, or another address. Nothing here keeps one from going on. */
export function VerifyByCode({ user, title }: { user: User; title: string }) {
  const { t } = useLingui();
  const { state } = useLocation() as { state: { from?: string } | null };
  /** The address to which the newest mail went, and how it is asked for once more. */
  const [other, setOther] = useState<{ email: string; again: () => Promise<unknown> }>();
  const [changing, setChanging] = useState(false);
  const email = other?.email ?? user.email;
  const resend = useResend(other?.again ?? (() => unwrap(resendEmail())), pauseLeft(user));

  return (
    <>
      <PageHeading title={title} heading={t`Check your mail`} lead={<Lead email={email} />} />
      <FailureNote failure={resend.failure} />
      {changing ? (
        <ChangeAddress
          onSent={(next) => {
            setOther(next);
            setChanging(false);
            resend.begin(PAUSE_S);
          }}
          onCancel={() => setChanging(false)}
        />
      ) : (
        <div className={classes.form}>
          <CodeForm key={email} />
          <div className={classes.ways}>
            <ResendButton {...resend} />
            <Button variant="subtle" type="button" onClick={() => setChanging(true)}>
              <Trans>Use another address</Trans>
            </Button>
          </div>
        </div>
      )}
      <p className={classes.other}>
        <Link to={state?.from ?? '/onboarding'}>
          <Trans>Do this later</Trans>
        </Link>
      </p>
    </>
  );
}

function Lead({ email }: { email: string }) {
  return (
    <>
      <Trans>
        We sent six digits to <strong className={classes.address}>{email}</strong>. They are good for ten
        minutes.
      </Trans>
    </>
  );
}

/** Seconds until the service sends another mail: the first one went out when the account was made. */
function pauseLeft(user: User): number {
  const since = (Date.now() - Date.parse(user.created_at)) / 1000;
  return Math.max(0, Math.min(PAUSE_S, Math.ceil(PAUSE_S - since)));
}
