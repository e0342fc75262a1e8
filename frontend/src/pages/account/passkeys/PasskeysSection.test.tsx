import { screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, test } from 'vitest';
import { AsPerson } from '../../../test/AsPerson';
import { Authenticator } from '../../../test/authenticator';
import { passkeyOf } from '../../../test/fake-passkeys';
import { service } from '../../../test/network';
import { ADA, signedUp } from '../../../test/person';
import { show } from '../../../test/render';
import { PasskeysSection } from './PasskeysSection';

const person = () => service.personByEmail(ADA.email);
const click = async (name: string | RegExp) => userEvent.click(await screen.findByRole('button', { name }));
const dialog = async (name: string) => within(await screen.findByRole('dialog', { name }));

function open(): void {
  show(
    <AsPerson>
      <PasskeysSection />
    </AsPerson>,
  );
}

describe('passkeys, on the account page', () => {
  let authenticator: Authenticator;

  beforeEach(() => {
    authenticator = Authenticator.plugIn();
  });

  test('one is added, and named', async () => {
    await signedUp();
    open();
    expect(await screen.findByText('You have none yet.')).toBeDefined();
    await click('Add a passkey');
    const naming = await dialog('Your passkey is ready');
    const name = naming.getByLabelText('Name of the passkey');
    expect(name).toHaveProperty('value', 'Chrome on Linux');
    await userEvent.clear(name);
    await userEvent.click(naming.getByRole('button', { name: 'Save' }));
    expect(naming.getByText('What do you call it?')).toBeDefined();
    await userEvent.type(name, 'x'.repeat(61));
    await userEvent.click(naming.getByRole('button', { name: 'Save' }));
    expect(naming.getByText('Use at most 60 characters.')).toBeDefined();
    await userEvent.clear(name);
    await userEvent.type(name, 'My laptop');
    await userEvent.click(naming.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    const item = within(await screen.findByRole('listitem'));
    expect(item.getByText('My laptop')).toBeDefined();
    expect(item.getByText('Added on 1 March 2026')).toBeDefined();
    expect(item.getByText('Not used yet')).toBeDefined();
    expect(person().passkeys).toMatchObject([
      { name: 'My laptop', credential: Authenticator.idOf('laptop') },
    ]);
  });

  test.each([
    ['NotAllowedError', /^No passkey was made: you closed the dialog/],
    ['InvalidStateError', 'This device has a passkey of your account already.'],
    ['NotSupportedError', /^This device cannot keep a passkey/],
    ['ConstraintError', /^This device cannot keep a passkey/],
    ['SecurityError', 'Passkeys do not work at this address of the page.'],
    ['UnknownError', /^The device did not answer as it should/],
  ])('%s is told in words', async (name, words) => {
    await signedUp();
    open();
    authenticator.fails = name;
    await click('Add a passkey');
    expect(await screen.findByText(words)).toBeDefined();
    expect(person().passkeys).toEqual([]);
    authenticator.fails = undefined;
    await click('Add a passkey');
    await dialog('Your passkey is ready');
    expect(screen.queryByRole('alert')).toBeNull();
  });

  test('a device that has one makes no other, and a refusal of the service is told in words', async () => {
    await signedUp();
    open();
    person().passkeys.push(passkeyOf(Authenticator.idOf('laptop'), 'My laptop'));
    await click('Add a passkey');
    expect(await screen.findByText('This device has a passkey of your account already.')).toBeDefined();
    authenticator.next = 'phone';
    service.faults.push(undefined, 503, 503, 503, 503, 503);
    await click('Add a passkey');
    expect(await screen.findByText(/We could not reach the service/)).toBeDefined();
    expect(person().passkeys).toHaveLength(1);
  });

  test('one is called otherwise', async () => {
    await signedUp();
    person().passkeys.push(passkeyOf('a', 'Phone'));
    open();
    await click('Rename Phone');
    const naming = await dialog('Rename the passkey');
    await userEvent.type(naming.getByLabelText('Name of the passkey'), ' of Ada');
    await userEvent.click(naming.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Phone of Ada')).toBeDefined();
    await click('Rename Phone of Ada');
    person().passkeys.length = 0;
    await userEvent.click((await dialog('Rename the passkey')).getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('This passkey was removed meanwhile.')).toBeDefined();
  });

  test('one is removed after a question and a proof, and not the last way in', async () => {
    await signedUp();
    person().passkeys.push(passkeyOf('a', 'Phone'), passkeyOf('b', 'Key'));
    person().factors.fresh = false;
    open();
    await click('Remove Phone');
    await userEvent.click((await dialog('Remove Phone?')).getByRole('button', { name: 'Keep it' }));
    expect(person().passkeys).toHaveLength(2);
    await click('Remove Phone');
    await userEvent.click((await dialog('Remove Phone?')).getByRole('button', { name: 'Remove it' }));
    // By a passkey, or by the password.
    const proof = await dialog('Is it you?');
    expect(proof.getByText(/Your device asks who you are/)).toBeDefined();
    await userEvent.click(proof.getByRole('button', { name: 'Use the password' }));
    await userEvent.type(proof.getByLabelText('Your password'), ADA.password);
    await userEvent.click(proof.getByRole('button', { name: 'Go on' }));
    expect(await screen.findByText(/^Phone does not log you in any more/)).toBeDefined();
    await waitFor(() => expect(screen.getAllByRole('listitem')).toHaveLength(1));
    person().password = '';
    await click('Remove Key');
    await userEvent.click((await dialog('Remove Key?')).getByRole('button', { name: 'Remove it' }));
    expect(await screen.findByText(/It is the only way into your account/)).toBeDefined();
    expect(person().passkeys).toHaveLength(1);
  });

  test('a passkey is a proof for what is sensitive, and a wrong one is told', async () => {
    await signedUp();
    person().passkeys.push(passkeyOf(Authenticator.idOf('phone'), 'Phone'));
    person().factors.fresh = false;
    open();
    await click('Add a passkey');
    const proof = await dialog('Is it you?');
    authenticator.next = 'of somebody else';
    await userEvent.click(proof.getByRole('button', { name: 'Go on' }));
    expect(await proof.findByText(/No account has this passkey any more/)).toBeDefined();
    // Another access token would not make it right.
    expect(service.refreshes).toBe(0);
    authenticator.fails = 'NotAllowedError';
    await userEvent.click(proof.getByRole('button', { name: 'Go on' }));
    expect(await proof.findByText(/^No passkey was used/)).toBeDefined();
    authenticator.fails = undefined;
    authenticator.next = 'phone';
    await userEvent.click(proof.getByRole('button', { name: 'Go on' }));
    expect(await screen.findByText('This device has a passkey of your account already.')).toBeDefined();
    expect(person().factors.fresh).toBe(true);
  });

  test('one that is switched off says so', async () => {
    await signedUp();
    person().passkeys.push({ ...passkeyOf('a', 'Phone'), disabled_at: '2026-03-02T12:00:00Z' });
    open();
    expect(await screen.findByText(/^Switched off on 2 March 2026/)).toBeDefined();
  });
});

describe('where passkeys do not work', () => {
  test('a page at an address names the one where they do', async () => {
    Authenticator.plugIn('127.0.0.1');
    await signedUp();
    open();
    const link = await screen.findByRole('link', { name: 'http://localhost:3000' });
    expect(link.getAttribute('href')).toBe('http://localhost:3000/account#passkeys');
    expect(screen.queryByRole('button', { name: 'Add a passkey' })).toBeNull();
  });

  test('a browser without them still lists and removes', async () => {
    Authenticator.plugIn();
    Reflect.deleteProperty(globalThis, 'PublicKeyCredential');
    await signedUp();
    person().passkeys.push(passkeyOf('a', 'Phone'));
    open();
    expect(await screen.findByText('This browser cannot add passkeys.')).toBeDefined();
    await click('Remove Phone');
    await userEvent.click((await dialog('Remove Phone?')).getByRole('button', { name: 'Remove it' }));
    expect(await screen.findByText('You have none yet.')).toBeDefined();
  });
});
