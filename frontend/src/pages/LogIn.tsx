import { Button, TextInput } from '@mantine/core';
import { Link, useLocation } from 'react-router';
import { useStore } from '../app/store';
import { logIn } from '../session/account';
import { session } from '../session/session';
import { Callout } from '../ui/Callout';
import { FailureNote } from '../ui/FailureNote';
import { PageHeading } from '../ui/PageHeading';
import { PasswordField } from '../ui/PasswordField';
import { emailError } from './credentials';
import classes from './Credentials.module.css';
import { ProviderButtons } from './ProviderButtons';
import { useCredentialsForm } from './useCredentialsForm';

interface Carried {
  email?: string;
  /** By a link of a mail, a moment ago. */
  passwordChanged?: boolean;
}

export function LogIn() {
  const location = useLocation();
  const carried = location.state as Carried | null;
  const { form, field, formRef, busy, failure, onSubmit } = useCredentialsForm({
    initial: { email: carried?.email ?? '', password: '' },
    validate: { email: emailError, password: (password) => (password ? undefined : 'Enter your password.') },
    send: logIn,
    refusal: (error) => (error.code === 'invalid_credentials' ? { password: NO_MATCH } : undefined),
  });
  return (
    <>
      <PageHeading title="Log in" heading="Welcome back" lead="You go on where you left off." />
      <form ref={formRef} className={classes.form} onSubmit={onSubmit} noValidate>
        {failure ? <FailureNote failure={failure} /> : <Reason passwordChanged={carried?.passwordChanged} />}
        <TextInput
          label="E-mail"
          type="email"
          autoComplete="username"
          inputMode="email"
          {...field('email')}
        />
        <div className={classes.password}>
          <PasswordField label="Password" autoComplete="current-password" {...field('password')} />
          <Link to="/forgot-password" state={{ email: form.values.email }}>
            Forgot your password?
          </Link>
        </div>
        <Button type="submit" size="lg" fullWidth loading={busy}>
          Log in
        </Button>
        <ProviderButtons />
      </form>
      <p className={classes.other}>
        New here?{' '}
        <Link to="/sign-up" state={location.state}>
          Create an account
        </Link>
      </p>
    </>
  );
}

const NO_MATCH = 'E-mail and password do not match. Check both, and try again.';

/** Why one is here, where that was not one's own choice. */
function Reason({ passwordChanged = false }: { passwordChanged: boolean | undefined }) {
  const state = useStore(session);
  if (passwordChanged) {
    return <Callout tone="good">Your password is changed. Log in with the new one.</Callout>;
  }
  if (state.phase !== 'guest' || state.reason === undefined) return null;
  if (state.reason === 'closed') {
    return (
      <Callout tone="note" title="Your account is closed">
        Log in within 14 days if you want to open it again.
      </Callout>
    );
  }
  return state.reason === 'ended' ? (
    <Callout tone="note" title="Your session has ended">
      Log in to go on. What you typed is kept on this device.
    </Callout>
  ) : (
    <Callout tone="good">You are signed out. See you soon.</Callout>
  );
}
