import { Button } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { Link, useLocation } from 'react-router';
import { countDone, firstOpen, STEP_KEYS, WORDS } from '../onboarding/steps';
import { useWizard } from '../onboarding/WizardProvider';
import { Hills } from '../ui/Hills';
import { PageHeading } from '../ui/PageHeading';
import classes from './Home.module.css';
import { Answers } from './onboarding/Answers';
import { StepCards } from './onboarding/StepCards';
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
  return (
    <div className={classes.page}>
      <div className={classes.banner}>
        <Hills className={classes.hills} view="start" />
        <div className={classes.words}>
          <PageHeading
            title="Overview"
            heading={`Hello, ${firstName(user.full_name)}`}
            lead={`${done} of ${STEP_KEYS.length} steps are done. Next: ${WORDS[next].name}.`}
          />
          <Button
            component={Link}
            to={`/onboarding/${next}`}
            size="lg"
            className={classes.go}
            rightSection={<IconArrowRight size={20} aria-hidden />}
          >
            Go on
          </Button>
        </div>
      </div>
      <VerifyReminder user={user} />
      <StepCards />
    </div>
  );
}

function Finished() {
  const { user } = useWizard();
  const { state: arrival } = useLocation() as { state: { finished?: boolean } | null };
  const name = firstName(user.full_name);
  return (
    <div className={classes.page}>
      <div className={classes.banner} data-arrived={arrival?.finished || undefined}>
        <Hills className={classes.hills} view="summit" />
        <div className={classes.words}>
          <PageHeading
            title={arrival?.finished ? 'All done' : 'Overview'}
            heading={arrival?.finished ? `You made it, ${name}` : `Hello, ${name}`}
            lead="All five steps are done, and your workspace is ready. Below is what you told us: change it whenever something changes."
          />
        </div>
      </div>
      <VerifyReminder user={user} />
      <div className={classes.card}>
        <Answers />
      </div>
    </div>
  );
}

function firstName(fullName: string): string {
  return fullName.trim().split(/\s+/)[0] ?? fullName;
}
