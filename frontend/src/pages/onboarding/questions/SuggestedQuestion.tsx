import { t } from '@lingui/core/macro';
import { Autocomplete, Select } from '@mantine/core';
import { useStaticData } from '../../../onboarding/queries';
import { ChoiceCards } from '../../../ui/ChoiceCards';
import { labelOf, listedIn, sizeName } from '../options';
import { type QuestionProps, textOf, widthOf } from './question';

/** What sizes there are, to hold their place until the service has said so. */
const SIZES = ['1', '2-10', '11-50', '51-200', '201-1000', '1001-5000', '5001+'];

/** A text for which a list makes suggestions. What is the name of a suggestion is stored as its value. */
export function SuggestedQuestion(props: QuestionProps) {
  const { field, question, help, required, value, input, care } = props;
  const { data } = useStaticData();
  const options = listedIn(field.suggest, data);
  const all = { label: question, description: help, required };
  if (care.closed && field.suggest === 'organization_sizes') {
    const { onChange, error } = input;
    return (
      <ChoiceCards
        legend={question}
        description={help}
        required={required}
        compact
        placeholders={SIZES.map(sizeName)}
        options={options}
        value={textOf(value)}
        onChange={onChange}
        error={error}
      />
    );
  }
  if (care.closed) {
    return (
      <Select
        {...all}
        {...widthOf(care.wide ?? false)}
        placeholder={t`Choose the closest`}
        data={options}
        {...input}
      />
    );
  }
  const meant = (text: string): string => options.find(({ label }) => label === text)?.value ?? text;
  return (
    <Autocomplete
      {...all}
      {...widthOf(care.wide ?? true)}
      limit={60}
      data={[...new Set(options.map(({ label }) => label))]}
      {...input}
      value={labelOf(options, value)}
      onChange={(text) => input.onChange(meant(text))}
    />
  );
}
