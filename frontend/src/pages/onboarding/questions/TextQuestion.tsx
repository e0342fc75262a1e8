import { Textarea, TextInput } from '@mantine/core';
import { counted } from '../../../ui/counted';
import { type QuestionProps, textOf, widthOf } from './question';
import { SuggestedQuestion } from './SuggestedQuestion';

/** What browsers know of a type: the keys that a phone shows, and what they fill in. */
const INPUTS = {
  url: { type: 'url', inputMode: 'url', placeholder: 'https://' },
  email: { type: 'email', inputMode: 'email' },
} as const;

/** A text in one line or several; also of a type that the page does not know. */
export function TextQuestion(props: QuestionProps) {
  const { field, question, help, required, value, input, care } = props;
  if (field.suggest !== undefined) return <SuggestedQuestion {...props} />;
  const all = { label: question, description: help, required, ...widthOf(care.wide ?? true) };
  if (field.multiline) {
    const count = field.max_length === undefined ? {} : counted(textOf(value), field.max_length);
    return <Textarea {...all} {...count} autosize minRows={3} maxRows={8} {...input} />;
  }
  const known = field.type === 'url' || field.type === 'email' ? INPUTS[field.type] : {};
  const { autoComplete, type } = care;
  return (
    <TextInput
      {...all}
      {...known}
      {...(autoComplete ? { autoComplete } : {})}
      {...(type ? { type } : {})}
      {...input}
    />
  );
}

/** A whole number. A text until it is one: a spinner would change it by the wheel of a mouse. */
export function IntegerQuestion({ question, help, required, input }: QuestionProps) {
  return <TextInput label={question} description={help} required={required} inputMode="numeric" {...input} />;
}

/** A day, by the browser's own means. */
export function DateQuestion({ field, question, help, required, input }: QuestionProps) {
  return (
    <TextInput
      label={question}
      description={help}
      required={required}
      type="date"
      {...limitOf('min', field.min)}
      {...limitOf('max', field.max)}
      {...input}
    />
  );
}

const limitOf = (name: 'min' | 'max', day: unknown) => (typeof day === 'string' ? { [name]: day } : {});
