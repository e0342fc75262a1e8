import { t } from '@lingui/core/macro';
import { IconCheck, IconChevronRight, IconMinus } from '@tabler/icons-react';
import { Link } from 'react-router';
import { isDone, STEP_KEYS, type StepKey, stepOf, WORDS } from '../../onboarding/steps';
import { useWizard } from '../../onboarding/WizardProvider';
import classes from './StepCards.module.css';

/** All steps at a glance, for the overview. */
export function StepCards() {
  return (
    <ol className={classes.cards} aria-label={t`Steps`}>
      {STEP_KEYS.map((key) => (
        <StepCard key={key} step={key} />
      ))}
    </ol>
  );
}

function StepCard({ step: key }: { step: StepKey }) {
  const { state } = useWizard();
  const step = stepOf(state, key);
  const done = isDone(step);
  return (
    <li>
      <Link to={`/onboarding/${key}`} className={classes.card} data-done={done || undefined}>
        <span className={classes.mark} aria-hidden="true">
          {step?.status === 'completed' && <IconCheck size={16} stroke={3} />}
          {step?.status === 'skipped' && <IconMinus size={16} stroke={3} />}
          {!done && STEP_KEYS.indexOf(key) + 1}
        </span>
        <span className={classes.name}>{WORDS[key].name}</span>
        <span className={classes.state}>{stateWord(step?.status)}</span>
        <IconChevronRight size={20} stroke={1.75} aria-hidden className={classes.arrow} />
      </Link>
    </li>
  );
}

function stateWord(status: string | undefined): string {
  if (status === 'in_progress') return t`Begun`;
  if (status === 'completed') return t`Done`;
  return status === 'skipped' ? t`Skipped` : t`Still to come`;
}
