import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { PasskeyBody } from '../../../generated';
import classes from '../Account.module.css';
import type { Asked } from './PasskeyDialog';
import { PasskeyItem } from './PasskeyItem';

interface PasskeyListProps {
  passkeys: readonly PasskeyBody[];
  /** Which one waits for an answer. */
  busy: string | undefined;
  onAsk: (asked: Asked) => void;
}

export function PasskeyList({ passkeys, busy, onAsk }: PasskeyListProps) {
  if (passkeys.length === 0) {
    return (
      <p>
        <Trans>You have none yet.</Trans>
      </p>
    );
  }
  return (
    <ul className={classes.sessions} aria-label={t`Passkeys`}>
      {passkeys.map((passkey) => (
        <PasskeyItem
          key={passkey.id}
          passkey={passkey}
          busy={busy === passkey.id}
          onRename={() => onAsk({ what: 'name', passkey })}
          onRemove={() => onAsk({ what: 'remove', passkey })}
        />
      ))}
    </ul>
  );
}
