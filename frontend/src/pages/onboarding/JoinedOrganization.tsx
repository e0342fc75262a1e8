import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { OrganizationBody } from '../../generated';
import { useStaticData } from '../../onboarding/queries';
import { nextOf } from '../../onboarding/steps';
import { useWizard } from '../../onboarding/WizardProvider';
import { Callout } from '../../ui/Callout';
import { Facts } from '../../ui/Facts';
import { labelOf, sizeOptions } from './options';
import classes from './StepFrame.module.css';
import { BackLink, StepHead } from './StepFrame';

interface JoinedOrganizationProps {
  step: string;
  organization: OrganizationBody;
}

/** The step of whoever has joined an organization that others have described: nothing is left to be filled in. */
export function JoinedOrganization({ step, organization }: JoinedOrganizationProps) {
  const { state } = useWizard();
  const { data } = useStaticData();
  const { name, size, website } = organization;
  return (
    <>
      <StepHead step={step} />
      <div className={classes.form}>
        <Callout tone="good" title={t`You belong to ${name}`}>
          <Trans>So this step is done. Its owners say what stands here.</Trans>
        </Callout>
        <Facts
          facts={[
            [t`Name`, name],
            [t`Size`, labelOf(sizeOptions(data), size)],
            [t`Website`, website],
          ]}
        />
        <div className={classes.actions}>
          <BackLink step={step} />
          <Button
            component={Link}
            to={state.status === 'completed' ? '/organization' : `/onboarding/${nextOf(state, step)}`}
            className={classes.on}
            rightSection={<IconArrowRight size={18} aria-hidden />}
          >
            {state.status === 'completed' ? t`To the organization` : t`Continue`}
          </Button>
        </div>
      </div>
    </>
  );
}
