import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useStore } from '../app/useStore';
import { onboardingQuery } from '../onboarding/queries';
import { WizardProvider } from '../onboarding/WizardProvider';
import { StepUp } from '../pages/factors/StepUp';
import { askedProof } from '../session/proof';
import { session } from '../session/session';

/** What stands around every page behind the log-in. */
export function AsPerson({ children }: { children: ReactNode }) {
  const now = useStore(session);
  return now.phase === 'person' ? <Known userId={now.user.id}>{children}</Known> : <p>nobody</p>;
}

function Known({ userId, children }: { userId: string; children: ReactNode }) {
  const now = useStore(session);
  const proof = useStore(askedProof);
  const { data: state } = useQuery(onboardingQuery(userId));
  if (!state || now.phase !== 'person') return null;
  return (
    <WizardProvider user={now.user} state={state}>
      {children}
      {proof && <StepUp asked={proof} />}
    </WizardProvider>
  );
}
