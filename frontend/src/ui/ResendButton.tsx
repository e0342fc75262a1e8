import { t } from '@lingui/core/macro';
import { Button } from '@mantine/core';

interface ResendButtonProps {
  /** Seconds until there may be another mail. */
  left: number;
  busy: boolean;
  onClick: () => void;
}

/** Asks for the mail once more. It says how long there is to wait, and is as wide with the wait as without. */
export function ResendButton({ left, busy, onClick }: ResendButtonProps) {
  return (
    <Button variant="default" type="button" disabled={left > 0} loading={busy} onClick={onClick}>
      {left > 0 ? t`Send again in ${left} s` : t`Send the mail again`}
    </Button>
  );
}
