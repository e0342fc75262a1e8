import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { Link } from 'react-router';
import { useWizard } from '../../onboarding/WizardProvider';
import { stepName } from '../../onboarding/words';
import { PageHeading } from '../../ui/PageHeading';
import { Answers } from './Answers';
import classes from './StepFrame.module.css';

/** The end of the path for those who have finished: nothing is left to be pressed. */
export function Reviewed({ step }: { step: string }) {
  const { state } = useWizard();
  return (
    <>
      <div className={classes.head}>
        <PageHeading
          title={stepName(state, step)}
          heading={t`What you told us`}
          lead={t`You have finished. Change any of it whenever it changes.`}
        />
      </div>
      <div className={classes.form}>
        <Answers />
        <div className={classes.actions}>
          <Button component={Link} to="/" rightSection={<IconArrowRight size={18} aria-hidden />}>
            <Trans>To the overview</Trans>
          </Button>
        </div>
      </div>
    </>
  );
}
