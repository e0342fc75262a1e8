import { screen, waitFor } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, test } from 'vitest';
import { session } from '../session/session';
import { service } from '../test/network';
import { ADA, connect, signedUp } from '../test/person';
import { show } from '../test/render';
import { SignUp } from './SignUp';

async function fillIn(person: Partial<typeof ADA>): Promise<void> {
  const user = userEvent.setup();
  if (person.full_name) await user.type(screen.getByLabelText('Your name'), person.full_name);
  if (person.email) await user.type(screen.getByLabelText('E-mail'), person.email);
  if (person.password) await user.type(screen.getByLabelText('Password'), person.password);
  await user.click(screen.getByRole('button', { name: 'Create account' }));
}

describe('signing up', () => {
  beforeEach(connect);

  test('what is missing is said beside each field, and nothing is sent', async () => {
    show(<SignUp />);
    await fillIn({});
    expect(screen.getByText('Tell us your name.')).toBeDefined();
    expect(screen.getByText('Enter your e-mail address.')).toBeDefined();
    expect(screen.getByText('Choose a password.')).toBeDefined();
    for (const field of ['Your name', 'E-mail', 'Password']) {
      expect(screen.getByLabelText(field).getAttribute('aria-invalid')).toBe('true');
    }
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText('Your name')));
    expect(service.requests).toHaveLength(0);
  });

  test('an address that has an account leads to logging in', async () => {
    await signedUp();
    show(<SignUp />);
    await fillIn(ADA);
    expect(await screen.findByText(/There is an account with this address already/)).toBeDefined();
    expect(screen.getByRole('link', { name: 'Log in instead' })).toBeDefined();
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText('E-mail')));
  });

  test('an outage is told calmly, and pressing again makes one account', async () => {
    service.faults.push('drop_after', ...Array.from({ length: 4 }, () => 'drop_before' as const));
    show(<SignUp />);
    await fillIn(ADA);
    expect(await screen.findByText(/We could not reach the service/)).toBeDefined();
    await userEvent.click(screen.getByRole('button', { name: 'Create account' }));
    await waitFor(() =>
      expect(session.get()).toMatchObject({ phase: 'person', user: { full_name: ADA.full_name } }),
    );
    expect(service.people.size).toBe(1);
  });
});
