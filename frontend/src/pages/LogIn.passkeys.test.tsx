import { screen, waitFor } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { signOut } from '../session/account';
import { session } from '../session/session';
import { Authenticator } from '../test/authenticator';
import { passkeyOf } from '../test/fake-passkeys';
import { service } from '../test/network';
import { ADA, signedUp } from '../test/person';
import { show } from '../test/render';
import { LogIn } from './LogIn';

const person = () => service.personByEmail(ADA.email);
const byPasskey = () => screen.findByRole('button', { name: 'Log in with a passkey' });
const loggedIn = () => waitFor(() => expect(session.get()).toMatchObject({ user: { email: ADA.email } }));

/** Ada, who has a passkey, and is not logged in. */
async function atTheDoor(): Promise<void> {
  await signedUp();
  person().passkeys.push(passkeyOf(Authenticator.idOf('laptop'), 'My laptop'));
  await signOut();
  service.requests.length = 0;
  show(<LogIn />);
}

describe('logging in by a passkey', () => {
  let authenticator: Authenticator;
  const suggested = () => waitFor(() => expect(authenticator.suggested).toHaveLength(1));

  beforeEach(() => {
    authenticator = Authenticator.plugIn();
  });
  afterEach(() => vi.useRealTimers());

  test('by the button, without a token, and with one idempotency key', async () => {
    await atTheDoor();
    await userEvent.click(await byPasskey());
    await loggedIn();
    const asked = service.requests.filter(({ path }) => path === '/api/auth/login/passkey');
    expect(asked.filter(({ method }) => method === 'POST')).toMatchObject([
      { body: expect.stringContaining('"session":"cookie"') },
    ]);
    expect(service.refreshes).toBe(0);
  });

  test('by the suggestions of the field for the address', async () => {
    await atTheDoor();
    await suggested();
    expect(screen.getByLabelText('E-mail').getAttribute('autocomplete')).toBe('username webauthn');
    authenticator.suggested[0]?.('laptop');
    await loggedIn();
  });

  test('the suggestion is taken back while another way is tried, and made anew where that comes to nothing', async () => {
    await atTheDoor();
    await suggested();
    await userEvent.type(screen.getByLabelText('E-mail'), ADA.email);
    await userEvent.type(screen.getByLabelText('Password'), 'not it');
    let open = (): void => undefined;
    service.gate = new Promise((resolve) => {
      open = resolve;
    });
    await userEvent.click(screen.getByRole('button', { name: 'Log in' }));
    await waitFor(() => expect(authenticator.suggested).toHaveLength(0));
    open();
    await screen.findByText(/E-mail and password do not match/);
    await suggested();
    await userEvent.clear(screen.getByLabelText('Password'));
    await userEvent.type(screen.getByLabelText('Password'), ADA.password);
    await userEvent.click(screen.getByRole('button', { name: 'Log in' }));
    await loggedIn();
  });

  test('a challenge is replaced before it expires', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    await atTheDoor();
    await suggested();
    const challenges = () => service.requests.filter(({ method }) => method === 'GET').length;
    const before = challenges();
    await vi.advanceTimersByTimeAsync(241_000);
    await waitFor(() => expect(challenges()).toBe(before + 1));
    await suggested();
    authenticator.suggested[0]?.('laptop');
    await loggedIn();
  });

  test('what comes to nothing is told in words, and can be tried again', async () => {
    await atTheDoor();
    authenticator.fails = 'NotAllowedError';
    await userEvent.click(await byPasskey());
    expect(await screen.findByText(/^No passkey was used: you closed the dialog/)).toBeDefined();
    authenticator.fails = undefined;
    await userEvent.click(await byPasskey());
    await loggedIn();
  });

  test('one that was removed is refused, and the browser is told not to offer it again', async () => {
    await atTheDoor();
    person().passkeys.length = 0;
    await userEvent.click(await byPasskey());
    expect(await screen.findByText(/No account has this passkey any more/)).toBeDefined();
    expect(authenticator.forgotten).toEqual([Authenticator.idOf('laptop')]);
    expect(session.get().phase).toBe('guest');
  });

  test('one that is switched off is refused', async () => {
    await atTheDoor();
    Object.assign(person().passkeys[0] ?? {}, { disabled_at: '2026-03-02T12:00:00Z' });
    await userEvent.click(await byPasskey());
    expect(await screen.findByText(/This passkey is switched off/)).toBeDefined();
    expect(authenticator.forgotten).toEqual([]);
  });
});

describe('where there are no passkeys', () => {
  test.each([
    ['a browser that does not know them', 'localhost', false],
    ['a page at an address without a domain', '127.0.0.1', true],
  ])('%s shows nothing of them', async (_, hostname, isKnown) => {
    Authenticator.plugIn(hostname);
    if (!isKnown) Reflect.deleteProperty(globalThis, 'PublicKeyCredential');
    await atTheDoor();
    await screen.findByRole('button', { name: 'Log in' });
    expect(screen.queryByRole('button', { name: 'Log in with a passkey' })).toBeNull();
    expect(screen.getByLabelText('E-mail').getAttribute('autocomplete')).toBe('username');
    expect(service.requests.some(({ path }) => path.includes('passkey'))).toBe(false);
  });
});
