import { type ComponentType, useState } from 'react';
import { Navigate, useParams } from 'react-router';
import type { Onboarding } from '../../api/types';
import { firstOpen, keysOf, lastOf } from '../../onboarding/steps';
import { askedIn, fieldsOf } from '../../onboarding/template';
import { useWizard } from '../../onboarding/WizardProvider';
import { tellingSteps } from './answers-of';
import { AutomaticStep } from './AutomaticStep';
import { FormStep } from './FormStep';
import { GoneNotice } from './GoneNotice';
import { OrganizationStep } from './OrganizationStep';
import { Reviewed } from './Reviewed';
import classes from './StepPage.module.css';
import { Trail } from './Trail';
import type { Ending } from './useStepEnd';

type Way = 'automatic' | 'form' | 'organization' | 'reviewed';

/** How steps are drawn: by their template, with what the page knows of some besides. */
const PAGES: Record<Way, ComponentType<{ step: string; ending: Ending }>> = {
  automatic: AutomaticStep,
  form: FormStep,
  organization: OrganizationStep,
  reviewed: Reviewed,
};

/** One step of the wizard beside the trail; with no step named, the one where the person left off. */
export function StepPage() {
  const { step = '' } = useParams();
  const { state } = useWizard();
  const [finishing, setFinishing] = useState(false);
  if (!keysOf(state).includes(step)) {
    return <Navigate to={state.status === 'completed' ? '/' : `/onboarding/${firstOpen(state)}`} replace />;
  }
  const { key, version } = state.template;
  const Page = PAGES[wayOf(state, step, finishing)];
  return (
    <div className={classes.wizard}>
      <Trail current={step} />
      <section className={classes.card}>
        <GoneNotice className={classes.notice} />
        {/* Another version of the template has other questions: a form of its own. */}
        <Page key={`${key} ${version} ${step}`} step={step} ending={{ finishing, setFinishing }} />
      </section>
    </div>
  );
}

function wayOf(state: Onboarding, step: string, finishing: boolean): Way {
  if (askedIn(state, step)?.automatic) return 'automatic';
  // The form stays until the way to the end has been taken.
  const hasFinished = state.status === 'completed' && !finishing && step === lastOf(state);
  if (hasFinished && !tellingSteps(state).includes(step)) return 'reviewed';
  const isOrganization = step === 'organization' && fieldsOf(state, step).some(({ key }) => key === 'name');
  return isOrganization ? 'organization' : 'form';
}
