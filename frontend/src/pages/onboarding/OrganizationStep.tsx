import { Select, TextInput } from '@mantine/core';
import { useStaticData } from '../../onboarding/queries';
import { useStepForm } from '../../onboarding/useStepForm';
import { ChoiceCards } from '../../ui/ChoiceCards';
import { StepForm, WIDE } from './StepFrame';

/** As long as the service's own words. */
const SIZES = [
  'Just me',
  '2 to 10 people',
  '11 to 50 people',
  '51 to 200 people',
  '201 to 1,000 people',
  '1,001 to 5,000 people',
  'More than 5,000 people',
];

export function OrganizationStep() {
  const control = useStepForm('organization', { name: '', size: '', role: '', website: '' });
  const { form } = control;
  const { data } = useStaticData();
  return (
    <StepForm step="organization" control={control}>
      <TextInput
        wrapperProps={WIDE}
        label="Name"
        required
        autoComplete="organization"
        {...form.getInputProps('name')}
      />
      <ChoiceCards
        legend="How many people work there?"
        required
        compact
        placeholders={SIZES}
        options={data?.organization_sizes ?? []}
        {...form.getInputProps('size')}
      />
      <Select
        label="Your role"
        required
        placeholder="Choose the closest"
        data={data?.roles ?? []}
        maxDropdownHeight={280}
        {...form.getInputProps('role')}
      />
      <TextInput
        label="Website"
        type="url"
        inputMode="url"
        autoComplete="url"
        placeholder="https://"
        {...form.getInputProps('website')}
      />
    </StepForm>
  );
}
