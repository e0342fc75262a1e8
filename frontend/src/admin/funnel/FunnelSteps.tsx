import { useLingui } from '@lingui/react/macro';
import type { FunnelCountsBody, FunnelStepBody } from '../../generated';
import classes from '../Admin.module.css';
import own from './Funnel.module.css';
import { groupName } from './group-name';
import { NumberTable } from './NumberTable';
import { lasting, percentOf } from './numbers';

interface FunnelStepsProps {
  counts: FunnelCountsBody;
  by: string;
  /** The group that is looked at; everybody where there is none. */
  group: string | undefined;
}

const PARTS = ['completed', 'skipped', 'in_progress', 'stuck'] as const;
type Part = (typeof PARTS)[number];

/** How far people are step by step: bars, and the table beside them. */
export function FunnelSteps({ counts, by, group }: FunnelStepsProps) {
  const { t, i18n } = useLingui();
  const { registered, completed, stuck, median_seconds, p90_seconds, steps } = counts;
  const whom = group === undefined ? t`Everybody` : groupName(by, group, i18n.locale, t`No country chosen`);
  const percent = percentOf(completed, registered);
  return (
    <section className={classes.card} aria-labelledby="funnel-steps">
      <h2 id="funnel-steps">{t`Step by step: ${whom}`}</h2>
      <p>
        {t`${registered} registered, ${completed} completed (${percent} %), ${stuck} stuck.`}{' '}
        {median_seconds !== null && (
          <span className={classes.soft}>
            {t`Half of those who completed took at most ${lasting(median_seconds, i18n.locale)}, nine of ten at most ${lasting(p90_seconds, i18n.locale)}.`}
          </span>
        )}
      </p>
      <div className={own.beside}>
        <StepChart steps={steps} registered={registered} />
        <StepTable steps={steps} />
      </div>
    </section>
  );
}

function usePartWords(): Record<Part, string> {
  const { t } = useLingui();
  return {
    completed: t`Completed`,
    skipped: t`Skipped`,
    in_progress: t`In progress`,
    stuck: t`Stuck`,
  };
}

/** Those who are stuck are in progress, or have not begun: each is drawn once. */
function partsOf(step: FunnelStepBody): Record<Part, number> {
  const { completed, skipped, in_progress, stuck } = step;
  return { completed, skipped, in_progress: Math.max(0, in_progress - stuck), stuck };
}

function StepChart({ steps, registered }: { steps: FunnelStepBody[]; registered: number }) {
  const { t } = useLingui();
  const words = usePartWords();
  return (
    <figure
      className={own.chart}
      aria-label={t`Chart of the steps; the table beside it has the same numbers`}
    >
      <ol className={own.bars}>
        {steps.map((step) => {
          const parts = partsOf(step);
          const sum = PARTS.map((part) => t`${words[part]}: ${parts[part]}`).join(', ');
          return (
            <li key={step.key} className={own.bar}>
              <span className={own.name}>{step.title}</span>
              <svg
                role="img"
                aria-label={sum}
                className={own.track}
                viewBox="0 0 100 10"
                preserveAspectRatio="none"
              >
                <rect className={own.reached} width={share(step.reached, registered)} height="10" />
                {PARTS.map((part, at) => (
                  <rect
                    key={part}
                    data-part={part}
                    x={PARTS.slice(0, at).reduce((x, before) => x + share(parts[before], registered), 0)}
                    width={share(parts[part], registered)}
                    height="10"
                  />
                ))}
              </svg>
              <span className={own.number}>{t`${percentOf(step.completed, registered)} %`}</span>
            </li>
          );
        })}
      </ol>
      <ul className={own.legend} aria-hidden="true">
        {PARTS.map((part) => (
          <li key={part}>
            <span className={own.sample} data-part={part} />
            {words[part]}
          </li>
        ))}
        <li>
          <span className={own.sample} data-part="reached" />
          {t`Reached`}
        </li>
      </ul>
    </figure>
  );
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : (part / whole) * 100);

function StepTable({ steps }: { steps: FunnelStepBody[] }) {
  const { t, i18n } = useLingui();
  const heads = [t`Step`, t`Reached`, t`Completed`, t`Skipped`, t`In progress`, t`Stuck`, t`Lost`, t`Median`];
  const rows = steps.map((step) => ({
    key: step.key,
    name: step.title,
    numbers: [
      step.reached,
      step.completed,
      step.skipped,
      step.in_progress,
      step.stuck,
      step.drop_off === null ? '–' : t`${Math.round(step.drop_off * 100)} %`,
      lasting(step.median_seconds, i18n.locale),
    ],
  }));
  return (
    <div>
      <NumberTable caption={t`The steps in numbers`} heads={heads} rows={rows} />
    </div>
  );
}
