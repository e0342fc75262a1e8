import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Select, TextInput } from '@mantine/core';
import { type FormEvent, useRef, useState } from 'react';
import { unwrap } from '../../api';
import { invite } from '../../generated';
import { Callout } from '../../ui/Callout';
import { FailureNote } from '../../ui/FailureNote';
import { focusFirstError } from '../../ui/focus';
import { emailError } from '../credentials';
import classes from './Organization.module.css';
import { useChange, useOrganization } from './useOrganization';

/** Invites a colleague by mail. Only owners invite owners. */
export function InviteForm() {
  const { isOwner } = useOrganization();
  const { busy, failure, change } = useChange();
  const [email, setEmail] = useState('');
  const [role, setRole] = useState('member');
  const [error, setError] = useState<string>();
  const [invited, setInvited] = useState<string>();
  const formRef = useRef<HTMLFormElement>(null);
  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const address = email.trim();
    const wrong = emailError(address);
    setError(wrong);
    setInvited(undefined);
    if (wrong !== undefined) return focusFirstError(formRef.current);
    const sent = await change('invite', () => unwrap(invite({ body: { email: address, role } })));
    if (!sent) return undefined;
    setEmail('');
    setInvited(address);
    return undefined;
  };
  return (
    <form ref={formRef} className={classes.form} onSubmit={send} noValidate>
      <FailureNote failure={failure} />
      {invited !== undefined && (
        <Callout tone="good">
          <Trans>
            A mail is on its way to <strong dir="auto">{invited}</strong>. Its link works for seven days.
          </Trans>
        </Callout>
      )}
      <div className={classes.line}>
        <TextInput
          label={t`E-mail of a colleague`}
          type="email"
          inputMode="email"
          autoComplete="off"
          value={email}
          error={error}
          onChange={(event) => {
            setEmail(event.currentTarget.value);
            setError(undefined);
          }}
        />
        {isOwner && (
          <Select
            label={t`Role`}
            data={[
              { value: 'member', label: t`Member` },
              { value: 'owner', label: t`Owner` },
            ]}
            allowDeselect={false}
            value={role}
            onChange={(next) => setRole(next ?? 'member')}
          />
        )}
      </div>
      <div className={classes.ways}>
        <Button type="submit" loading={busy === 'invite'}>
          <Trans>Invite</Trans>
        </Button>
      </div>
    </form>
  );
}
