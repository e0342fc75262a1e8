import { Trans, useLingui } from '@lingui/react/macro';
import { Button, TextInput } from '@mantine/core';
import { Link, useLocation } from 'react-router';
import { signUp } from '../session/account';
import { FailureNote } from '../ui/FailureNote';
import { PageHeading } from '../ui/PageHeading';
import { advise, emailError, nameError } from './credentials';
import classes from './Credentials.module.css';
import { NewPassword } from './NewPassword';
import { useCredentialsForm } from './useCredentialsForm';

export function SignUp() {
  const { t } = useLingui();
  const taken = t`There is an account with this address already.`;
  const location = useLocation();
  const { form, field, formRef, busy, failure, onSubmit } = useCredentialsForm({
    initial: { full_name: '', email: '', password: '' },
    validate: {
      full_name: nameError,
      email: emailError,
      password: (password, { email }) => advise(password, email).error,
    },
    send: signUp,
    refusal: (error) => (error.code === 'email_taken' ? { email: taken } : undefined),
  });
  const isTaken = form.errors['email'] === taken;
  return (
    <>
      <PageHeading
        title={t`Sign up`}
        heading={t`Create your account`}
        lead={t`It takes about three minutes from here.`}
      />
      <form ref={formRef} className={classes.form} onSubmit={onSubmit} noValidate>
        <FailureNote failure={failure} />
        <TextInput label={t`Your name`} autoComplete="name" {...field('full_name')} />
        <TextInput
          label={t`E-mail`}
          type="email"
          autoComplete="email"
          inputMode="email"
          {...field('email')}
          error={
            isTaken ? (
              <TakenHint words={taken} email={form.values.email} state={location.state} />
            ) : (
              form.errors['email']
            )
          }
        />
        <NewPassword
          label={t`Password`}
          email={form.values.email}
          value={form.values.password}
          input={field('password')}
        />
        <Button type="submit" size="lg" fullWidth loading={busy}>
          <Trans>Create account</Trans>
        </Button>
      </form>
      <p className={classes.legal}>
        <Trans>
          By creating an account you accept the{' '}
          <a href="/terms" target="_blank" rel="noopener">
            terms of use
          </a>
          . What we keep of you is in the{' '}
          <a href="/privacy" target="_blank" rel="noopener">
            privacy notice
          </a>
          .
        </Trans>
      </p>
      <p className={classes.other}>
        <Trans>
          Been here before?{' '}
          <Link to="/log-in" state={location.state}>
            Log in
          </Link>
        </Trans>
      </p>
    </>
  );
}

interface TakenHintProps {
  words: string;
  email: string;
  state: unknown;
}

function TakenHint({ words, email, state }: TakenHintProps) {
  const carried = typeof state === 'object' ? state : {};
  return (
    <>
      {words}{' '}
      <Link to="/log-in" state={{ ...carried, email }}>
        <Trans>Log in instead</Trans>
      </Link>
    </>
  );
}
