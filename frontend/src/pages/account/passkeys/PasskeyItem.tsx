import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useId } from 'react';
import type { PasskeyBody } from '../../../generated';
import { useWizard } from '../../../onboarding/WizardProvider';
import { formatDay, formatMoment } from '../../../ui/format';
import { localeOf } from '../../onboarding/preferences';
import classes from '../Account.module.css';

interface PasskeyItemProps {
  passkey: PasskeyBody;
  busy: boolean;
  onRename: () => void;
  onRemove: () => void;
}

export function PasskeyItem({ passkey, busy, onRename, onRemove }: PasskeyItemProps) {
  const { state } = useWizard();
  const { name, created_at, last_used_at, disabled_at } = passkey;
  const locale = localeOf(state);
  const id = useId();
  /** What the button does, and to which passkey. */
  const named = (what: string) => ({ id: `${id}-${what}`, 'aria-labelledby': `${id}-${what} ${id}-name` });
  const added = formatDay(created_at, locale);
  const used = last_used_at && formatMoment(last_used_at, locale);
  const off = disabled_at && formatDay(disabled_at, locale);
  return (
    <li className={classes.session}>
      <p className={classes.device}>
        <strong id={`${id}-name`}>
          <bdi>{name}</bdi>
        </strong>
        <span>{t`Added on ${added}`}</span>
        <span>{used ? t`Last used ${used}` : t`Not used yet`}</span>
        {off && <span>{t`Switched off on ${off}, since there may be a copy of it. Remove it.`}</span>}
      </p>
      <div className={classes.ways}>
        <Button {...named('rename')} size="xs" variant="default" onClick={onRename}>
          <Trans>Rename</Trans>
        </Button>
        <Button {...named('remove')} size="xs" variant="default" loading={busy} onClick={onRemove}>
          <Trans>Remove</Trans>
        </Button>
      </div>
    </li>
  );
}
