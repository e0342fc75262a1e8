import { screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import { dismiss, session } from '../session/session';
import { service } from '../test/network';
import { ADA, connect, signedUp } from '../test/person';
import { show } from '../test/render';
import { Invitation } from './Invitation';

const GRACE = 'grace@example.com';
const heading = (name: string) => screen.findByRole('heading', { level: 1, name });
const open = (token = 'token-1') => show(<Invitation />, '/invitation', `#token=${token}`);
const invite = (email: string, state: 'good' | 'used' | 'expired' = 'good') =>
  service.invitations.set('token-1', { email, state });

beforeEach(() => {
  connect();
  dismiss();
});

test('whoever has no account makes one for the invited address, which is verified by that', async () => {
  invite(GRACE);
  open();
  await heading('Join Acme');
  expect(screen.getByLabelText('E-mail')).toHaveProperty('value', GRACE);
  await userEvent.type(screen.getByLabelText('Your name'), 'Grace Hopper');
  await userEvent.type(screen.getByLabelText('Password'), 'analytical engine 1843');
  await userEvent.click(screen.getByRole('button', { name: 'Create account and join' }));
  await expect.poll(() => session.get()).toMatchObject({ user: { email: GRACE, email_verified: true } });
  expect(service.invitations.get('token-1')?.state).toBe('used');
});

test('whoever is logged in with the invited address joins by one click', async () => {
  await signedUp();
  invite(ADA.email);
  open();
  await userEvent.click(await screen.findByRole('button', { name: 'Join' }));
  await expect.poll(() => service.invitations.get('token-1')?.state).toBe('used');
});

test('whoever is logged in with another address is told so, and joins nothing', async () => {
  await signedUp();
  invite(GRACE);
  open();
  await heading('Join Acme');
  expect(screen.getByText(new RegExp(`for ${GRACE}, and you are logged in as`))).toBeDefined();
  expect(screen.queryByRole('button', { name: 'Join' })).toBeNull();
  expect(service.invitations.get('token-1')?.state).toBe('good');
});

test('links that do not work any more say why', async () => {
  invite(GRACE, 'used');
  open();
  expect(await heading('This invitation has done its work')).toBeDefined();
});

test('a link that nobody knows is one that has expired', async () => {
  open('another');
  expect(await heading('This invitation does not work any more')).toBeDefined();
});
