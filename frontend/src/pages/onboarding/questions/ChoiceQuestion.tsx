import { t } from '@lingui/core/macro';
import { Select } from '@mantine/core';
import { ChoiceCards } from '../../../ui/ChoiceCards';
import { SearchSelect } from '../../../ui/SearchSelect';
import { type QuestionProps, textOf, widthOf } from './question';
import { useOptions } from './useOptions';

/** So many can be seen at once. */
const FEW = 7;
/** So many are looked through. */
const MANY = 20;

/** One of some values: cards where there are few, a list, or a search. */
export function ChoiceQuestion(props: QuestionProps) {
  const { step, field, question, help, required, value, input, care } = props;
  const options = useOptions(step, field);
  const isSearched = field.list === 'countries' || field.list === 'time_zones' || options.length > MANY;
  const { onChange, error } = input;
  if (required && options.length <= FEW && !isSearched) {
    return (
      <ChoiceCards
        legend={question}
        description={help}
        required
        compact
        options={options}
        value={textOf(value)}
        onChange={onChange}
        error={error}
      />
    );
  }
  const all = {
    label: question,
    description: help,
    required,
    ...widthOf(care.wide ?? false),
    ...input,
    value: textOf(value) || null,
    // What need not be answered can be taken back.
    ...(required
      ? {}
      : { clearable: true, clearButtonProps: { 'aria-label': t`Take the answer back`, tabIndex: 0 } }),
    onChange: (chosen: string | null) => onChange(chosen ?? ''),
  };
  if (isSearched) return <SearchSelect {...all} {...searchWords(field.list)} options={options} />;
  return <Select {...all} placeholder={t`Choose one`} data={options} />;
}

export function searchWords(list: string | undefined) {
  if (list === 'time_zones') {
    return {
      placeholder: t`Choose or type a city`,
      nothingFoundMessage: t`No such city: try a larger one nearby`,
    };
  }
  const isCountry = list === 'countries';
  return {
    placeholder: t`Choose or type`,
    nothingFoundMessage: isCountry ? t`No country by that name` : t`Nothing by that name`,
  };
}
