import { Navigate, useParams } from 'react-router';
import { firstOpen, isStepKey, type StepKey } from '../../onboarding/steps';
import { useWizard } from '../../onboarding/WizardProvider';
import { AccountStep } from './AccountStep';
import { OrganizationStep } from './OrganizationStep';
import { PreferencesStep } from './PreferencesStep';
import { ProfileStep } from './ProfileStep';
import { ReviewStep } from './ReviewStep';
import classes from './StepPage.module.css';
import { Trail } from './Trail';

const PAGES: Record<StepKey, () => React.JSX.Element> = {
  account: AccountStep,
  profile: ProfileStep,
  organization: OrganizationStep,
  preferences: PreferencesStep,
  review: ReviewStep,
};

/** One step of the wizard beside the trail; with no step named, the one where the person left off. */
export function StepPage() {
  const { step } = useParams();
  const { state } = useWizard();
  if (!isStepKey(step)) {
    return <Navigate to={state.status === 'completed' ? '/' : `/onboarding/${firstOpen(state)}`} replace />;
  }
  const Page = PAGES[step];
  return (
    <div className={classes.wizard}>
      <Trail current={step} />
      <section className={classes.card}>
        <Page key={step} />
      </section>
    </div>
  );
}
