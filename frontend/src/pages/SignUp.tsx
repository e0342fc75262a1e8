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
  const location = useLocation();
  const { form, field, formRef, busy, failure, onSubmit } = useCredentialsForm({
    initial: { full_name: '', email: '', password: '' },
    validate: {
      full_name: nameError,
      email: emailError,
      password: (password, { email }) => advise(password, email).error,
    },
    send: signUp,
    refusal: (error) => (error.code === 'email_taken' ? { email: TAKEN } : undefined),
  });
  const taken = form.errors['email'] === TAKEN;
  return (
    <>
      <PageHeading
        title="Sign up"
        heading="Create your account"
        lead="It takes about three minutes from here."
      />
      <form ref={formRef} className={classes.form} onSubmit={onSubmit} noValidate>
        <FailureNote failure={failure} />
        <TextInput label="Your name" autoComplete="name" {...field('full_name')} />
        <TextInput
          label="E-mail"
          type="email"
          autoComplete="email"
          inputMode="email"
          {...field('email')}
          error={
            taken ? <TakenHint email={form.values.email} state={location.state} /> : form.errors['email']
          }
        />
        <NewPassword
          label="Password"
          email={form.values.email}
          value={form.values.password}
          input={field('password')}
        />
        <Button type="submit" size="lg" fullWidth loading={busy}>
          Create account
        </Button>
      </form>
      <p className={classes.legal}>
        By creating an account you accept the{' '}
        <a href="/terms" target="_blank" rel="noopener">
          terms of use
        </a>
        . What we keep of you is in the{' '}
        <a href="/privacy" target="_blank" rel="noopener">
          privacy notice
        </a>
        .
      </p>
      <p className={classes.other}>
        Been here before?{' '}
        <Link to="/log-in" state={location.state}>
          Log in
        </Link>
      </p>
    </>
  );
}

const TAKEN = 'There is an account with this address already.';

function TakenHint({ email, state }: { email: string; state: unknown }) {
  const carried = typeof state === 'object' ? state : {};
  return (
    <>
      {TAKEN}{' '}
      <Link to="/log-in" state={{ ...carried, email }}>
        Log in instead
      </Link>
    </>
  );
}
