import { t } from '@lingui/core/macro';
import { Select, TextInput } from '@mantine/core';
import { useStaticData } from '../../onboarding/queries';
import { useStepForm } from '../../onboarding/useStepForm';
import { ChoiceCards } from '../../ui/ChoiceCards';
import { StepForm, WIDE } from './StepFrame';

/** As long as the service's own words. */
const sizes = (): string[] => [
  t`Just me`,
  t`2 to 10 people`,
  t`11 to 50 people`,
  t`51 to 200 people`,
  t`201 to 1,000 people`,
  t`1,001 to 5,000 people`,
  t`More than 5,000 people`,
];

export function OrganizationStep() {
  const control = useStepForm('organization', { name: '', size: '', role: '', website: '' });
  const { form } = control;
  const { data } = useStaticData();
  return (
    <StepForm step="organization" control={control}>
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
        placeholders={sizes()}
        options={data?.organization_sizes ?? []}
        {...form.getInputProps('size')}
      />
      <Select
        label={t`Your role`}
        required
        placeholder={t`Choose the closest`}
        data={data?.roles ?? []}
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
