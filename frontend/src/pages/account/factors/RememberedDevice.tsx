import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import type { DeviceBody } from '../../../generated';
import { useWizard } from '../../../onboarding/WizardProvider';
import { formatDay, formatMoment } from '../../../ui/format';
import { localeOf } from '../../onboarding/preferences';
import classes from '../Account.module.css';
import { deviceName } from '../device-name';

interface RememberedDeviceProps {
  device: DeviceBody;
  busy: boolean;
  onForget: () => void;
}

/** One device where the password alone logs in. The own one can be forgotten, too. */
export function RememberedDevice({ device, busy, onForget }: RememberedDeviceProps) {
  const { state } = useWizard();
  const { address, last_used_at, expires_at, current } = device;
  const locale = localeOf(state);
  const name = deviceName(device.device);
  const used = formatMoment(last_used_at, locale);
  const end = formatDay(expires_at, locale);
  return (
    <li className={classes.session}>
      <p className={classes.device}>
        <strong>{name}</strong>
        <span>{address ? t`Last used ${used}, from ${address}` : t`Last used ${used}`}</span>
        <span>{t`Remembered until ${end}`}</span>
      </p>
      {current && (
        <span className={classes.here}>
          <Trans>This device</Trans>
        </span>
      )}
      <Button size="xs" variant="default" loading={busy} aria-label={t`Forget ${name}`} onClick={onForget}>
        <Trans>Forget</Trans>
      </Button>
    </li>
  );
}
