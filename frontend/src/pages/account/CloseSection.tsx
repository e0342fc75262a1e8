import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useState } from 'react';
import { unwrap } from '../../api';
import { closeAccount } from '../../generated';
import { endHere } from '../../session/account';
import { FailureNote } from '../../ui/FailureNote';
import { PasswordField } from '../../ui/PasswordField';
import { useCredentialsForm } from '../useCredentialsForm';
import classes from './Account.module.css';
import { notYours } from './PasswordSection';
import { Section } from './Section';

/** Closing asks for the password, and can be taken back for two weeks. */
export function CloseSection() {
  const { t } = useLingui();
  const [asked, setAsked] = useState(false);
  return (
    <Section
      title={t`Close my account`}
      lead={t`You are logged out everywhere. For 14 days you can open it again by logging in; then everything is deleted.`}
    >
      {asked ? (
        <Confirm onCancel={() => setAsked(false)} />
      ) : (
        <div className={classes.ways}>
          <Button variant="outline" color="red" onClick={() => setAsked(true)}>
            <Trans>Close my account</Trans>
          </Button>
        </div>
      )}
    </Section>
  );
}

function Confirm({ onCancel }: { onCancel: () => void }) {
  const { t } = useLingui();
  const { field, formRef, busy, failure, onSubmit } = useCredentialsForm({
    initial: { current_password: '' },
    validate: { current_password: (password) => (password ? undefined : t`Enter your password.`) },
    send: async (body) => {
      await unwrap(closeAccount({ body }));
      endHere('closed');
    },
    refusal: notYours,
  });
  return (
    <form ref={formRef} className={classes.form} onSubmit={onSubmit} noValidate>
      <FailureNote failure={failure} />
      <PasswordField
        label={t`Your password, to close the account`}
        autoComplete="current-password"
        {...field('current_password')}
      />
      <div className={classes.ways}>
        <Button type="submit" color="red" loading={busy}>
          <Trans>Close it</Trans>
        </Button>
        <Button variant="default" onClick={onCancel}>
          <Trans>Keep it</Trans>
        </Button>
      </div>
    </form>
  );
}
