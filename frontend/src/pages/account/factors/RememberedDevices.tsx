import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { unwrap, unwrapGone } from '../../../api';
import { forgetDevice, forgetDevices } from '../../../generated';
import { useWizard } from '../../../onboarding/WizardProvider';
import { devicesQuery } from '../../../session/factors';
import { FailureNote } from '../../../ui/FailureNote';
import { useFailure } from '../../../ui/useFailure';
import { OutOfReach } from '../../OutOfReach';
import classes from '../Account.module.css';
import { RememberedDevice } from './RememberedDevice';

/** Where the password alone logs in, and how to end that: for one device, or for all. */
export function RememberedDevices() {
  const { user } = useWizard();
  const { data, error, refetch } = useQuery(devicesQuery(user.id));
  const [busy, setBusy] = useState<string>();
  const { failure, fail, say } = useFailure();
  const run = (what: string, forget: () => Promise<unknown>): void => {
    setBusy(what);
    say(undefined);
    forget()
      .then(() => refetch())
      .catch((refusal: unknown) => fail(refusal))
      .finally(() => setBusy(undefined));
  };
  const devices = data?.items;
  return (
    <div className={classes.part}>
      <h3>
        <Trans>Remembered devices</Trans>
      </h3>
      <FailureNote failure={failure} />
      {error && !data && <OutOfReach error={error} onRetry={refetch} />}
      {!data && !error && <Skeleton height={48} />}
      {devices?.length === 0 && (
        <p className={classes.hint}>
          <Trans>None: each log-in asks for a code.</Trans>
        </p>
      )}
      {devices && devices.length > 0 && (
        <>
          <p className={classes.hint}>
            <Trans>On these, your password alone lets you in. Forget what you do not know.</Trans>
          </p>
          <ul className={classes.sessions} aria-label={t`Remembered devices`}>
            {devices.map((device) => (
              <RememberedDevice
                key={device.id}
                device={device}
                busy={busy === device.id}
                onForget={() =>
                  run(device.id, () =>
                    unwrapGone(forgetDevice({ path: { id: device.id } }), 'device_not_found'),
                  )
                }
              />
            ))}
          </ul>
          <div className={classes.ways}>
            <Button
              variant="default"
              loading={busy === 'all'}
              onClick={() => run('all', () => unwrap(forgetDevices()))}
            >
              <Trans>Forget all of them</Trans>
            </Button>
          </div>
        </>
      )}
    </div>
  );
}
