import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Link } from 'react-router';
import { useStaticData } from '../../onboarding/queries';
import { isDone, type StepKey, stepOf, WORDS } from '../../onboarding/steps';
import { useWizard } from '../../onboarding/WizardProvider';
import { Facts } from '../../ui/Facts';
import { answersOf } from './answers-of';
import classes from './Answers.module.css';

const SHOWN: readonly StepKey[] = ['profile', 'organization', 'preferences'];

/** What the person has told us, step by step, each with a way to change it. */
export function Answers({ level = 2 }: { level?: 2 | 3 }) {
  const Heading = `h${level}` as const;
  const { state } = useWizard();
  const { data } = useStaticData();
  return (
    <div className={classes.answers}>
      {SHOWN.map((key) => {
        const step = stepOf(state, key);
        const { name } = WORDS[key];
        const done = isDone(step);
        return (
          <section key={key} aria-labelledby={`answers-${key}`}>
            <div className={classes.head}>
              <Heading id={`answers-${key}`}>{name}</Heading>
              <Link
                to={`/onboarding/${key}`}
                id={`edit-${key}`}
                aria-labelledby={`edit-${key} answers-${key}`}
              >
                {done ? t`Edit` : t`Fill in`}
              </Link>
            </div>
            {step?.status === 'skipped' ? (
              <p className={classes.skipped}>
                <Trans>Skipped. You can come back to it any time.</Trans>
              </p>
            ) : (
              <Facts facts={answersOf(key, step?.data ?? {}, data)} />
            )}
          </section>
        );
      })}
    </div>
  );
}
