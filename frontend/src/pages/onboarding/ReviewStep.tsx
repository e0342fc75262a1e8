import { Button, Checkbox } from '@mantine/core';
import { IconFlag } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { ApiError, isPassing } from '../../api/problem';
import { openBeforeReview, WORDS } from '../../onboarding/steps';
import { useStepForm } from '../../onboarding/useStepForm';
import { useWizard } from '../../onboarding/WizardProvider';
import { Callout } from '../../ui/Callout';
import { Answers } from './Answers';
import { ElsewhereNotice } from './ElsewhereNotice';
import { SaveStatus } from './SaveStatus';
import classes from './StepFrame.module.css';
import { BackLink, StepHead } from './StepFrame';

const ASK = 'Please accept the terms to finish.';

/** Everything once more, the terms, and the end of the path. */
export function ReviewStep() {
  const { state, wizard } = useWizard();
  const navigate = useNavigate();
  const control = useStepForm('review', { accepted_terms: false });
  const [failure, setFailure] = useState<string>();
  const [finishing, setFinishing] = useState(false);
  const { form } = control;
  const open = openBeforeReview(state);

  const finish = async (): Promise<void> => {
    setFailure(undefined);
    if (open.length > 0) return document.getElementById('open-steps')?.querySelector('a')?.focus();
    if (!form.getValues().accepted_terms) {
      form.setFieldError('accepted_terms', ASK);
      return control.formRef.current?.querySelector('input')?.focus();
    }
    setFinishing(true);
    try {
      if (!(await control.submit())) return;
      await wizard.finish();
      await navigate('/', { state: { finished: true }, viewTransition: true });
    } catch (error) {
      setFailure(wordFor(error));
    } finally {
      setFinishing(false);
    }
  };

  return (
    <>
      <StepHead step="review" />
      <form
        ref={control.formRef}
        className={classes.form}
        noValidate
        onBlur={control.onBlur}
        onSubmit={(event) => {
          control.onSubmit(event);
          void finish();
        }}
      >
        <ElsewhereNotice step="review" />
        {(failure ?? control.failure) && <Callout tone="bad">{failure ?? control.failure}</Callout>}
        {open.length > 0 && (
          <div id="open-steps">
            <Callout tone="note" title="Not quite there yet">
              Still open:{' '}
              {open.map((key, i) => (
                <span key={key}>
                  {i > 0 && ', '}
                  <Link to={`/onboarding/${key}`}>{WORDS[key].name}</Link>
                </span>
              ))}
              .
            </Callout>
          </div>
        )}
        <Answers />
        <Checkbox
          label="I have checked my answers and accept the terms of use."
          {...form.getInputProps('accepted_terms', { type: 'checkbox' })}
        />
        <div className={classes.actions}>
          <BackLink step="review" />
          <SaveStatus />
          <Button type="submit" loading={finishing} leftSection={<IconFlag size={18} aria-hidden />}>
            Finish
          </Button>
        </div>
      </form>
    </>
  );
}

function wordFor(error: unknown): string {
  if (isPassing(error))
    return 'We could not reach the service. Nothing is lost: press Finish again in a moment.';
  if (error instanceof ApiError) return error.message;
  throw error;
}
