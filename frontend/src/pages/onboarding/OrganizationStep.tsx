import { Select, TextInput } from '@mantine/core';
import { useStaticData } from '../../onboarding/queries';
import { useStepForm } from '../../onboarding/useStepForm';
import { ChoiceCards } from '../../ui/ChoiceCards';
import { StepForm, WIDE } from './StepFrame';

export function OrganizationStep() {
  const control = useStepForm('organization', { name: '', size: '', role: '', website: '' });
  const { form } = control;
  const { data } = useStaticData();
  return (
    <StepForm step="organization" control={control}>
      <TextInput
        wrapperProps={WIDE}
        label="Name"
        withAsterisk
        autoComplete="organization"
        {...form.getInputProps('name')}
      />
      <ChoiceCards
        legend="How many people work there?"
        required
        compact
        options={data?.organization_sizes ?? []}
        {...form.getInputProps('size')}
      />
      <Select
        label="Your role"
        withAsterisk
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
