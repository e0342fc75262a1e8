import { useLingui } from '@lingui/react/macro';
import { Select, Switch } from '@mantine/core';
import { useMemo } from 'react';
import { useStepForm } from '../../onboarding/useStepForm';
import { ChoiceCards } from '../../ui/ChoiceCards';
import { localeOptions, schemeOf, THEMES } from './preferences';
import { StepForm, WIDE } from './StepFrame';
import { ThemePicture } from './ThemePicture';
import { useColorScheme } from '../../ui/useColorScheme';

export function PreferencesStep() {
  const { t, i18n } = useLingui();
  const control = useStepForm('preferences', {
    theme: 'system',
    locale: navigator.language,
    product_updates: false,
    newsletter: false,
  });
  const { form } = control;
  const { setColorScheme } = useColorScheme();
  const locales = useMemo(() => localeOptions(navigator.language, i18n.locale), [i18n.locale]);
  const theme = form.getInputProps('theme');
  return (
    <StepForm step="preferences" control={control} optional>
      <ChoiceCards
        legend={t`Appearance`}
        options={THEMES.map((option) => ({ ...option, picture: <ThemePicture theme={option.value} /> }))}
        {...theme}
        onChange={(value) => {
          theme.onChange(value);
          setColorScheme(schemeOf(value) ?? 'auto');
        }}
      />
      <Select
        wrapperProps={WIDE}
        label={t`Dates and numbers`}
        data={locales}
        allowDeselect={false}
        {...form.getInputProps('locale')}
      />
      <Switch
        withThumbIndicator={false}
        wrapperProps={WIDE}
        label={t`Product updates`}
        description={t`A mail when something new can be done here. Once a month at most.`}
        {...form.getInputProps('product_updates', { type: 'checkbox' })}
      />
      <Switch
        withThumbIndicator={false}
        wrapperProps={WIDE}
        label={t`Newsletter`}
        description={t`How other teams work with it. Four times a year.`}
        {...form.getInputProps('newsletter', { type: 'checkbox' })}
      />
    </StepForm>
  );
}
