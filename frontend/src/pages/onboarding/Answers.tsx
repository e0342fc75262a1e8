import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Link } from 'react-router';
import { useStaticData } from '../../onboarding/queries';
import { isDone, stepOf } from '../../onboarding/steps';
import { useWizard } from '../../onboarding/WizardProvider';
import { stepWords } from '../../onboarding/words';
import { Facts } from '../../ui/Facts';
import { SaidText } from '../../ui/SaidText';
import { answersOf, tellingSteps } from './answers-of';
import classes from './Answers.module.css';

interface AnswersProps {
  level?: 2 | 3;
  /** A step that stands beside them as it is. */
  except?: string;
}

/** What the person has told us, step by step, each with a way to change it. */
export function Answers({ level = 2, except }: AnswersProps) {
  const { state } = useWizard();
  const steps = tellingSteps(state).filter((key) => key !== except);
  return (
    <div className={classes.answers}>
      {steps.map((key) => (
        <StepAnswers key={key} step={key} level={level} />
      ))}
    </div>
  );
}

function StepAnswers({ step: key, level }: { step: string; level: 2 | 3 }) {
  const Heading = `h${level}` as const;
  const { state } = useWizard();
  const { data } = useStaticData();
  const step = stepOf(state, key);
  return (
    <section aria-labelledby={`answers-${key}`}>
      <div className={classes.head}>
        <Heading id={`answers-${key}`}>
          <SaidText {...stepWords(state, key).name} />
        </Heading>
        <Link to={`/onboarding/${key}`} id={`edit-${key}`} aria-labelledby={`edit-${key} answers-${key}`}>
          {isDone(step) ? t`Edit` : t`Fill in`}
        </Link>
      </div>
      {step?.status === 'skipped' ? (
        <p className={classes.skipped}>
          <Trans>Skipped. You can come back to it any time.</Trans>
        </p>
      ) : (
        <Facts
          facts={answersOf(state, key, data).map(({ key: field, label, answer }) => [
            <SaidText key={field} {...label} />,
            answer,
            field,
          ])}
        />
      )}
    </section>
  );
}
