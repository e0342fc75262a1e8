import { t } from '@lingui/core/macro';
import { Checkbox, Switch } from '@mantine/core';
import { useId } from 'react';
import { ChoiceCards } from '../../../ui/ChoiceCards';
import { type QuestionProps, WIDE } from './question';

/** Yes or no: a switch, unless one of both has to be said. */
export function YesNoQuestion({ question, help, required, value, input }: QuestionProps) {
  const { onChange, error } = input;
  if (required) {
    return (
      <ChoiceCards
        legend={question}
        description={help}
        required
        compact
        options={[
          { value: 'true', label: t`Yes` },
          { value: 'false', label: t`No` },
        ]}
        value={String(value)}
        onChange={(said) => onChange(said === 'true')}
        error={error}
      />
    );
  }
  return (
    <Switch
      withThumbIndicator={false}
      wrapperProps={WIDE}
      label={question}
      description={help}
      checked={value === true}
      error={error}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}

/** Something that is agreed to. */
export function ConsentQuestion({ question, help, required, value, input }: QuestionProps) {
  const { onChange, error } = input;
  const id = useId();
  return (
    <Checkbox
      wrapperProps={WIDE}
      required={required}
      aria-invalid={error ? true : undefined}
      aria-describedby={error ? id : undefined}
      label={question}
      description={help}
      checked={value === true}
      error={error && <span id={id}>{error}</span>}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}
