import { screen, waitFor } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, test } from 'vitest';
import { signOut } from '../../session/account';
import { session } from '../../session/session';
import { CODE } from '../../test/fake-factors';
import { service } from '../../test/network';
import { ADA, signedUp } from '../../test/person';
import { show } from '../../test/render';
import { LogIn } from '../LogIn';

const factors = () => service.personByEmail(ADA.email).factors;

async function givePassword(): Promise<void> {
  await userEvent.type(screen.getByLabelText('E-mail'), ADA.email);
  await userEvent.type(screen.getByLabelText('Password'), ADA.password);
  await userEvent.click(screen.getByRole('button', { name: 'Log in' }));
}

describe('the second step of a log-in', () => {
  beforeEach(async () => {
    await signedUp();
    Object.assign(factors(), { totp: 'on', recoveryCodes: ['0123-4567-89AB-CDEF-GHJK-MNPQ'] });
    await signOut();
    show(<LogIn />);
    await givePassword();
    await screen.findByRole('heading', { name: 'One more proof' });
  });

  test('takes a pasted code, and remembers the device where that is wanted', async () => {
    expect(session.get().phase).toBe('guest');
    await userEvent.click(screen.getByLabelText('Remember this device for 30 days'));
    await userEvent.click(screen.getByLabelText('Digit 1 of 6'));
    await userEvent.paste(`${CODE.slice(0, 3)} ${CODE.slice(3)}`);
    await userEvent.click(screen.getByRole('button', { name: 'Log in' }));
    await waitFor(() => expect(session.get().phase).toBe('person'));
    expect(factors().remembered).toBe(true);
  });

  test('says what is wrong with a code, and keeps the factor out of the storage', async () => {
    await userEvent.click(screen.getByRole('button', { name: 'Log in' }));
    expect(screen.getByText('Enter all six digits.')).toBeDefined();
    await userEvent.click(screen.getByLabelText('Digit 1 of 6'));
    await userEvent.paste('000000');
    await userEvent.click(screen.getByRole('button', { name: 'Log in' }));
    expect(await screen.findByText(/These digits are not right/)).toBeDefined();
    await userEvent.click(screen.getByLabelText('Digit 1 of 6'));
    await userEvent.paste(CODE);
    await userEvent.click(screen.getByRole('button', { name: 'Log in' }));
    await waitFor(() => expect(session.get().phase).toBe('person'));
    expect(factors().remembered).toBe(false);
    expect(JSON.stringify({ ...window.localStorage })).not.toContain(CODE);
  });

  test('takes a recovery code as well', async () => {
    await userEvent.click(screen.getByRole('button', { name: 'Use a recovery code' }));
    await userEvent.type(screen.getByLabelText('Recovery code'), '0123');
    await userEvent.click(screen.getByRole('button', { name: 'Log in' }));
    expect(screen.getByText('A recovery code has 24 letters and digits.')).toBeDefined();
    await userEvent.type(screen.getByLabelText('Recovery code'), '-4567-89AB-CDEF-GHJK-MNPQ');
    await userEvent.click(screen.getByRole('button', { name: 'Log in' }));
    await waitFor(() => expect(session.get().phase).toBe('person'));
    expect(factors().recoveryCodes).toEqual([]);
  });

  test('asks for the password again where that took too long', async () => {
    service.people.delete(ADA.email);
    await userEvent.click(screen.getByLabelText('Digit 1 of 6'));
    await userEvent.paste(CODE);
    await userEvent.click(screen.getByRole('button', { name: 'Log in' }));
    expect(await screen.findByText(/That took too long/)).toBeDefined();
    expect(screen.getByLabelText('E-mail')).toHaveProperty('value', ADA.email);
    expect(screen.getByLabelText('Password')).toHaveProperty('value', '');
  });
});
