import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Onboarding } from '../../api/types';
import { onboardingQuery } from '../../onboarding/queries';
import { stepOf } from '../../onboarding/steps';
import { useWizard } from '../../onboarding/WizardProvider';
import { organizationQuery } from '../../organization/queries';
import { Offers } from '../organization/Offers';
import { FormStep } from './FormStep';
import { JoinedOrganization } from './JoinedOrganization';
import type { Ending } from './useStepEnd';

/** The step that describes an organization: whoever joins one that others have described has nothing to fill in. */
export function OrganizationStep({ step, ending }: { step: string; ending: Ending }) {
  const { user, state } = useWizard();
  // Whoever was invited finds the step done.
  const isDone = stepOf(state, step)?.status === 'completed';
  const { data: organization } = useQuery({ ...organizationQuery(user.id), enabled: isDone });
  if (isDone && organization?.role === 'member') {
    return <JoinedOrganization step={step} organization={organization} />;
  }
  return isDone ? (
    <FormStep step={step} ending={ending} />
  ) : (
    <FormStep step={step} ending={ending} Before={OffersToJoin} />
  );
}

function OffersToJoin({ goOn }: { goOn: (state: Onboarding) => void }) {
  const { user } = useWizard();
  const queries = useQueryClient();
  if (!user.email_verified) return null;
  // The service fills the step.
  const filled = (): Promise<Onboarding> => queries.fetchQuery({ ...onboardingQuery(user.id), staleTime: 0 });
  return <Offers onJoined={async () => goOn(await filled())} />;
}
