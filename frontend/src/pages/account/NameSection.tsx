import { Trans, useLingui } from '@lingui/react/macro';
import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { unwrap } from '../../api';
import type { User } from '../../api/types';
import { updateAccount } from '../../generated';
import { noteUser } from '../../session/account';
import { Callout } from '../../ui/Callout';
import { FailureNote } from '../../ui/FailureNote';
import { nameError } from '../credentials';
import { useCredentialsForm } from '../useCredentialsForm';
import classes from './Account.module.css';
import { Section } from './Section';

export function NameSection({ user }: { user: User }) {
  const { t } = useLingui();
  const [saved, setSaved] = useState(false);
  const { form, field, formRef, busy, failure, onSubmit } = useCredentialsForm({
    initial: { full_name: user.full_name },
    validate: { full_name: nameError },
    send: async (body) => {
      setSaved(false);
      noteUser(await unwrap(updateAccount({ body })));
      setSaved(true);
    },
  });
  const changed = form.values.full_name.trim() !== user.full_name;
  return (
    <Section title={t`Profile`} lead={t`How you want to be called.`}>
      <form ref={formRef} className={classes.form} onSubmit={onSubmit} noValidate>
        <FailureNote failure={failure} />
        {saved && !changed && (
          <Callout tone="good">
            <Trans>Your name is saved.</Trans>
          </Callout>
        )}
        <TextInput label={t`Your name`} autoComplete="name" {...field('full_name')} />
        <div className={classes.ways}>
          <Button type="submit" loading={busy} disabled={!changed}>
            <Trans>Save</Trans>
          </Button>
        </div>
      </form>
    </Section>
  );
}
