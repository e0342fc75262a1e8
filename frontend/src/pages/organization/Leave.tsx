import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useState } from 'react';
import { unwrap } from '../../api';
import { leaveOrganization } from '../../generated';
import { Dialog } from '../../ui/Dialog';
import { FailureNote } from '../../ui/FailureNote';
import classes from './Organization.module.css';
import { useChange } from './useOrganization';

/** The way out of the organization. */
export function Leave({ name }: { name: string }) {
  const [asked, setAsked] = useState(false);
  const { busy, failure, change } = useChange();
  return (
    <>
      <div className={classes.ways}>
        <Button variant="outline" color="red" onClick={() => setAsked(true)}>
          <Trans>Leave the organization</Trans>
        </Button>
      </div>
      {asked && (
        <Dialog
          title={t`Leave ${name}?`}
          lead={t`You see nothing of it any more, and your open invitations are withdrawn. Where you are the last member, it is gone.`}
          onClose={() => setAsked(false)}
        >
          <FailureNote failure={failure} />
          <div className={classes.ways}>
            <Button
              color="red"
              loading={busy !== undefined}
              onClick={() => void change('leave', () => unwrap(leaveOrganization()))}
            >
              <Trans>Leave</Trans>
            </Button>
            <Button variant="default" onClick={() => setAsked(false)}>
              <Trans>Stay</Trans>
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
