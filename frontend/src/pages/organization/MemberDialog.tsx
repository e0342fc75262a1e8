import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useState } from 'react';
import { unwrap } from '../../api';
import { type MemberBody, passOwnership, removeMember, setMemberRole } from '../../generated';
import { Dialog } from '../../ui/Dialog';
import { FailureNote } from '../../ui/FailureNote';
import classes from './Organization.module.css';
import { useChange } from './useOrganization';

/** What an owner can do about a member. What cannot be taken back asks once more. */
export function MemberDialog({ member, onClose }: { member: MemberBody; onClose: () => void }) {
  const { busy, failure, change } = useChange();
  const [asked, setAsked] = useState<'pass' | 'remove'>();
  const { user_id, full_name: name } = member;
  const path = { user_id };
  const act = async (what: string, call: () => Promise<unknown>): Promise<void> => {
    if (await change(what, call)) onClose();
  };
  const role = member.role === 'owner' ? 'member' : 'owner';
  if (asked === 'remove') {
    return (
      <Sure
        title={t`Remove ${name}?`}
        lead={t`They see nothing of the organization any more, at once, and their open invitations are withdrawn. Their account stays.`}
        button={t`Remove`}
        busy={busy !== undefined}
        failure={<FailureNote failure={failure} />}
        onYes={() => void act('remove', () => unwrap(removeMember({ path })))}
        onNo={() => setAsked(undefined)}
      />
    );
  }
  if (asked === 'pass') {
    return (
      <Sure
        title={t`Pass your ownership to ${name}?`}
        lead={t`They become an owner, and you a member. Only an owner can make you one again.`}
        button={t`Pass it on`}
        busy={busy !== undefined}
        failure={<FailureNote failure={failure} />}
        onYes={() => void act('pass', () => unwrap(passOwnership({ body: { user_id } })))}
        onNo={() => setAsked(undefined)}
      />
    );
  }
  return (
    <Dialog title={name} lead={member.email} onClose={onClose}>
      <FailureNote failure={failure} />
      <div className={classes.choices}>
        <Button
          variant="default"
          loading={busy === 'role'}
          onClick={() => void act('role', () => unwrap(setMemberRole({ path, body: { role } })))}
        >
          {role === 'owner' ? t`Make an owner` : t`Make a member`}
        </Button>
        <Button variant="default" onClick={() => setAsked('pass')}>
          <Trans>Pass my ownership on</Trans>
        </Button>
        <Button variant="outline" color="red" onClick={() => setAsked('remove')}>
          <Trans>Remove from the organization</Trans>
        </Button>
        <Button variant="subtle" onClick={onClose}>
          <Trans>Close</Trans>
        </Button>
      </div>
    </Dialog>
  );
}

interface SureProps {
  title: string;
  lead: string;
  button: string;
  busy: boolean;
  failure: React.ReactNode;
  onYes: () => void;
  onNo: () => void;
}

function Sure({ title, lead, button, busy, failure, onYes, onNo }: SureProps) {
  return (
    <Dialog title={title} lead={lead} onClose={onNo}>
      {failure}
      <div className={classes.ways}>
        <Button color="red" loading={busy} onClick={onYes}>
          {button}
        </Button>
        <Button variant="default" onClick={onNo}>
          <Trans>Cancel</Trans>
        </Button>
      </div>
    </Dialog>
  );
}
