import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { FactorsBody } from '../../../generated';
import { useWizard } from '../../../onboarding/WizardProvider';
import { Callout } from '../../../ui/Callout';
import { Facts } from '../../../ui/Facts';
import { formatDay } from '../../../ui/format';
import { localeOf } from '../../onboarding/preferences';
import classes from '../Account.module.css';
import type { Action } from './FactorsSection';
import { RememberedDevices } from './RememberedDevices';

const TEXT = {
  app: msg`Authenticator app`,
  since: (day: string) => msg`On since ${day}`,
  left: msg`Recovery codes`,
  count: (left: number) => msg`${left} of 10 left`,
  few: msg`Hardly any recovery codes are left. Have new ones made before you need them.`,
  codes: msg`New recovery codes`,
  another: msg`Use another app or phone`,
  off: msg`Switch it off`,
  sure: msg`Then your password alone lets one in. The recovery codes and remembered devices are forgotten.`,
  really: msg`Yes, switch it off`,
  keep: msg`Keep it on`,
};
/** Of ten: from here on it is time for new ones. */
const FEW = 3;

interface FactorsOnProps {
  factors: FactorsBody;
  busy: Action | undefined;
  run: (action: Action) => void;
}

/** What can be done while the second step is on. */
export function FactorsOn({ factors, busy, run }: FactorsOnProps) {
  const { t } = useLingui();
  const { state } = useWizard();
  const [leaving, setLeaving] = useState(false);
  const { recovery_codes_left: left, totp } = factors;
  const since = totp?.confirmed_at;
  return (
    <>
      <Facts
        facts={[
          [t(TEXT.app), since && t(TEXT.since(formatDay(since, localeOf(state))))],
          [t(TEXT.left), t(TEXT.count(left))],
        ]}
      />
      {left <= FEW && <Callout tone="note">{t(TEXT.few)}</Callout>}
      {leaving ? (
        <>
          <Callout tone="note">{t(TEXT.sure)}</Callout>
          <div className={classes.ways}>
            <Button color="red" loading={busy === 'off'} onClick={() => run('off')}>
              {t(TEXT.really)}
            </Button>
            <Button variant="default" onClick={() => setLeaving(false)}>
              {t(TEXT.keep)}
            </Button>
          </div>
        </>
      ) : (
        <div className={classes.ways}>
          {(['codes', 'enrol'] as const).map((action) => (
            <Button
              key={action}
              variant="default"
              loading={busy === action}
              disabled={busy !== undefined && busy !== action}
              onClick={() => run(action)}
            >
              {t(LABELS[action])}
            </Button>
          ))}
          <Button variant="outline" color="red" onClick={() => setLeaving(true)}>
            {t(TEXT.off)}
          </Button>
        </div>
      )}
      <RememberedDevices />
    </>
  );
}

const LABELS = { codes: TEXT.codes, enrol: TEXT.another };
