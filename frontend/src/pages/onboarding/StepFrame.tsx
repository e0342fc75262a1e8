import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { Link } from 'react-router';
import { previousOf } from '../../onboarding/steps';
import { useWizard } from '../../onboarding/WizardProvider';
import { stepWords } from '../../onboarding/words';
import { PageHeading } from '../../ui/PageHeading';
import { SaidText } from '../../ui/SaidText';
import classes from './StepFrame.module.css';

/** The heading of a step. */
export function StepHead({ step }: { step: string }) {
  const { state } = useWizard();
  const { name, heading, lead } = stepWords(state, step);
  return (
    <div className={classes.head}>
      <PageHeading
        title={name.text}
        heading={<SaidText {...heading} />}
        lead={lead && <SaidText {...lead} />}
      />
    </div>
  );
}

export function BackLink({ step }: { step: string }) {
  const { state } = useWizard();
  const previous = previousOf(state, step);
  if (previous === undefined) return null;
  return (
    <Button
      component={Link}
      to={`/onboarding/${previous}`}
      variant="subtle"
      color="gray"
      c="var(--ink-soft)"
      leftSection={<IconArrowLeft size={18} aria-hidden />}
      className={classes.back}
    >
      <Trans>Back</Trans>
    </Button>
  );
}
