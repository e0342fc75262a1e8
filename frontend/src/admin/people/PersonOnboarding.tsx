import { useLingui } from '@lingui/react/macro';
import type { OnboardingBody } from '../../generated';
import classes from '../Admin.module.css';
import { State } from '../State';
import { STEP_STATES } from './people-words';
import own from './Person.module.css';

/** How far the person is, step by step. What they have written is theirs, and not shown. */
export function PersonOnboarding({ onboarding }: { onboarding: OnboardingBody | null }) {
  const { t } = useLingui();
  return (
    <section className={classes.card} aria-labelledby="person-onboarding">
      <h2 id="person-onboarding">{t`Onboarding`}</h2>
      {onboarding ? (
        <>
          <p className={classes.soft}>
            {t`${onboarding.progress} % done, by version ${onboarding.template.version} of the template ${onboarding.template.key}.`}
          </p>
          <ol className={own.list}>
            {onboarding.steps
              .filter(({ applies }) => applies)
              .map(({ key, title, status, required }) => (
                <li key={key} className={own.item}>
                  <span>
                    {title}
                    {!required && <span className={classes.soft}> · {t`may be skipped`}</span>}
                  </span>
                  <State of={status} states={STEP_STATES} />
                </li>
              ))}
          </ol>
        </>
      ) : (
        <p className={classes.soft}>{t`This account has no onboarding.`}</p>
      )}
    </section>
  );
}
