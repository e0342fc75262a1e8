import { screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, test } from 'vitest';
import { moved } from '../../test/fake-data';
import { service } from '../../test/network';
import { ADA, signedUp } from '../../test/person';
import { guidedTemplate } from '../../test/templates';
import { showStep } from '../../test/wizard';

describe('a template that the page has never seen', () => {
  const state = () => service.personByEmail(ADA.email).state;
  const stored = (key: string): unknown => {
    const step = state().steps.find((each) => each.key === key);
    return [step?.status, step?.data];
  };
  const opened = (name: string) => screen.findByRole('heading', { level: 1, name });
  const press = (name: string) => userEvent.click(screen.getByRole('button', { name }));
  const field = (name: RegExp) => screen.getByRole('textbox', { name });

  beforeEach(async () => {
    await signedUp();
    moved(state(), guidedTemplate(), {});
  });

  test('is walked to its end: each type of field, each condition', async () => {
    showStep('account');
    expect(await opened('Account')).toBeDefined();
    expect(screen.getByText('Step 1 of 6')).toBeDefined();
    await userEvent.click(screen.getByRole('link', { name: 'Continue' }));

    await opened('About yourself');
    expect(screen.getByText('Only what we need to know.')).toBeDefined();
    await press('Continue');
    expect(screen.getByText('This is needed.')).toBeDefined();
    await userEvent.type(field(/Nickname/), 'Ada');
    expect(field(/Nickname/).getAttribute('dir')).toBe('auto');
    await userEvent.type(screen.getByLabelText('Date of birth'), '1915-12-10');
    await userEvent.type(field(/Your story/), 'Once upon a time');
    expect(screen.getByText('16 of 40 characters')).toBeDefined();
    await press('Continue');

    await opened('Your work');
    expect(screen.queryByRole('textbox', { name: /Employer/ })).toBeNull();
    await userEvent.click(screen.getByRole('radio', { name: 'Employee' }));
    expect(field(/Employer/)).toBeDefined();
    await userEvent.click(screen.getByRole('radio', { name: 'Freelancer' }));
    expect(screen.queryByRole('textbox', { name: /Employer/ })).toBeNull();
    await userEvent.type(field(/Years/), 'ten');
    await press('Continue');
    expect(screen.getByText('Use a whole number.')).toBeDefined();
    await userEvent.clear(field(/Years/));
    await userEvent.type(field(/Years/), '10');
    await press('Continue');

    // The answer has brought this step.
    await opened('Billing');
    expect(screen.getByText('Step 4 of 7')).toBeDefined();
    await userEvent.type(field(/Address for invoices/), 'ada@example.com');
    await press('Continue');
    expect(screen.getByText('This is needed.')).toBeDefined();
    await userEvent.click(screen.getByRole('radio', { name: 'No' }));
    await press('Continue');

    await opened('Skills');
    for (const tool of ['Loom', 'Engine', 'Punched cards']) {
      await userEvent.click(screen.getByRole('checkbox', { name: tool }));
    }
    await press('Continue');
    expect(screen.getByText('Choose 2 at most.')).toBeDefined();
    await userEvent.click(screen.getByRole('checkbox', { name: 'Loom' }));
    await userEvent.type(field(/Your own site/), 'engines.example');
    await press('Continue');

    await opened('Your team');
    await userEvent.click(await screen.findByRole('radio', { name: '2 to 10 people' }));
    await press('Continue');

    await opened('House rules');
    const told = within(screen.getByRole('region', { name: 'Skills' }));
    expect(told.getByText('Engine and Punched cards')).toBeDefined();
    expect(told.getByText('https://engines.example')).toBeDefined();
    expect(screen.getByText('10 December 1915')).toBeDefined();
    await press('Finish');
    expect(screen.getByText('Please accept this to go on.')).toBeDefined();
    await userEvent.click(screen.getByRole('checkbox', { name: /I keep the house rules/ }));
    await press('Finish');
    await screen.findByText('elsewhere');
    expect(state().status).toBe('completed');
    expect(stored('work')).toEqual(['completed', { role: 'freelancer', years: 10 }]);
    expect(stored('billing')).toEqual(['completed', { mail: 'ada@example.com', taxed: false }]);
    expect(stored('rules')).toEqual(['completed', { agreed: true }]);
  });

  test('saves a field when it is left, and brings changes of other devices together', async () => {
    showStep('skills');
    await userEvent.click(await screen.findByRole('checkbox', { name: 'Loom' }));
    service.elsewhere(ADA.email, 'skills', { tools: ['cards'], site: 'https://looms.example' });
    await userEvent.tab();
    expect(await screen.findByText(/changed in another tab or on another device/)).toBeDefined();
    expect(screen.getByText('Tools: we kept what you typed here. There it says “cards”.')).toBeDefined();
    expect(await screen.findByDisplayValue('https://looms.example')).toBeDefined();
    expect(stored('skills')).toMatchObject([
      'in_progress',
      { tools: ['loom'], site: 'https://looms.example' },
    ]);
  });

  test('errors of the service stand beside the fields', async () => {
    showStep('person');
    await userEvent.type(await screen.findByRole('textbox', { name: /Nickname/ }), 'Ada');
    service.steps.refusals.push({ 'data.nickname': ['is taken'] });
    await press('Continue');
    expect(await screen.findByText('Is taken.')).toBeDefined();
    await waitFor(() => expect(document.activeElement).toBe(field(/Nickname/)));
  });

  test('a step that may be skipped can be; one that does not apply has no page', async () => {
    showStep('skills');
    await opened('Skills');
    await press('Skip for now');
    await opened('Your team');
    expect(stored('skills')).toEqual(['skipped', {}]);
  });

  test('a step that does not apply leads to where one left off', async () => {
    showStep('studies');
    expect(await opened('About yourself')).toBeDefined();
  });

  test('a new version that comes while one types: the text is shown, and the new form is there', async () => {
    showStep('person');
    await userEvent.type(await screen.findByRole('textbox', { name: /Nickname/ }), 'Ada');
    const next = guidedTemplate();
    const [nickname] = next.steps?.[1]?.fields ?? [];
    Object.assign(nickname ?? {}, { key: 'call_name', label: { en: 'What may we call you?' } });
    moved(state(), { ...next, version: 2 }, {});
    await userEvent.tab();
    expect(await screen.findByText('About yourself: Nickname: “Ada”')).toBeDefined();
    expect(field(/What may we call you/)).toBeDefined();
    await userEvent.type(field(/What may we call you/), 'Ada');
    await press('All right');
    expect(screen.queryByText(/The questions have changed/)).toBeNull();
    await press('Continue');
    await opened('Your work');
    expect(stored('person')).toEqual(['completed', { call_name: 'Ada' }]);
  });
});
