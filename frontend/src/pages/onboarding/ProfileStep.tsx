import { useLingui } from '@lingui/react/macro';
import { Textarea, TextInput } from '@mantine/core';
import { useMemo } from 'react';
import { useStaticData } from '../../onboarding/queries';
import { useStepForm } from '../../onboarding/useStepForm';
import { SearchSelect } from '../../ui/SearchSelect';
import { countryOptions, zoneOptions } from './options';
import { StepForm, WIDE } from './StepFrame';
import { ownCountry, ownZone } from './region';

import { counted } from '../../ui/counted';

const BIO_MAX = 500;

export function ProfileStep() {
  const { t, i18n } = useLingui();
  const control = useStepForm('profile', {
    job_title: '',
    country: ownCountry() ?? '',
    time_zone: ownZone(),
    phone: '',
    bio: '',
  });
  const { form } = control;
  const { data } = useStaticData();
  const countries = useMemo(() => countryOptions(data, i18n.locale), [data, i18n.locale]);
  const zones = useMemo(() => zoneOptions(data, i18n.locale), [data, i18n.locale]);
  return (
    <StepForm step="profile" control={control}>
      <TextInput
        wrapperProps={WIDE}
        label={t`Job title`}
        required
        autoComplete="organization-title"
        {...form.getInputProps('job_title')}
      />
      <SearchSelect
        label={t`Country`}
        required
        placeholder={t`Choose or type`}
        options={countries}
        nothingFoundMessage={t`No country by that name`}
        {...form.getInputProps('country')}
      />
      <SearchSelect
        label={t`Time zone`}
        required
        placeholder={t`Choose or type a city`}
        options={zones}
        nothingFoundMessage={t`No such city: try a larger one nearby`}
        {...form.getInputProps('time_zone')}
      />
      <TextInput
        wrapperProps={WIDE}
        label={t`Phone`}
        description={t`Optional. Only for when something is urgent.`}
        type="tel"
        autoComplete="tel"
        {...form.getInputProps('phone')}
      />
      <Textarea
        wrapperProps={WIDE}
        label={t`About you`}
        description={t`Optional. A line or two for colleagues.`}
        {...counted(form.getValues().bio, BIO_MAX)}
        autosize
        minRows={3}
        maxRows={8}
        {...form.getInputProps('bio')}
      />
    </StepForm>
  );
}
