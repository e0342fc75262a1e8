import type { ComponentType } from 'react';
import { builtInField } from '../../../onboarding/built-in';
import { needed } from '../../../onboarding/checks';
import { kindOf } from '../../../onboarding/kinds';
import type { Field } from '../../../onboarding/template';
import type { StepControl } from '../../../onboarding/useStepForm';
import { fieldWords } from '../../../onboarding/words';
import { useWizard } from '../../../onboarding/WizardProvider';
import { SaidText } from '../../../ui/SaidText';
import { careFor } from './care';
import { ChoiceQuestion } from './ChoiceQuestion';
import type { QuestionProps } from './question';
import { SeveralQuestion } from './SeveralQuestion';
import { DateQuestion, IntegerQuestion, TextQuestion } from './TextQuestion';
import { ConsentQuestion, YesNoQuestion } from './YesNoQuestion';

/** How each type is drawn. `text`, `url` and `email` are texts, and so is a type that is not known. */
const BY_TYPE: Record<string, ComponentType<QuestionProps>> = {
  integer: IntegerQuestion,
  date: DateQuestion,
  boolean: YesNoQuestion,
  consent: ConsentQuestion,
  choice: ChoiceQuestion,
  choices: SeveralQuestion,
};

interface Props {
  step: string;
  field: Field;
  form: StepControl['form'];
}

/** A field of a step, as its template describes it, with what the page knows of it besides. */
export function Question({ step, field, form }: Props) {
  const { state } = useWizard();
  const care = careFor(step, field, builtInField(state, step, field) !== undefined);
  const { question, help } = fieldWords(state, step, field);
  const Draw = care.Draw ?? BY_TYPE[field.type] ?? TextQuestion;
  return (
    <Draw
      step={step}
      field={field}
      question={<SaidText {...question} />}
      help={help && <SaidText {...help} />}
      required={needed(state, step, field) !== undefined}
      value={form.getValues()[field.key] ?? kindOf(field).blank(field)}
      input={form.getInputProps(field.key)}
      care={care}
    />
  );
}
