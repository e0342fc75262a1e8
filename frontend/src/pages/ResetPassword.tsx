import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { unwrap } from '../api';
import { ApiError } from '../api/problem';
import { resetPassword } from '../generated';
import { FailureNote } from '../ui/FailureNote';
import { PageHeading } from '../ui/PageHeading';
import { advise } from './credentials';
import classes from './Credentials.module.css';
import { useMailToken } from './mail-link';
import { NewPassword } from './NewPassword';
import { useCredentialsForm } from './useCredentialsForm';

const titleOfPage = (): string => t`New password`;

type Trouble = 'cut' | 'used' | 'expired';

/** Where the mail for a forgotten password leads. */
export function ResetPassword() {
  const token = useMailToken();
  return token === undefined ? <Useless trouble="cut" /> : <Choose key={token} token={token} />;
}

function Choose({ token }: { token: string }) {
  const navigate = useNavigate();
  const [trouble, setTrouble] = useState<Trouble>();
  const { form, field, formRef, busy, failure, onSubmit } = useCredentialsForm({
    initial: { new_password: '' },
    validate: { new_password: (password) => advise(password, '').error },
    send: async ({ new_password }) => {
      try {
        await unwrap(resetPassword({ body: { token, new_password } }));
      } catch (error) {
        const told = troubleOf(error);
        if (told === undefined) throw error;
        return setTrouble(told);
      }
      await navigate('/log-in', { replace: true, state: { passwordChanged: true } });
    },
  });
  if (trouble !== undefined) return <Useless trouble={trouble} />;
  return (
    <>
      <PageHeading
        title={titleOfPage()}
        heading={t`Choose a new password`}
        lead={t`You are logged out everywhere, and log in with it from then on.`}
      />
      <form ref={formRef} className={classes.form} onSubmit={onSubmit} noValidate>
        <FailureNote failure={failure} />
        <NewPassword
          label={t`New password`}
          email=""
          value={form.values.new_password}
          input={field('new_password')}
        />
        <Button type="submit" size="lg" fullWidth loading={busy}>
          <Trans>Change the password</Trans>
        </Button>
      </form>
    </>
  );
}

function troubleOf(error: unknown): Trouble | undefined {
  if (!(error instanceof ApiError)) return undefined;
  if (error.code === 'token_used') return 'used';
  if (error.code === 'token_expired') return 'expired';
  return error.fields['token'] ? 'cut' : undefined;
}

const WORDS: Record<Trouble, { heading: string; lead: string }> = {
  cut: {
    get heading() {
      return t`This link is not complete`;
    },
    get lead() {
      return t`Open it from the mail once more, copy all of it into the address bar, or get a new one.`;
    },
  },
  used: {
    get heading() {
      return t`This link was used before`;
    },
    get lead() {
      return t`The password has been changed by it, and a link works once. Log in with the new password. If it was not you who changed it, get a new link now.`;
    },
  },
  expired: {
    get heading() {
      return t`This link does not work any more`;
    },
    get lead() {
      return t`It is too old, or a newer mail has taken its place. Your password is as it was.`;
    },
  },
};

function Useless({ trouble }: { trouble: Trouble }) {
  return (
    <>
      <PageHeading key={trouble} title={titleOfPage()} {...WORDS[trouble]} />
      <div className={classes.form}>
        <Button component={Link} to="/forgot-password" size="lg">
          <Trans>Get a new link</Trans>
        </Button>
      </div>
      <p className={classes.other}>
        <Link to="/log-in">
          <Trans>Back to the log-in</Trans>
        </Link>
      </p>
    </>
  );
}
