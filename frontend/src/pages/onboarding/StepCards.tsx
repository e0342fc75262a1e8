import { t } from '@lingui/core/macro';
import { IconCheck, IconChevronRight, IconMinus } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { OnboardingStep } from '../../api/types';
import { isDone, stepsOf } from '../../onboarding/steps';
import { useWizard } from '../../onboarding/WizardProvider';
import { stepWords } from '../../onboarding/words';
import { SaidText } from '../../ui/SaidText';
import classes from './StepCards.module.css';

/** All steps at a glance, for the overview. */
export function StepCards() {
  const { state } = useWizard();
  return (
    <ol className={classes.cards} aria-label={t`Steps`}>
      {stepsOf(state).map((step, at) => (
        <StepCard key={step.key} step={step} place={at + 1} />
      ))}
    </ol>
  );
}

function StepCard({ step, place }: { step: OnboardingStep; place: number }) {
  const { state } = useWizard();
  const done = isDone(step);
  return (
    <li>
      <Link to={`/onboarding/${step.key}`} className={classes.card} data-done={done || undefined}>
        <span className={classes.mark} aria-hidden="true">
          {step.status === 'completed' && <IconCheck size={16} stroke={3} />}
          {step.status === 'skipped' && <IconMinus size={16} stroke={3} />}
          {!done && place}
        </span>
        <span className={classes.name}>
          <SaidText {...stepWords(state, step.key).name} />
        </span>
        <span className={classes.state}>{stateWord(step.status)}</span>
        <IconChevronRight size={20} stroke={1.75} aria-hidden className={classes.arrow} />
      </Link>
    </li>
  );
}

function stateWord(status: string): string {
  if (status === 'in_progress') return t`Begun`;
  if (status === 'completed') return t`Done`;
  return status === 'skipped' ? t`Skipped` : t`Still to come`;
}
