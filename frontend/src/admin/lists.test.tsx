import { screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, test } from 'vitest';
import { showAdmin } from '../test/admin';
import { FakeAdmin } from '../test/fake-admin';

const address = () => screen.getByLabelText('address').textContent;

describe('what admins look through', () => {
  let admin: FakeAdmin;

  beforeEach(() => {
    admin = new FakeAdmin();
  });

  test('the audit log says in words what was done, and is filtered by day and kind', async () => {
    await showAdmin(admin, '/admin/audit?user=01890000-0000-7000-8000-000000000001');
    const table = within(await screen.findByRole('table', { name: 'Audit log' }));
    expect(table.getByText('The account was suspended')).toBeDefined();
    await userEvent.selectOptions(screen.getByLabelText('What'), 'user.suspended');
    await waitFor(() =>
      expect(admin.asked.at(-1)).toBe(
        'GET audit?action=user.suspended&user_id=01890000-0000-7000-8000-000000000001',
      ),
    );
  });

  test('a mail that was given up is sent again, for a reason', async () => {
    await showAdmin(admin, '/admin/mails?state=dead');
    const again = await screen.findByRole('button', {
      name: 'Send again: Code for the address, person-1@example.com',
    });
    expect(screen.getByText('550 no such mailbox')).toBeDefined();
    await userEvent.click(again);
    const dialog = within(screen.getByRole('dialog', { name: 'Send this mail again?' }));
    await userEvent.type(dialog.getByLabelText('Why?'), 'mailbox exists now{Enter}');
    expect(await screen.findByText('It is on its way again.')).toBeDefined();
    expect(admin.changes).toEqual([
      { path: 'outbox/01890000-0000-7000-8000-000000000001/replay', body: { reason: 'mailbox exists now' } },
    ]);
  });

  test('all events that the filters show are told again', async () => {
    await showAdmin(admin, '/admin/webhooks?state=dead&type=onboarding.completed');
    await screen.findByRole('table', { name: 'Webhooks' });
    await userEvent.click(screen.getByRole('button', { name: 'Tell all of these again …' }));
    const dialog = within(screen.getByRole('dialog'));
    await userEvent.type(dialog.getByLabelText('Why?'), 'the receiver lost a day{Enter}');
    expect(await screen.findByText('3 events are on their way again.')).toBeDefined();
    expect(admin.changes).toEqual([
      {
        path: 'webhooks/replay',
        body: { state: 'dead', type: 'onboarding.completed', reason: 'the receiver lost a day' },
      },
    ]);
  });

  test('a claim is approved, and the approval taken back', async () => {
    await showAdmin(admin, '/admin/domains');
    await userEvent.click(await screen.findByRole('button', { name: 'Approve acme.example for Acme' }));
    await userEvent.type(screen.getByLabelText('Why?'), 'they own it{Enter}');
    expect(await screen.findByText('acme.example belongs to Acme now.')).toBeDefined();
    expect(await screen.findByText('No claim waits.')).toBeDefined();
    await userEvent.click(screen.getByRole('button', { name: 'Take it back …' }));
    await userEvent.type(screen.getByLabelText('Why?'), 'a mistake{Enter}');
    expect(await screen.findByText('acme.example was refused to Acme.')).toBeDefined();
    expect(admin.changes.map(({ path }) => path.split('/').at(-1))).toEqual(['approve', 'refuse']);
  });

  test('the funnel is told apart by week, and a week has its own steps', async () => {
    await showAdmin(admin, '/admin/funnel');
    expect(await screen.findByRole('heading', { name: 'Step by step: Everybody' })).toBeDefined();
    expect(screen.getByText(/200 registered, 50 completed \(25 %\), 30 stuck/)).toBeDefined();
    await userEvent.selectOptions(screen.getByLabelText('Tell apart by'), 'week');
    await userEvent.click(await screen.findByRole('button', { name: '2026-W09' }));
    expect(address()).toBe('/admin/funnel?by=week&group=2026-W09');
    expect(screen.getByRole('heading', { name: 'Step by step: 2026-W09' })).toBeDefined();
    expect(screen.getByText(/^80 registered, 50 completed/)).toBeDefined();
    const table = within(screen.getByRole('table', { name: 'The steps in numbers' }));
    expect(table.getByRole('row', { name: /About you 200 100 0 40 30 15 % 10 min/ })).toBeDefined();
  });

  test('countries are called by their names', async () => {
    await showAdmin(admin, '/admin/funnel?by=country');
    expect(await screen.findByRole('button', { name: 'Germany' })).toBeDefined();
    expect(screen.getByRole('button', { name: 'No country chosen' })).toBeDefined();
  });

  test('whoever keeps an empty list is told so', async () => {
    Object.assign(admin, { people: [], audit: [], mails: [], claims: [] });
    await showAdmin(admin, '/admin/mails');
    expect(await screen.findByText('Nothing was written yet.')).toBeDefined();
    await userEvent.click(screen.getByRole('link', { name: 'Domains' }));
    expect(await screen.findByText('No claim waits.')).toBeDefined();
    await userEvent.click(screen.getByRole('link', { name: 'People' }));
    expect(await screen.findByText('There is nobody yet.')).toBeDefined();
  });
});
