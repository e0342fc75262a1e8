import { t } from '@lingui/core/macro';
import { Select, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { onboardingQuery, useStaticData } from '../../onboarding/queries';
import { stepOf } from '../../onboarding/steps';
import { useStepForm } from '../../onboarding/useStepForm';
import { useWizard } from '../../onboarding/WizardProvider';
import { organizationQuery } from '../../organization/queries';
import { ChoiceCards } from '../../ui/ChoiceCards';
import { Offers } from '../organization/Offers';
import { JoinedOrganization } from './JoinedOrganization';
import { roleOptions, sizeName, sizeOptions } from './options';
import { StepForm, WIDE } from './StepFrame';

/** What sizes there are, to hold their place until the service has said so. */
const SIZES = ['1', '2-10', '11-50', '51-200', '201-1000', '1001-5000', '5001+'];

export function OrganizationStep() {
  const { user, state } = useWizard();
  // Whoever was invited finds the step done.
  const isDone = stepOf(state, 'organization')?.status === 'completed';
  const { data: organization } = useQuery({ ...organizationQuery(user.id), enabled: isDone });
  if (isDone && organization?.role === 'member') return <JoinedOrganization organization={organization} />;
  return <OrganizationForm isOpen={!isDone} />;
}

function OrganizationForm({ isOpen }: { isOpen: boolean }) {
  const { user } = useWizard();
  const queries = useQueryClient();
  const control = useStepForm('organization', { name: '', size: '', role: '', website: '' });
  const { form } = control;
  const { data } = useStaticData();
  return (
    <StepForm step="organization" control={control}>
      {isOpen && user.email_verified && (
        <Offers
          onJoined={async () => {
            // The service has filled the step.
            await queries.invalidateQueries({ queryKey: onboardingQuery(user.id).queryKey });
            control.goOn();
          }}
        />
      )}
      <TextInput
        wrapperProps={WIDE}
        label={t`Name`}
        required
        autoComplete="organization"
        {...form.getInputProps('name')}
      />
      <ChoiceCards
        legend={t`How many people work there?`}
        required
        compact
        placeholders={SIZES.map(sizeName)}
        options={sizeOptions(data)}
        {...form.getInputProps('size')}
      />
      <Select
        label={t`Your role`}
        required
        placeholder={t`Choose the closest`}
        data={roleOptions(data)}
        maxDropdownHeight={280}
        {...form.getInputProps('role')}
      />
      <TextInput
        label={t`Website`}
        type="url"
        inputMode="url"
        autoComplete="url"
        placeholder={'https://'}
        {...form.getInputProps('website')}
      />
    </StepForm>
  );
}
