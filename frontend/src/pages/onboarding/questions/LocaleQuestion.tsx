import { useLingui } from '@lingui/react';
import { Select } from '@mantine/core';
import { useMemo } from 'react';
import { localeOptions } from '../preferences';
import { type QuestionProps, WIDE } from './question';

/** How dates and numbers are written, each way by an example. */
export function LocaleQuestion({ question, help, required, input }: QuestionProps) {
  const { i18n } = useLingui();
  const locales = useMemo(() => localeOptions(navigator.language, i18n.locale), [i18n.locale]);
  return (
    <Select
      wrapperProps={WIDE}
      label={question}
      description={help}
      required={required}
      data={locales}
      allowDeselect={false}
      {...input}
    />
  );
}
