import { t } from '@lingui/core/macro';
import { VisuallyHidden } from '@mantine/core';
import { IconCheck, IconMinus } from '@tabler/icons-react';
import { Link } from 'react-router';
import {
  countDone,
  isDone,
  shareBehind,
  STEP_KEYS,
  type StepKey,
  stepOf,
  WORDS,
} from '../../onboarding/steps';
import { useWizard } from '../../onboarding/WizardProvider';
import classes from './Trail.module.css';

/** The steps as signs along a winding path: where one is, what is done, what lies ahead. */
export function Trail({ current }: { current: StepKey }) {
  const { state } = useWizard();
  const place = STEP_KEYS.indexOf(current) + 1;
  const all = STEP_KEYS.length;
  const done = countDone(state);
  return (
    <nav className={classes.trail} aria-label={t`Steps`}>
      <p className={classes.count}>
        {t`Step ${place} of ${all}`}
        <span>{t`${done} done`}</span>
      </p>
      <Path />
      <ol className={classes.steps}>
        {STEP_KEYS.map((key) => (
          <Sign key={key} step={key} current={key === current} />
        ))}
      </ol>
    </nav>
  );
}

function Sign({ step: key, current }: { step: StepKey; current: boolean }) {
  const { state } = useWizard();
  const step = stepOf(state, key);
  const mark = isDone(step) ? step?.status : undefined;
  return (
    <li className={classes.step} data-mark={mark} data-current={current || undefined}>
      <Link to={`/onboarding/${key}`} aria-current={current ? 'step' : undefined} className={classes.link}>
        <span className={classes.sign} aria-hidden="true">
          {mark === 'completed' && <IconCheck size={16} stroke={3} />}
          {mark === 'skipped' && <IconMinus size={16} stroke={3} />}
          {mark === undefined && STEP_KEYS.indexOf(key) + 1}
        </span>
        <span className={classes.words}>
          <span className={classes.name}>{WORDS[key].name}</span>
          <span className={classes.state}>{stateWord(mark, current, step?.required === false)}</span>
        </span>
        {mark && <VisuallyHidden>, {mark === 'skipped' ? t`Skipped` : t`Done`}</VisuallyHidden>}
      </Link>
    </li>
  );
}

function stateWord(mark: string | undefined, current: boolean, optional: boolean): string {
  if (current) return t`You are here`;
  if (mark === 'completed') return t`Done`;
  if (mark === 'skipped') return t`Skipped`;
  return optional ? t`Can be skipped` : t`Still to come`;
}

/** The winding line behind the signs, for wide screens. One bend for each step. */
function Path() {
  const { state } = useWizard();
  const share = shareBehind(state);
  const line = 'M20 36C20 72 44 72 44 108S20 144 20 180s24 36 24 72-24 36-24 72';
  return (
    <svg className={classes.path} viewBox="0 0 64 360" aria-hidden="true">
      <path d={line} className={classes.ahead} />
      <path
        d={line}
        className={classes.behind}
        pathLength={1}
        strokeDasharray="1 1"
        strokeDashoffset={1 - share}
      />
    </svg>
  );
}
