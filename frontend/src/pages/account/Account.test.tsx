import { useQuery } from '@tanstack/react-query';
import { screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, test } from 'vitest';
import { useStore } from '../../app/useStore';
import { onboardingQuery } from '../../onboarding/queries';
import { WizardProvider } from '../../onboarding/WizardProvider';
import { session } from '../../session/session';
import { service } from '../../test/network';
import { ADA, signedUp } from '../../test/person';
import { show } from '../../test/render';
import { Closing } from '../Closing';
import { Account } from './Account';

function Page() {
  const now = useStore(session);
  return now.phase === 'person' ? <Known userId={now.user.id} /> : <p>nobody</p>;
}

function Known({ userId }: { userId: string }) {
  const now = useStore(session);
  const { data: state } = useQuery(onboardingQuery(userId));
  if (!state || now.phase !== 'person') return null;
  return (
    <WizardProvider user={now.user} state={state}>
      <Account />
    </WizardProvider>
  );
}

const section = async (name: string) => within(await screen.findByRole('region', { name }));
const person = () => service.personByEmail(ADA.email);

describe('the account page', () => {
  beforeEach(async () => {
    await signedUp();
  });

  test('a new name is saved, and known everywhere at once', async () => {
    show(<Page />);
    const profile = await section('Profile');
    const name = profile.getByLabelText('Your name');
    expect(profile.getByRole('button', { name: 'Save' })).toHaveProperty('disabled', true);
    await userEvent.clear(name);
    await userEvent.type(name, 'Augusta Ada King');
    await userEvent.click(profile.getByRole('button', { name: 'Save' }));
    expect(await profile.findByText('Your name is saved.')).toBeDefined();
    expect(session.get()).toMatchObject({ user: { full_name: 'Augusta Ada King' } });
  });

  test('the password is changed by whoever knows it, and told to others beside its field', async () => {
    show(<Page />);
    const password = await section('Password');
    await userEvent.type(password.getByLabelText('Current password'), 'not it');
    await userEvent.type(password.getByLabelText('New password'), 'difference engine');
    await userEvent.click(password.getByRole('button', { name: 'Change the password' }));
    expect(await password.findByText('This is not your password.')).toBeDefined();
    await userEvent.clear(password.getByLabelText('Current password'));
    await userEvent.type(password.getByLabelText('Current password'), ADA.password);
    await userEvent.click(password.getByRole('button', { name: 'Change the password' }));
    expect(await password.findByText('Your password is changed.')).toBeDefined();
    expect(person().password).toBe('difference engine');
    expect(JSON.stringify({ ...window.localStorage })).not.toContain('engine');
  });

  test('sessions are listed, this one marked; one, the others or all are ended', async () => {
    service.sessions.push('Firefox on Windows', 'Safari on iPhone');
    show(<Page />);
    const sessions = await section('Where you are logged in');
    expect(await sessions.findByText('This device')).toBeDefined();
    expect(sessions.getAllByRole('listitem')).toHaveLength(3);
    await userEvent.click(sessions.getByRole('button', { name: 'End the session of Safari on iPhone' }));
    await waitFor(() => expect(sessions.getAllByRole('listitem')).toHaveLength(2));
    await userEvent.click(sessions.getByRole('button', { name: 'End all others' }));
    await waitFor(() => expect(sessions.getAllByRole('listitem')).toHaveLength(1));
    expect(sessions.getByRole('button', { name: 'End all others' })).toHaveProperty('disabled', true);
    await userEvent.click(sessions.getByRole('button', { name: 'End all, this one too' }));
    await waitFor(() => expect(session.get()).toEqual({ phase: 'guest', reason: 'signed_out' }));
  });

  test('an outage while a session is ended is told, with nothing lost', async () => {
    service.sessions.push('Firefox on Windows');
    show(<Page />);
    const sessions = await section('Where you are logged in');
    const end = await sessions.findByRole('button', { name: 'End the session of Firefox on Windows' });
    service.faults.push(...Array.from({ length: 5 }, () => 503));
    await userEvent.click(end);
    expect(await sessions.findByText(/We could not reach the service/)).toBeDefined();
    expect(sessions.getByRole('button', { name: 'Copy' })).toBeDefined();
  });

  test('closing asks for the password, and ends the session; it can be taken back', async () => {
    show(<Page />);
    const close = await section('Close my account');
    await userEvent.click(close.getByRole('button', { name: 'Close my account' }));
    await userEvent.type(close.getByLabelText('Your password, to close the account'), ADA.password);
    await userEvent.click(close.getByRole('button', { name: 'Close it' }));
    await waitFor(() => expect(session.get()).toEqual({ phase: 'guest', reason: 'closed' }));
    expect(person().user.status).toBe('closing');
  });

  test('whoever comes back in time opens it again', async () => {
    const { user } = person();
    Object.assign(user, { status: 'closing', closing_at: '2026-12-12T12:00:00Z' });
    show(<Closing user={user} />);
    expect(screen.getByText(/It will be deleted on .*12.*2026/)).toBeDefined();
    await userEvent.click(screen.getByRole('button', { name: 'Open it again' }));
    await waitFor(() => expect(session.get()).toMatchObject({ user: { status: 'active' } }));
  });
});
