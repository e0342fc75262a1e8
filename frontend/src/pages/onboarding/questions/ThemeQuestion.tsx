import { ChoiceCards } from '../../../ui/ChoiceCards';
import { useColorScheme } from '../../../ui/useColorScheme';
import { schemeOf } from '../preferences';
import { ThemePicture } from '../ThemePicture';
import { type QuestionProps, textOf } from './question';
import { useOptions } from './useOptions';

/** How the page looks: seen at once. */
export function ThemeQuestion(props: QuestionProps) {
  const { step, field, question, help, required, value, input } = props;
  const { setColorScheme } = useColorScheme();
  const options = useOptions(step, field);
  const { onChange, error } = input;
  return (
    <ChoiceCards
      legend={question}
      description={help}
      required={required}
      options={options.map((option) => ({ ...option, picture: <ThemePicture theme={option.value} /> }))}
      value={textOf(value)}
      onChange={(theme) => {
        onChange(theme);
        setColorScheme(schemeOf(theme) ?? 'auto');
      }}
      error={error}
    />
  );
}
