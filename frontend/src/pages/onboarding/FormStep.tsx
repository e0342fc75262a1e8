import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { IconArrowRight, IconFlag } from '@tabler/icons-react';
import type { ComponentType } from 'react';
import { Link } from 'react-router';
import type { Onboarding } from '../../api/types';
import { openBeforeEnd, stepOf } from '../../onboarding/steps';
import { fieldsOf } from '../../onboarding/template';
import { useStepForm } from '../../onboarding/useStepForm';
import { useWizard } from '../../onboarding/WizardProvider';
import { stepWords } from '../../onboarding/words';
import { Callout } from '../../ui/Callout';
import { FailureNote } from '../../ui/FailureNote';
import { SaidText } from '../../ui/SaidText';
import { Answers } from './Answers';
import { ElsewhereNotice } from './ElsewhereNotice';
import { initialOf } from './questions/care';
import { Question } from './questions/Question';
import { SaveStatus } from './SaveStatus';
import classes from './StepFrame.module.css';
import { BackLink, StepHead } from './StepFrame';
import { type Ending, useStepEnd } from './useStepEnd';

interface FormStepProps {
  step: string;
  ending: Ending;
  /** What stands before the questions; `goOn` leads from the step as it is by then. */
  Before?: ComponentType<{ goOn: (state: Onboarding) => void }>;
}

/** A step's form, as its template asks: its questions, notices, and the way back and on. The last one ends the path. */
export function FormStep({ step, ending, Before }: FormStepProps) {
  const { state } = useWizard();
  const control = useStepForm(step, initialOf(step, fieldsOf(state, step)));
  const { end, goOn, finishing, isEnd, failure } = useStepEnd(step, control, ending);
  return (
    <>
      <StepHead step={step} />
      <form
        ref={control.formRef}
        className={classes.form}
        noValidate
        onBlur={control.onBlur}
        onSubmit={(event) => {
          control.onSubmit(event);
          void end('completed');
        }}
      >
        <ElsewhereNotice step={step} />
        <FailureNote failure={failure} />
        {isEnd && (
          <>
            <OpenSteps />
            <Answers except={step} />
          </>
        )}
        <div className={classes.fields}>
          {Before && <Before goOn={goOn} />}
          {control.visible.map((field) => (
            <Question key={field.key} step={step} field={field} form={control.form} />
          ))}
        </div>
        <div className={classes.actions}>
          <BackLink step={step} />
          <SaveStatus />
          {stepOf(state, step)?.required === false && (
            <Button
              variant="default"
              type="button"
              disabled={control.busy}
              onClick={() => void end('skipped')}
            >
              {isEnd ? t`Skip this and finish` : t`Skip for now`}
            </Button>
          )}
          {isEnd ? (
            <Button type="submit" loading={finishing} leftSection={<IconFlag size={18} aria-hidden />}>
              <Trans>Finish</Trans>
            </Button>
          ) : (
            <Button
              type="submit"
              loading={control.busy}
              rightSection={<IconArrowRight size={18} aria-hidden />}
            >
              <Trans>Continue</Trans>
            </Button>
          )}
        </div>
      </form>
    </>
  );
}

/** The required steps that keep the path from ending. */
function OpenSteps() {
  const { state } = useWizard();
  const open = openBeforeEnd(state);
  if (open.length === 0) return null;
  return (
    <div id="open-steps">
      <Callout tone="note" title={t`Not quite there yet`}>
        <Trans>Still open:</Trans>{' '}
        {open.map((key, i) => (
          <span key={key}>
            {i > 0 && ', '}
            <Link to={`/onboarding/${key}`}>
              <SaidText {...stepWords(state, key).name} />
            </Link>
          </span>
        ))}
        .
      </Callout>
    </div>
  );
}
