import { useQuery } from '@tanstack/react-query';
import { screen } from '@testing-library/react';
import { beforeEach, describe, expect, test } from 'vitest';
import type { User } from '../api/types';
import { onboardingQuery } from '../onboarding/queries';
import { WizardProvider } from '../onboarding/WizardProvider';
import { service } from '../test/network';
import { ADA, signedUp } from '../test/person';
import { show } from '../test/render';
import { Home } from './Home';
import { Reviewed } from './onboarding/Reviewed';

function Page({ user, children }: { user: User; children: React.ReactNode }) {
  const { data: state } = useQuery(onboardingQuery(user.id));
  return state ? (
    <WizardProvider user={user} state={state}>
      {children}
    </WizardProvider>
  ) : null;
}

describe('whoever has finished', () => {
  let user: User;

  beforeEach(async () => {
    user = await signedUp();
    const { state } = service.personByEmail(ADA.email);
    for (const step of state.steps) step.status = step.key === 'preferences' ? 'skipped' : 'completed';
    state.status = 'completed';
  });

  test('is asked for no last look, and has nothing to finish', async () => {
    show(
      <Page user={user}>
        <Reviewed step="review" />
      </Page>,
    );
    expect(await screen.findByRole('heading', { level: 1, name: 'What you told us' })).toBeDefined();
    expect(screen.queryByRole('button', { name: 'Finish' })).toBeNull();
    expect(screen.queryByRole('checkbox')).toBeNull();
  });

  test('reads what was skipped, and that it is not done', async () => {
    show(
      <Page user={user}>
        <Home />
      </Page>,
    );
    expect(await screen.findByText(/You skipped Preferences/)).toBeDefined();
    expect(screen.queryByText(/All five steps are done/)).toBeNull();
    expect(screen.getByRole('heading', { level: 1, name: 'Hello, Ada' })).toBeDefined();
  });
});
