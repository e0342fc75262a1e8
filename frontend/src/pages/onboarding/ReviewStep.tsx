import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Checkbox } from '@mantine/core';
import { IconArrowRight, IconFlag } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { useGoTo } from '../../app/useGoTo';
import { openBeforeReview, WORDS } from '../../onboarding/steps';
import { useStepForm } from '../../onboarding/useStepForm';
import { useWizard } from '../../onboarding/WizardProvider';
import { Callout } from '../../ui/Callout';
import { FailureNote } from '../../ui/FailureNote';
import { PageHeading } from '../../ui/PageHeading';
import { useFailure } from '../../ui/useFailure';
import { Answers } from './Answers';
import { ElsewhereNotice } from './ElsewhereNotice';
import { SaveStatus } from './SaveStatus';
import classes from './StepFrame.module.css';
import { BackLink, StepHead } from './StepFrame';

export function ReviewStep() {
  const { state } = useWizard();
  const [finishing, setFinishing] = useState(false);
  // The form stays until the way to the end has been taken.
  if (state.status === 'completed' && !finishing) return <Reviewed />;
  return <Review finishing={finishing} setFinishing={setFinishing} />;
}

/** For those who have finished: nothing is left to be pressed. */
function Reviewed() {
  return (
    <>
      <div className={classes.head}>
        <PageHeading
          title={WORDS.review.name}
          heading={t`What you told us`}
          lead={t`You have finished. Change any of it whenever it changes.`}
        />
      </div>
      <div className={classes.form}>
        <Answers />
        <div className={classes.actions}>
          <Button component={Link} to="/" rightSection={<IconArrowRight size={18} aria-hidden />}>
            <Trans>To the overview</Trans>
          </Button>
        </div>
      </div>
    </>
  );
}

interface ReviewProps {
  finishing: boolean;
  setFinishing: (finishing: boolean) => void;
}

/** Everything once more, the terms, and the end of the path. */
function Review({ finishing, setFinishing }: ReviewProps) {
  const { state, wizard } = useWizard();
  const goTo = useGoTo();
  const control = useStepForm('review', { accepted_terms: false });
  const { failure, fail, say } = useFailure();
  const { form } = control;
  const open = openBeforeReview(state);

  const finish = async (): Promise<void> => {
    say(undefined);
    if (open.length > 0) return document.getElementById('open-steps')?.querySelector('a')?.focus();
    if (!form.getValues().accepted_terms) {
      form.setFieldError('accepted_terms', t`Please accept the terms to finish.`);
      return control.formRef.current?.querySelector('input')?.focus();
    }
    setFinishing(true);
    try {
      if (!(await control.submit())) return;
      await wizard.finish();
      goTo('/', { state: { finished: true } });
    } catch (error) {
      fail(error, t`Nothing is lost: press Finish again in a moment.`);
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
        <FailureNote failure={failure ?? control.failure} />
        {open.length > 0 && (
          <div id="open-steps">
            <Callout tone="note" title={t`Not quite there yet`}>
              <Trans>Still open:</Trans>{' '}
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
          required
          label={
            <>
              <Trans>
                I have checked my answers and accept the{' '}
                <a href="/terms" target="_blank" rel="noopener">
                  terms of use
                </a>
                . What we keep of you is in the{' '}
                <a href="/privacy" target="_blank" rel="noopener">
                  privacy notice
                </a>
                .
              </Trans>
            </>
          }
          {...form.getInputProps('accepted_terms', { type: 'checkbox' })}
        />
        <div className={classes.actions}>
          <BackLink step="review" />
          <SaveStatus />
          <Button type="submit" loading={finishing} leftSection={<IconFlag size={18} aria-hidden />}>
            <Trans>Finish</Trans>
          </Button>
        </div>
      </form>
    </>
  );
}
