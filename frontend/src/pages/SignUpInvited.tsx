import { Trans, useLingui } from '@lingui/react/macro';
import { Button, TextInput } from '@mantine/core';
import { Link, useNavigate } from 'react-router';
import type { ReceivedInvitationBody } from '../generated';
import { signUp } from '../session/account';
import { FailureNote } from '../ui/FailureNote';
import { PageHeading } from '../ui/PageHeading';
import { advise, nameError } from './credentials';
import classes from './Credentials.module.css';
import { NewPassword } from './NewPassword';
import { useCredentialsForm } from './useCredentialsForm';

interface SignUpInvitedProps {
  token: string;
  invitation: ReceivedInvitationBody;
}

/** An invitation, for whoever is not logged in: the account is made for the address that the mail has reached. */
export function SignUpInvited({ token, invitation: { organization, email } }: SignUpInvitedProps) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const { form, field, formRef, busy, failure, onSubmit } = useCredentialsForm({
    initial: { full_name: '', password: '' },
    validate: { full_name: nameError, password: (password) => advise(password, email).error },
    send: async (values) => {
      await signUp({ ...values, email, invitation: token });
      await navigate('/onboarding', { replace: true });
    },
    refusal: (error) =>
      error.code === 'email_taken'
        ? { form: t`There is an account with this address already. Log in, and you can join.` }
        : undefined,
  });
  const comeBack = { from: `/invitation#token=${encodeURIComponent(token)}`, email };
  return (
    <>
      <PageHeading
        title={t`Invitation`}
        heading={t`Join ${organization}`}
        lead={t`Create your account for the address that this invitation was sent to.`}
      />
      <form ref={formRef} className={classes.form} onSubmit={onSubmit} noValidate>
        <FailureNote failure={failure} />
        <TextInput label={t`Your name`} autoComplete="name" {...field('full_name')} />
        <TextInput label={t`E-mail`} type="email" autoComplete="email" value={email} readOnly />
        <NewPassword
          label={t`Password`}
          email={email}
          value={form.values.password}
          input={field('password')}
        />
        <Button type="submit" size="lg" fullWidth loading={busy}>
          <Trans>Create account and join</Trans>
        </Button>
      </form>
      <p className={classes.other}>
        <Trans>
          Been here before?{' '}
          <Link to="/log-in" state={comeBack}>
            Log in
          </Link>
        </Trans>
      </p>
    </>
  );
}
