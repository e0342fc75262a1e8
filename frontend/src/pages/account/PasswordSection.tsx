import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useState } from 'react';
import { unwrap } from '../../api';
import type { ApiError } from '../../api/problem';
import type { User } from '../../api/types';
import { changePassword } from '../../generated';
import { Callout } from '../../ui/Callout';
import { FailureNote } from '../../ui/FailureNote';
import { PasswordField } from '../../ui/PasswordField';
import { advise } from '../credentials';
import { NewPassword } from '../NewPassword';
import { useCredentialsForm } from '../useCredentialsForm';
import classes from './Account.module.css';
import { Section } from './Section';

export function PasswordSection({ user }: { user: User }) {
  const [changed, setChanged] = useState(false);
  const { form, field, formRef, busy, failure, onSubmit } = useCredentialsForm({
    initial: { current_password: '', new_password: '' },
    validate: {
      current_password: (password) => (password ? undefined : t`Enter your current password.`),
      new_password: (password) => advise(password, user.email).error,
    },
    send: async (body) => {
      setChanged(false);
      await unwrap(changePassword({ body }));
      form.reset();
      setChanged(true);
    },
    refusal: notYours,
  });
  return (
    <Section title={t`Password`} lead={t`With a new one, you are logged out everywhere but here.`}>
      <form ref={formRef} className={classes.form} onSubmit={onSubmit} noValidate>
        <FailureNote failure={failure} />
        {changed && (
          <Callout tone="good">
            <Trans>Your password is changed.</Trans>
          </Callout>
        )}
        <PasswordField
          label={t`Current password`}
          autoComplete="current-password"
          {...field('current_password')}
        />
        <NewPassword
          label={t`New password`}
          email={user.email}
          value={form.values.new_password}
          input={field('new_password')}
        />
        <div className={classes.ways}>
          <Button type="submit" loading={busy}>
            <Trans>Change the password</Trans>
          </Button>
        </div>
      </form>
    </Section>
  );
}

export function notYours(error: ApiError): { current_password: string } | undefined {
  return error.code === 'invalid_credentials'
    ? { current_password: t`This is not your password.` }
    : undefined;
}
