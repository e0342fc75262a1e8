import { t } from '@lingui/core/macro';
import { VisuallyHidden } from '@mantine/core';
import { IconCheck, IconMinus } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { OnboardingStep } from '../../api/types';
import { countDone, isDone, keysOf, shareBehind, stepsOf } from '../../onboarding/steps';
import { useWizard } from '../../onboarding/WizardProvider';
import { stepName, stepWords } from '../../onboarding/words';
import { SaidText } from '../../ui/SaidText';
import classes from './Trail.module.css';

/** So many letters have room beside each other on a phone, of the longest word of each name. */
const LETTERS = 46;

function haveRoom(names: readonly string[]): boolean {
  const longest = names.map((name) => Math.max(...name.split(/\s/).map((word) => word.length)));
  return names.length <= 5 && longest.reduce((sum, length) => sum + length, 0) <= LETTERS;
}

/** The steps as signs along a winding path: where one is, what is done, what lies ahead. */
export function Trail({ current }: { current: string }) {
  const { state } = useWizard();
  const steps = stepsOf(state);
  const place = keysOf(state).indexOf(current) + 1;
  const all = steps.length;
  const done = countDone(state);
  const named = haveRoom(steps.map(({ key }) => stepName(state, key)));
  return (
    <nav className={classes.trail} aria-label={t`Steps`}>
      <p className={classes.count}>
        {t`Step ${place} of ${all}`}
        <span>{t`${done} done`}</span>
      </p>
      <Path count={all} share={shareBehind(state)} />
      <ol className={classes.steps} data-named={named || undefined}>
        {steps.map((step, at) => (
          <Sign key={step.key} step={step} place={at + 1} current={step.key === current} />
        ))}
      </ol>
    </nav>
  );
}

function Sign({ step, place, current }: { step: OnboardingStep; place: number; current: boolean }) {
  const { state } = useWizard();
  const mark = isDone(step) ? step.status : undefined;
  return (
    <li className={classes.step} data-mark={mark} data-current={current || undefined}>
      <Link
        to={`/onboarding/${step.key}`}
        aria-current={current ? 'step' : undefined}
        className={classes.link}
      >
        <span className={classes.sign} aria-hidden="true">
          {mark === 'completed' && <IconCheck size={16} stroke={3} />}
          {mark === 'skipped' && <IconMinus size={16} stroke={3} />}
          {mark === undefined && place}
        </span>
        <span className={classes.words}>
          <span className={classes.name}>
            <SaidText {...stepWords(state, step.key).name} />
          </span>
          <span className={classes.state}>{stateWord(mark, current, !step.required)}</span>
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

/** From one sign to the next, in the units of the drawing. */
const STRIDE = 72;

/** The winding line behind the signs, for wide screens. One bend for each step. */
function Path({ count, share }: { count: number; share: number }) {
  const height = STRIDE * count;
  const line = `M20 36${Array.from({ length: count - 1 }, (_, i) => bend(i)).join('')}`;
  return (
    <svg
      className={classes.path}
      viewBox={`0 0 64 ${height}`}
      style={{ height: `${count * 4.5}rem` }}
      aria-hidden="true"
    >
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

/** From the sign at `index` to the one after it, on the other side. */
function bend(index: number): string {
  const [from, to] = index % 2 === 0 ? [20, 44] : [44, 20];
  const [top, bottom] = [STRIDE * index + 36, STRIDE * (index + 1) + 36];
  const middle = (top + bottom) / 2;
  return `C${from} ${middle} ${to} ${middle} ${to} ${bottom}`;
}
