import { screen, waitFor } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, test } from 'vitest';
import { service } from '../../test/network';
import { ADA, signedUp } from '../../test/person';
import { showStep } from '../../test/wizard';

describe('a step', () => {
  const stored = (): unknown => service.personByEmail(ADA.email).state.steps[2];

  beforeEach(async () => {
    await signedUp();
  });

  test('shows what is missing beside the fields, and focuses the first', async () => {
    showStep('organization');
    await userEvent.click(await screen.findByRole('button', { name: 'Continue' }));
    expect(screen.getByText('What is your organization called?')).toBeDefined();
    expect(screen.getByText('Choose how many people work there.')).toBeDefined();
    await waitFor(() => expect(document.activeElement).toBe(screen.getByRole('textbox', { name: /Name/ })));
  });

  test('saves a field when it is left, and shows it again when opened anew', async () => {
    const first = showStep('organization');
    await userEvent.type(await screen.findByRole('textbox', { name: /Name/ }), 'Engines');
    await userEvent.tab();
    await screen.findByText('Saved');
    expect(stored()).toMatchObject({ status: 'in_progress', data: { name: 'Engines' } });
    first.unmount();
    window.localStorage.clear();
    showStep('organization');
    expect(await screen.findByDisplayValue('Engines')).toBeDefined();
  });

  test('says in the form what changed on another device', async () => {
    showStep('organization');
    const name = await screen.findByRole('textbox', { name: /Name/ });
    await userEvent.type(name, 'Engines');
    service.elsewhere(ADA.email, 'organization', { name: 'Looms', website: 'https://looms.example' });
    await userEvent.tab();
    expect(
      await screen.findByText('This step was changed in another tab or on another device, too'),
    ).toBeDefined();
    expect(screen.getByText(/we kept what you typed here. There it says “Looms”/)).toBeDefined();
    expect(await screen.findByDisplayValue('https://looms.example')).toBeDefined();
    expect(stored()).toMatchObject({ data: { name: 'Engines', website: 'https://looms.example' } });
  });
});
