import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { Link } from 'react-router';
import { firstOpen } from '../../onboarding/steps';
import { useWizard } from '../../onboarding/WizardProvider';
import { Facts } from '../../ui/Facts';
import { formatDay } from '../../ui/format';
import { localeOf } from './preferences';
import classes from './StepFrame.module.css';
import { StepHead } from './StepFrame';

/** Done by registering: nothing to fill in, only to see. */
export function AutomaticStep({ step }: { step: string }) {
  const { user, state } = useWizard();
  const next = state.status === 'completed' ? '/' : `/onboarding/${firstOpen(state)}`;
  return (
    <>
      <StepHead step={step} />
      <div className={classes.form}>
        <Facts
          facts={[
            [t`Name`, user.full_name],
            [t`E-mail`, user.email],
            [t`Member since`, formatDay(user.created_at, localeOf(state))],
          ]}
        />
        <div className={classes.actions}>
          <Button component={Link} to={next} rightSection={<IconArrowRight size={18} aria-hidden />}>
            <Trans>Continue</Trans>
          </Button>
        </div>
      </div>
    </>
  );
}
