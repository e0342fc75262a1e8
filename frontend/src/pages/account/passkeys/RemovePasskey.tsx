import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { Dialog } from '../../../ui/Dialog';
import classes from '../Account.module.css';

interface RemovePasskeyProps {
  name: string;
  onRemove: () => void;
  onClose: () => void;
}

/** Asks whether that is meant: it cannot be taken back. */
export function RemovePasskey({ name, onRemove, onClose }: RemovePasskeyProps) {
  return (
    <Dialog
      title={t`Remove ${name}?`}
      lead={t`Nobody logs in with it any more. Where you are logged in, you stay so.`}
      onClose={onClose}
    >
      <div className={classes.ways}>
        <Button color="red" onClick={onRemove}>
          <Trans>Remove it</Trans>
        </Button>
        <Button variant="default" onClick={onClose}>
          <Trans>Keep it</Trans>
        </Button>
      </div>
    </Dialog>
  );
}
