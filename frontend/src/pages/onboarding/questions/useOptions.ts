import { useLingui } from '@lingui/react';
import { useMemo } from 'react';
import { useStaticData } from '../../../onboarding/queries';
import type { Field } from '../../../onboarding/template';
import { choicesOf } from '../../../onboarding/words';
import { useWizard } from '../../../onboarding/WizardProvider';
import type { SearchOption } from '../../../ui/search-options';
import { listedIn } from '../options';

/** What a field is chosen from, in the language of the page: the template's own values, or a list of the service. */
export function useOptions(step: string, field: Field): SearchOption[] {
  const { state } = useWizard();
  const { i18n } = useLingui();
  const { data } = useStaticData();
  const { locale } = i18n;
  return useMemo(
    () => choicesOf(state, step, field) ?? listedIn(field.list, data, locale),
    [state, step, field, data, locale],
  );
}
