import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { Link, useLocation, useNavigate } from 'react-router';
import { countDone, firstOpen, skippedOf, stepsOf } from '../onboarding/steps';
import type { Onboarding } from '../api/types';
import { useWizard } from '../onboarding/WizardProvider';
import { stepName } from '../onboarding/words';
import { formatDay, formatList } from '../ui/format';
import { Hills } from '../ui/Hills';
import { PageHeading } from '../ui/PageHeading';
import classes from './Home.module.css';
import { Answers } from './onboarding/Answers';
import { GoneNotice } from './onboarding/GoneNotice';
import { localeOf } from './onboarding/preferences';
import { StepCards } from './onboarding/StepCards';
import { FirstTasks } from './organization/FirstTasks';
import { OrganizationCard } from './organization/OrganizationCard';
import { VerifyReminder } from './VerifyReminder';

/** The overview: the way on while steps are open, and afterwards what was told. */
export function Home() {
  const { state } = useWizard();
  return state.status === 'completed' ? <Finished /> : <OnTheWay />;
}

function OnTheWay() {
  const { state, user } = useWizard();
  const next = firstOpen(state);
  const done = countDone(state);
  const skipped = skippedOf(state).length;
  const all = stepsOf(state).length;
  const name = firstName(user.full_name);
  const step = stepName(state, next);
  return (
    <div className={classes.page}>
      <div className={classes.banner}>
        <Hills className={classes.hills} view="start" />
        <div className={classes.words}>
          <PageHeading
            title={t`Overview`}
            heading={t`Hello, ${name}`}
            lead={
              skipped > 0
                ? t`${done} of ${all} steps are done, ${skipped} skipped. Next: ${step}.`
                : t`${done} of ${all} steps are done. Next: ${step}.`
            }
          />
          <Button
            component={Link}
            to={`/onboarding/${next}`}
            size="lg"
            className={classes.go}
            rightSection={<IconArrowRight size={20} aria-hidden />}
          >
            <Trans>Go on</Trans>
          </Button>
        </div>
      </div>
      <GoneNotice />
      <VerifyReminder user={user} />
      <StepCards />
    </div>
  );
}

function Finished() {
  const { user, state } = useWizard();
  const arrived = useArrival();
  const name = firstName(user.full_name);
  return (
    <div className={classes.page}>
      <div className={classes.banner} data-arrived={arrived || undefined}>
        <Hills className={classes.hills} view="summit" />
        <div className={classes.words}>
          <PageHeading
            title={arrived ? t`All done` : t`Overview`}
            heading={arrived ? t`You made it, ${name}` : t`Hello, ${name}`}
            lead={leadOf(state)}
          />
        </div>
      </div>
      <GoneNotice />
      <VerifyReminder user={user} />
      <FirstTasks />
      <OrganizationCard />
      <section className={classes.card} aria-labelledby="told">
        <div className={classes.told}>
          <h2 id="told">
            <Trans>What you told us</Trans>
          </h2>
          {state.completed_at && <p>{finishedOn(state.completed_at, localeOf(state))}</p>}
        </div>
        <Answers level={3} />
      </section>
    </div>
  );
}

/** True in the moment of finishing, and no more after a reload. */
function useArrival(): boolean {
  const location = useLocation() as { state: { finished?: boolean } | null };
  const navigate = useNavigate();
  const finished = location.state?.finished === true;
  const [arrived] = useState(finished);
  useEffect(() => {
    if (finished) void navigate('/', { replace: true, state: null });
  }, [finished, navigate]);
  return arrived;
}

function leadOf(state: Onboarding): string {
  const skipped = skippedOf(state).map((key) => stepName(state, key));
  const steps = formatList(skipped);
  return skipped.length === 0
    ? t`All steps are done, and your workspace is ready.`
    : t`Your workspace is ready. You skipped ${steps}: fill it in whenever you like.`;
}

function finishedOn(at: string, locale: string | undefined): string {
  const day = formatDay(at, locale);
  return t`Finished on ${day}. Change any of it whenever it changes.`;
}

function firstName(fullName: string): string {
  return fullName.trim().split(/\s+/)[0] ?? fullName;
}
