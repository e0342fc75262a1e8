import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { Button, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { unwrap } from '../../../api';
import {
  enrolTotp,
  type FactorsBody,
  removeTotp,
  renewRecoveryCodes,
  type TotpEnrolmentBody,
} from '../../../generated';
import { useWizard } from '../../../onboarding/WizardProvider';
import { factorsQuery } from '../../../session/factors';
import { Callout } from '../../../ui/Callout';
import { FailureNote } from '../../../ui/FailureNote';
import { useFailure } from '../../../ui/useFailure';
import { OutOfReach } from '../../OutOfReach';
import classes from '../Account.module.css';
import { Section } from '../Section';
import { EnrolTotp } from './EnrolTotp';
import { FactorsOn } from './FactorsOn';
import { RecoveryCodes } from './RecoveryCodes';

const TEXT = {
  title: msg`Second step of the log-in`,
  lead: msg`A code of an app on your phone, beside your password: whoever finds out one of them does not get in.`,
  off: msg`It is off: your password alone lets one in.`,
  setUp: msg`Set it up`,
  isOff: msg`It is switched off. From now on your password alone lets you in.`,
};

type View = 'overview' | 'off' | { enrolment: TotpEnrolmentBody } | { codes: readonly string[] };

export type Action = 'enrol' | 'codes' | 'off';

/** The authenticator app and the recovery codes: to switch on, to have made anew, to switch off. */
export function FactorsSection() {
  const { t } = useLingui();
  const { user } = useWizard();
  const { data, error, refetch } = useQuery(factorsQuery(user.id));
  const [view, setView] = useState<View>('overview');
  const [busy, setBusy] = useState<Action>();
  const { failure, fail, say } = useFailure();
  const run = (action: Action): void => {
    setBusy(action);
    say(undefined);
    const act = async (): Promise<void> => {
      setView(await ACTIONS[action]());
      await refetch();
    };
    act()
      .catch((refusal: unknown) => fail(refusal))
      .finally(() => setBusy(undefined));
  };
  const done = (next: View): void => {
    setView(next);
    void refetch();
  };
  return (
    <Section id="second-step" title={t(TEXT.title)} lead={t(TEXT.lead)}>
      <FailureNote failure={failure} />
      {error && !data && <OutOfReach error={error} onRetry={refetch} />}
      {!data && !error && <Skeleton height={72} />}
      {view === 'off' && <Callout tone="good">{t(TEXT.isOff)}</Callout>}
      {typeof view === 'object' && 'enrolment' in view && (
        <EnrolTotp
          enrolment={view.enrolment}
          onDone={(codes) => done({ codes })}
          onCancel={() => setView('overview')}
        />
      )}
      {typeof view === 'object' && 'codes' in view && (
        <RecoveryCodes codes={view.codes} onDone={() => setView('overview')} />
      )}
      {data && typeof view === 'string' && <Overview factors={data} busy={busy} run={run} />}
    </Section>
  );
}

interface OverviewProps {
  factors: FactorsBody;
  busy: Action | undefined;
  run: (action: Action) => void;
}

function Overview({ factors, busy, run }: OverviewProps) {
  const { t } = useLingui();
  if (factors.enabled) return <FactorsOn factors={factors} busy={busy} run={run} />;
  return (
    <>
      <p>{t(TEXT.off)}</p>
      <div className={classes.ways}>
        <Button variant="default" loading={busy === 'enrol'} onClick={() => run('enrol')}>
          {t(TEXT.setUp)}
        </Button>
      </div>
    </>
  );
}

const ACTIONS: Record<Action, () => Promise<View>> = {
  enrol: async () => ({ enrolment: await unwrap(enrolTotp()) }),
  codes: async () => ({ codes: (await unwrap(renewRecoveryCodes())).recovery_codes }),
  off: async () => {
    await unwrap(removeTotp());
    return 'off';
  },
};
