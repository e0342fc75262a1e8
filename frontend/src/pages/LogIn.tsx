import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Skeleton, TextInput } from '@mantine/core';
import { type ComponentType, lazy, Suspense, useState } from 'react';
import { Link, useLocation } from 'react-router';
import { ApiError } from '../api/problem';
import { useStore } from '../app/useStore';
import { load } from '../app/load';
import { page } from '../app/page';
import type { AskedFactorBody } from '../generated';
import { passkeysPossible } from '../passkeys/possible';
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

const SecondFactor = page(() => import('./factors/SecondFactor'), 'SecondFactor', 'factors');

/** Where it cannot be loaded, the password is left. */
const PasskeyLogIn = lazy(() =>
  load(import('./passkeys/PasskeyLogIn'), 'PasskeyLogIn', 'passkeys').catch(() => ({ default: NOTHING })),
);
const NOTHING: ComponentType<{ isBusy: boolean }> = () => null;

interface Carried {
  email?: string;
  /** By a link of a mail, a moment ago. */
  passwordChanged?: boolean;
}

export function LogIn() {
  const location = useLocation();
  const carried = location.state as Carried | null;
  const byPasskey = passkeysPossible();
  const [asked, setAsked] = useState<AskedFactorBody>();
  const [expired, setExpired] = useState(false);
  const { form, field, formRef, busy, failure, onSubmit } = useCredentialsForm({
    initial: { email: carried?.email ?? '', password: '' },
    validate: { email: emailError, password: (password) => (password ? undefined : t`Enter your password.`) },
    send: async (credentials) => {
      setExpired(false);
      try {
        await logIn(credentials);
      } catch (error) {
        const factor = error instanceof ApiError ? error.secondFactor : undefined;
        if (!factor) throw error;
        setAsked(factor);
      }
    },
    refusal: (error) =>
      error.code === 'invalid_credentials'
        ? { password: t`E-mail and password do not match. Check both, and try again.` }
        : undefined,
  });
  if (asked) {
    const onOver = (late: boolean): void => {
      form.setFieldValue('password', '');
      setExpired(late);
      setAsked(undefined);
    };
    return <SecondFactor asked={asked} onOver={onOver} />;
  }
  return (
    <>
      <PageHeading title={t`Log in`} heading={t`Welcome back`} lead={t`You go on where you left off.`} />
      <form ref={formRef} className={classes.form} onSubmit={onSubmit} noValidate>
        {expired && (
          <Callout tone="note">{t`That took too long, so please enter your password once more.`}</Callout>
        )}
        {failure && <FailureNote failure={failure} />}
        {!failure && !expired && <Reason passwordChanged={carried?.passwordChanged} />}
        <TextInput
          label={t`E-mail`}
          type="email"
          autoComplete={byPasskey ? 'username webauthn' : 'username'}
          inputMode="email"
          {...field('email')}
        />
        <div className={classes.password}>
          <PasswordField label={t`Password`} autoComplete="current-password" {...field('password')} />
          <Link to="/forgot-password" state={{ email: form.values.email }}>
            <Trans>Forgot your password?</Trans>
          </Link>
        </div>
        <Button type="submit" size="lg" fullWidth loading={busy}>
          <Trans>Log in</Trans>
        </Button>
        {byPasskey && (
          <Suspense fallback={<Skeleton height="3.125rem" />}>
            <PasskeyLogIn isBusy={busy} />
          </Suspense>
        )}
        <ProviderButtons />
      </form>
      <p className={classes.other}>
        <Trans>
          New here?{' '}
          <Link to="/sign-up" state={location.state}>
            Create an account
          </Link>
        </Trans>
      </p>
    </>
  );
}

/** Why one is here, where that was not one's own choice. */
function Reason({ passwordChanged = false }: { passwordChanged: boolean | undefined }) {
  const state = useStore(session);
  if (passwordChanged) {
    return (
      <Callout tone="good">
        <Trans>Your password is changed. Log in with the new one.</Trans>
      </Callout>
    );
  }
  if (state.phase !== 'guest' || state.reason === undefined) return null;
  if (state.reason === 'closed') {
    return (
      <Callout tone="note" title={t`Your account is closed`}>
        <Trans>Log in within 14 days if you want to open it again.</Trans>
      </Callout>
    );
  }
  return state.reason === 'ended' ? (
    <Callout tone="note" title={t`Your session has ended`}>
      <Trans>Log in to go on. What you typed is kept on this device.</Trans>
    </Callout>
  ) : (
    <Callout tone="good">
      <Trans>You are logged out. See you soon.</Trans>
    </Callout>
  );
}
