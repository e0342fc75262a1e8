import { Textarea, TextInput } from '@mantine/core';
import { useMemo } from 'react';
import { useStaticData } from '../../onboarding/queries';
import { useStepForm } from '../../onboarding/useStepForm';
import { SearchSelect } from '../../ui/SearchSelect';
import { countryOptions, zoneOptions } from './options';
import { StepForm, WIDE } from './StepFrame';
import { currentZone } from './zone-names';

import { counted } from '../../ui/counted';

const BIO_MAX = 500;

export function ProfileStep() {
  const control = useStepForm('profile', {
    job_title: '',
    country: '',
    time_zone: currentZone(Intl.DateTimeFormat().resolvedOptions().timeZone),
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
        required
        autoComplete="organization-title"
        {...form.getInputProps('job_title')}
      />
      <SearchSelect
        label="Country"
        required
        placeholder="Choose or type"
        options={countries}
        nothingFoundMessage="No country by that name"
        {...form.getInputProps('country')}
      />
      <SearchSelect
        label="Time zone"
        required
        placeholder="Choose or type a city"
        options={zones}
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
        description="Optional. A line or two for colleagues."
        {...counted(form.getValues().bio, BIO_MAX)}
        autosize
        minRows={3}
        maxRows={8}
        {...form.getInputProps('bio')}
      />
    </StepForm>
  );
}
