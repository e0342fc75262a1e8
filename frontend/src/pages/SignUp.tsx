import { Button, PasswordInput, TextInput } from '@mantine/core';
import { Link, useLocation } from 'react-router';
import { signUp } from '../session/account';
import { Callout } from '../ui/Callout';
import { PageHeading } from '../ui/PageHeading';
import { advise, emailError, nameError } from './credentials';
import classes from './Credentials.module.css';
import { PasswordMeter } from './PasswordMeter';
import { useCredentialsForm } from './useCredentialsForm';

export function SignUp() {
  const location = useLocation();
  const { form, formRef, busy, failure, onSubmit } = useCredentialsForm({
    initial: { full_name: '', email: '', password: '' },
    validate: {
      full_name: nameError,
      email: emailError,
      password: (password, { email }) => advise(password, email).error,
    },
    send: signUp,
    refusal: (error) => (error.code === 'email_taken' ? { email: TAKEN } : undefined),
  });
  const advice = advise(form.values.password, form.values.email);
  const taken = form.errors['email'] === TAKEN;
  return (
    <>
      <PageHeading
        title="Sign up"
        heading="Create your account"
        lead="It takes about three minutes from here."
      />
      <form ref={formRef} className={classes.form} onSubmit={onSubmit} noValidate>
        {failure && <Callout tone="bad">{failure}</Callout>}
        <TextInput label="Your name" autoComplete="name" {...form.getInputProps('full_name')} />
        <TextInput
          label="E-mail"
          type="email"
          autoComplete="email"
          inputMode="email"
          {...form.getInputProps('email')}
          error={
            taken ? <TakenHint email={form.values.email} state={location.state} /> : form.errors['email']
          }
        />
        <div>
          <PasswordInput
            label="Password"
            autoComplete="new-password"
            aria-describedby="password-advice"
            visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
            {...form.getInputProps('password')}
            error={Boolean(form.errors['password'])}
          />
          <PasswordMeter id="password-advice" advice={advice} error={form.errors['password']} />
        </div>
        <Button type="submit" size="lg" fullWidth loading={busy}>
          Create account
        </Button>
      </form>
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
