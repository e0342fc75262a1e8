import { screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, test } from 'vitest';
import { showAdmin } from '../../test/admin';
import { FakeAdmin } from '../../test/fake-admin';

const ID = '01890000-0000-7000-8000-000000000001';

describe('one person', () => {
  let admin: FakeAdmin;

  beforeEach(() => {
    admin = new FakeAdmin();
  });

  test('is shown with sessions, onboarding and audit log on one line of time, the newest first', async () => {
    await showAdmin(admin, `/admin/people/${ID}`);
    expect(await screen.findByRole('heading', { level: 1, name: 'Person 1' })).toBeDefined();
    const line = within(screen.getByRole('region', { name: 'Time line' }));
    const happenings = line.getAllByRole('listitem').map((item) => item.textContent);
    expect(happenings[0]).toContain('Session last used with Firefox on Windows');
    expect(happenings[1]).toContain('Session begun with Firefox on Windows');
    expect(happenings[2]).toContain('Logged in');
    expect(happenings.at(-1)).toContain('Account made');
    await userEvent.selectOptions(line.getByLabelText('Show'), 'audit');
    expect(line.getAllByRole('listitem')).toHaveLength(2);
  });

  test('is suspended for a reason, which can be taken back at once', async () => {
    await showAdmin(admin, `/admin/people/${ID}`);
    await userEvent.click(await screen.findByRole('button', { name: 'Suspend …' }));
    const dialog = within(screen.getByRole('dialog', { name: 'Suspend Person 1?' }));
    await userEvent.click(dialog.getByRole('button', { name: 'Suspend the account' }));
    expect(dialog.getByText('Say why, in a few words.')).toBeDefined();
    expect(admin.changes).toEqual([]);
    await userEvent.type(dialog.getByLabelText('Why?'), 'spam');
    await userEvent.click(dialog.getByRole('button', { name: 'Suspend the account' }));
    expect(await screen.findByText('The account is suspended, and its sessions have ended.')).toBeDefined();
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(await screen.findByRole('button', { name: 'Restore …' })).toBeDefined();
    await userEvent.click(screen.getByRole('button', { name: 'Undo' }));
    expect(await screen.findByText('The account can be used again.')).toBeDefined();
    expect(admin.changes).toEqual([
      { path: `users/${ID}/suspend`, body: { reason: 'spam' } },
      { path: `users/${ID}/restore`, body: { reason: 'Taken back: spam' } },
    ]);
    expect(screen.queryByRole('button', { name: 'Undo' })).toBeNull();
  });

  test('keeps the dialog open, and the reason in it, where the service could not be reached', async () => {
    await showAdmin(admin, `/admin/people/${ID}`);
    await userEvent.click(await screen.findByRole('button', { name: 'End all sessions …' }));
    const dialog = within(screen.getByRole('dialog'));
    await userEvent.type(dialog.getByLabelText('Why?'), 'lost phone');
    admin.faults.push(503, 503, 503, 503, 503);
    await userEvent.click(dialog.getByRole('button', { name: 'End the sessions' }));
    expect(await dialog.findByText(/We could not reach the service/)).toBeDefined();
    await userEvent.click(dialog.getByRole('button', { name: 'End the sessions' }));
    expect(await screen.findByText('All sessions have ended.')).toBeDefined();
    expect(screen.queryByRole('button', { name: 'Undo' })).toBeNull();
    await waitFor(() => expect(admin.changes.at(-1)?.body).toEqual({ reason: 'lost phone' }));
  });

  test('who is not there is said not to be', async () => {
    await showAdmin(admin, '/admin/people/01890000-0000-7000-8000-000000000099');
    expect(await screen.findByRole('heading', { name: 'There is no such account' })).toBeDefined();
  });
});
