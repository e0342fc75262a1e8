import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { unwrap } from '../../api';
import { foundOrganization } from '../../generated';
import { FailureNote } from '../../ui/FailureNote';
import { Section } from '../account/Section';
import { Offers } from './Offers';
import classes from './Organization.module.css';
import { useChange } from './useOrganization';

/** For whoever belongs to none: to join one that offers itself, or to make one. */
export function NoOrganization() {
  const { busy, failure, change } = useChange();
  const [name, setName] = useState('');
  const [error, setError] = useState<string>();
  const found = (event: FormEvent): void => {
    event.preventDefault();
    if (name.trim() === '') return setError(t`What is your organization called?`);
    void change('found', () => unwrap(foundOrganization({ body: { name: name.trim() } })));
    return undefined;
  };
  return (
    <>
      <Offers />
      <Section
        title={t`A new organization`}
        lead={t`You own it, and can invite others. Whoever has invited you has sent you a mail with a link.`}
      >
        <form className={classes.form} onSubmit={found} noValidate>
          <FailureNote failure={failure} />
          <TextInput
            label={t`Name`}
            autoComplete="organization"
            required
            withAsterisk={false}
            value={name}
            error={error}
            onChange={(event) => {
              setName(event.currentTarget.value);
              setError(undefined);
            }}
          />
          <div className={classes.ways}>
            <Button type="submit" loading={busy === 'found'}>
              <Trans>Make it</Trans>
            </Button>
          </div>
        </form>
      </Section>
    </>
  );
}
