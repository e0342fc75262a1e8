import { Trans, useLingui } from '@lingui/react/macro';
import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Link, useLocation } from 'react-router';
import { unwrap } from '../api';
import { forgotPassword } from '../generated';
import { FailureNote } from '../ui/FailureNote';
import { PageHeading } from '../ui/PageHeading';
import { ResendButton } from '../ui/ResendButton';
import { emailError } from './credentials';
import classes from './Credentials.module.css';
import { useCredentialsForm } from './useCredentialsForm';
import { useResend } from './useResend';

const PAUSE_S = 60;

/** Asks for the mail by which a new password is chosen. */
export function ForgotPassword() {
  const { state } = useLocation() as { state: { email?: string } | null };
  const [email, setEmail] = useState(state?.email ?? '');
  const [sent, setSent] = useState(false);
  return (
    <>
      {sent ? (
        <Sent email={email} onOther={() => setSent(false)} />
      ) : (
        <Ask
          email={email}
          onSent={(to) => {
            setEmail(to);
            setSent(true);
          }}
        />
      )}
      <p className={classes.other}>
        <Link to="/log-in" state={{ email }}>
          <Trans>Back to the log-in</Trans>
        </Link>
      </p>
    </>
  );
}

const ask = (email: string): Promise<unknown> => unwrap(forgotPassword({ body: { email } }));

function Ask({ email, onSent }: { email: string; onSent: (email: string) => void }) {
  const { t } = useLingui();
  const { field, formRef, busy, failure, onSubmit } = useCredentialsForm({
    initial: { email },
    validate: { email: emailError },
    send: async (values) => {
      await ask(values.email);
      onSent(values.email.trim());
    },
  });
  return (
    <>
      <PageHeading
        title={t`Forgotten password`}
        heading={t`Choose a new password`}
        lead={t`Tell us your address, and we send you a link for it.`}
      />
      <form ref={formRef} className={classes.form} onSubmit={onSubmit} noValidate>
        <FailureNote failure={failure} />
        <TextInput
          label={t`E-mail`}
          type="email"
          autoComplete="username"
          inputMode="email"
          {...field('email')}
        />
        <Button type="submit" size="lg" fullWidth loading={busy}>
          <Trans>Send the link</Trans>
        </Button>
      </form>
    </>
  );
}

/** The same for an address without an account: who has one is nobody's business. */
function Sent({ email, onOther }: { email: string; onOther: () => void }) {
  const { t } = useLingui();
  const resend = useResend(() => ask(email), PAUSE_S);
  return (
    <>
      <PageHeading
        title={t`Forgotten password`}
        heading={t`Check your mail`}
        lead={
          <>
            <Trans>
              If <strong className={classes.address}>{email}</strong> has an account, a link is on its way
              there. It is good for ten minutes.
            </Trans>
          </>
        }
      />
      <div className={classes.form}>
        <FailureNote failure={resend.failure} />
        <div className={classes.ways}>
          <ResendButton {...resend} />
          <Button variant="subtle" onClick={onOther}>
            <Trans>Use another address</Trans>
          </Button>
        </div>
      </div>
    </>
  );
}
