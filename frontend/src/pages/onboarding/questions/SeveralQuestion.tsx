import { t } from '@lingui/core/macro';
import { UnstyledButton } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { CheckCards } from '../../../ui/CheckCards';
import { SearchSelect } from '../../../ui/SearchSelect';
import { labelOf } from '../options';
import { searchWords } from './ChoiceQuestion';
import { listOf, type QuestionProps } from './question';
import classes from './SeveralQuestion.module.css';
import { useOptions } from './useOptions';

/** So many can be seen at once. */
const FEW = 12;

/** Some of some values: cards where there are few; else each is searched, and stands below until it is taken away. */
export function SeveralQuestion(props: QuestionProps) {
  const { step, field, question, help, required, value, input } = props;
  const options = useOptions(step, field);
  const chosen = listOf(value);
  const { onChange, error } = input;
  if (field.choices && options.length <= FEW) {
    return (
      <CheckCards
        legend={question}
        description={help}
        required={required}
        options={options}
        value={chosen}
        onChange={onChange}
        error={error}
      />
    );
  }
  return (
    <div data-wide>
      <SearchSelect
        label={question}
        description={help}
        required={required}
        {...searchWords(field.list)}
        options={options.filter((option) => !chosen.includes(option.value))}
        collects
        value={null}
        error={error}
        onChange={(one) => one !== null && onChange([...chosen, one])}
      />
      {chosen.length > 0 && (
        <ul className={classes.chosen}>
          {chosen.map((one) => (
            <Chosen
              key={one}
              name={labelOf(options, one)}
              onRemove={() => onChange(chosen.filter((each) => each !== one))}
            />
          ))}
        </ul>
      )}
    </div>
  );
}

function Chosen({ name, onRemove }: { name: string; onRemove: () => void }) {
  return (
    <li>
      <UnstyledButton className={classes.one} aria-label={t`Take away ${name}`} onClick={onRemove}>
        {name}
        <IconX size={16} aria-hidden />
      </UnstyledButton>
    </li>
  );
}
