import { Select, Textarea, TextInput } from '@mantine/core';
import { useMemo } from 'react';
import { useStaticData } from '../../onboarding/queries';
import { useStepForm } from '../../onboarding/useStepForm';
import { chooseByEnter } from './chooseByEnter';
import { countryOptions, zoneOptions } from './options';
import { StepForm, WIDE } from './StepFrame';

const BIO_MAX = 500;

/** A long list is searched by typing; what was chosen is changed, but not taken back. */
const BY_NAME = {
  searchable: true,
  selectFirstOptionOnChange: true,
  allowDeselect: false,
  maxDropdownHeight: 280,
  onKeyDownCapture: chooseByEnter,
};

export function ProfileStep() {
  const control = useStepForm('profile', {
    job_title: '',
    country: '',
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    phone: '',
    bio: '',
  });
  const { form } = control;
  const { data } = useStaticData();
  const countries = useMemo(() => countryOptions(data), [data]);
  const zones = useMemo(() => zoneOptions(data), [data]);
  return (
    <StepForm step="profile" control={control}>
      <TextInput
        wrapperProps={WIDE}
        label="Job title"
        withAsterisk
        autoComplete="organization-title"
        {...form.getInputProps('job_title')}
      />
      <Select
        label="Country"
        withAsterisk
        {...BY_NAME}
        placeholder="Choose or type"
        data={countries}
        nothingFoundMessage="No country by that name"
        {...form.getInputProps('country')}
      />
      <Select
        label="Time zone"
        withAsterisk
        {...BY_NAME}
        placeholder="Choose or type a city"
        data={zones}
        nothingFoundMessage="No such city: try a larger one nearby"
        {...form.getInputProps('time_zone')}
      />
      <TextInput
        wrapperProps={WIDE}
        label="Phone"
        description="Optional. Only for when something is urgent."
        type="tel"
        autoComplete="tel"
        {...form.getInputProps('phone')}
      />
      <Textarea
        wrapperProps={WIDE}
        label="About you"
        description={`Optional. A line or two for colleagues, ${BIO_MAX} characters at most.`}
        autosize
        minRows={3}
        maxRows={8}
        {...form.getInputProps('bio')}
      />
    </StepForm>
  );
}
