import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { IconArrowLeft, IconArrowRight } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { useStepForm } from '../../onboarding/useStepForm';
import { previousOf, type StepKey, WORDS } from '../../onboarding/steps';
import { FailureNote } from '../../ui/FailureNote';
import { PageHeading } from '../../ui/PageHeading';
import { ElsewhereNotice } from './ElsewhereNotice';
import { SaveStatus } from './SaveStatus';
import classes from './StepFrame.module.css';

/** The heading of a step, with how saving goes. */
export function StepHead({ step }: { step: StepKey }) {
  const words = WORDS[step];
  return (
    <div className={classes.head}>
      <PageHeading title={words.name} heading={words.heading} lead={words.lead} />
    </div>
  );
}

/** For a field that takes both columns. */
export const WIDE = { 'data-wide': true };

interface StepFormProps {
  step: StepKey;
  control: Pick<
    ReturnType<typeof useStepForm>,
    'formRef' | 'busy' | 'failure' | 'submit' | 'goOn' | 'onBlur' | 'onSubmit'
  >;
  children: ReactNode;
  /** The step may be left out. */
  optional?: boolean;
}

/** A step's form: its fields, notices, and the way back and on. */
export function StepForm({ step, control, children, optional = false }: StepFormProps) {
  const send = async (status: 'completed' | 'skipped'): Promise<void> => {
    if (await control.submit(status)) control.goOn();
  };
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
          void send('completed');
        }}
      >
        <ElsewhereNotice step={step} />
        <FailureNote failure={control.failure} />
        <div className={classes.fields}>{children}</div>
        <div className={classes.actions}>
          <BackLink step={step} />
          <SaveStatus />
          {optional && (
            <Button
              variant="default"
              type="button"
              disabled={control.busy}
              onClick={() => void send('skipped')}
            >
              <Trans>Skip for now</Trans>
            </Button>
          )}
          <Button
            type="submit"
            loading={control.busy}
            rightSection={<IconArrowRight size={18} aria-hidden />}
          >
            <Trans>Continue</Trans>
          </Button>
        </div>
      </form>
    </>
  );
}

export function BackLink({ step }: { step: StepKey }) {
  const previous = previousOf(step);
  if (!previous) return null;
  return (
    <Button
      component={Link}
      to={`/onboarding/${previous}`}
      variant="subtle"
      color="gray"
      c="var(--ink-soft)"
      leftSection={<IconArrowLeft size={18} aria-hidden />}
      className={classes.back}
    >
      <Trans>Back</Trans>
    </Button>
  );
}
