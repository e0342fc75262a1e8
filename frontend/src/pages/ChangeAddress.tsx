import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, TextInput } from '@mantine/core';
import { unwrap } from '../api';
import type { ApiError } from '../api/problem';
import { changeEmail } from '../generated';
import { FailureNote } from '../ui/FailureNote';
import { PasswordField } from '../ui/PasswordField';
import { emailError } from './credentials';
import classes from './Credentials.module.css';
import { useCredentialsForm } from './useCredentialsForm';

interface ChangeAddressProps {
  /** The mail is on its way: to where, and how it is asked for once more. */
  onSent: (sent: { email: string; again: () => Promise<unknown> }) => void;
  onCancel: () => void;
}

/** Moves the account to another address. The password shows that it is the owner who asks. */
export function ChangeAddress({ onSent, onCancel }: ChangeAddressProps) {
  const { field, formRef, busy, failure, onSubmit } = useCredentialsForm({
    initial: { new_email: '', current_password: '' },
    validate: {
      new_email: emailError,
      current_password: (password) => (password ? undefined : t`Enter your password.`),
    },
    send: async (body) => {
      const again = (): Promise<unknown> => unwrap(changeEmail({ body }));
      await again();
      onSent({ email: body.new_email.trim(), again });
    },
    refusal,
  });
  return (
    <form ref={formRef} className={classes.form} onSubmit={onSubmit} noValidate>
      <FailureNote failure={failure} />
      <TextInput
        label={t`New e-mail`}
        type="email"
        inputMode="email"
        autoComplete="email"
        {...field('new_email')}
      />
      <PasswordField
        label={t`Your password`}
        autoComplete="current-password"
        {...field('current_password')}
      />
      <div className={classes.ways}>
        <Button type="submit" loading={busy}>
          <Trans>Send the mail there</Trans>
        </Button>
        <Button variant="default" type="button" onClick={onCancel}>
          <Trans>Cancel</Trans>
        </Button>
      </div>
    </form>
  );
}

function refusal(error: ApiError): { current_password: string } | undefined {
  return error.code === 'invalid_credentials'
    ? { current_password: t`This is not your password.` }
    : undefined;
}
