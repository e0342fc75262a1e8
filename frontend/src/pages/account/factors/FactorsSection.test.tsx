import { screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, test } from 'vitest';
import { AsPerson } from '../../../test/AsPerson';
import { CODE } from '../../../test/fake-factors';
import { network, service } from '../../../test/network';
import { ADA, signedUp } from '../../../test/person';
import { show } from '../../../test/render';
import { FactorsSection } from './FactorsSection';

const factors = () => service.personByEmail(ADA.email).factors;
const click = (name: string) => userEvent.click(screen.getByRole('button', { name }));

async function open(): Promise<void> {
  show(
    <AsPerson>
      <FactorsSection />
    </AsPerson>,
  );
  await screen.findByRole('button', { name: /Set it up|Switch it off/ });
}

async function type(digits: string): Promise<void> {
  await userEvent.click(screen.getByLabelText('Digit 1 of 6'));
  await userEvent.paste(digits);
}

describe('the second step of the log-in', () => {
  beforeEach(async () => {
    await signedUp();
  });

  test('is set up by a QR code or a key, a first code, and ten recovery codes', async () => {
    await open();
    await click('Set it up');
    const code = await screen.findByRole('img', { name: 'QR code for the authenticator app' });
    expect(code.querySelector('path')?.getAttribute('d')).toMatch(/^M\d+ \d+h1v1h-1z/);
    expect(screen.getByText('GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ')).toBeDefined();
    await type('000000');
    expect(await screen.findByText(/These digits are not right/)).toBeDefined();
    expect(factors().totp).toBe('waiting');
    await type(CODE);
    await screen.findByRole('heading', { name: 'Your recovery codes' });
    expect(screen.getAllByRole('listitem').map((item) => item.textContent)).toEqual(factors().recoveryCodes);
    expect(service.refreshes).toBe(1);
    await click('I have kept them');
    expect(await screen.findByText('10 of 10 left')).toBeDefined();
    expect(JSON.stringify({ ...window.localStorage })).not.toContain('GEZD');
  });

  test('new recovery codes want a proof first, and then come by themselves', async () => {
    Object.assign(factors(), { totp: 'on', recoveryCodes: ['a', 'b'], fresh: false });
    await open();
    expect(screen.getByText(/Hardly any recovery codes are left/)).toBeDefined();
    await click('New recovery codes');
    const dialog = within(await screen.findByRole('dialog', { name: 'Is it you?' }));
    await userEvent.click(dialog.getByLabelText('Digit 1 of 6'));
    await userEvent.paste(CODE);
    await screen.findByRole('heading', { name: 'Your recovery codes' });
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(screen.getAllByRole('listitem')).toHaveLength(10);
    const asked = service.requests.filter(({ path }) => path.endsWith('recovery-codes'));
    expect(new Set(asked.map(({ key }) => key)).size).toBe(2);
  });

  test('whoever would rather not prove it changes nothing, and is told so', async () => {
    factors().fresh = false;
    await open();
    await click('Set it up');
    const dialog = within(await screen.findByRole('dialog', { name: 'Is it you?' }));
    await userEvent.type(dialog.getByLabelText('Your password'), 'not it');
    await userEvent.click(dialog.getByRole('button', { name: 'Go on' }));
    expect(await dialog.findByText('This is not your password.')).toBeDefined();
    // Another access token would not make it right.
    expect(service.refreshes).toBe(0);
    await userEvent.click(dialog.getByRole('button', { name: 'Cancel' }));
    expect(await screen.findByText(/Nothing was changed/)).toBeDefined();
    expect(factors().totp).toBe('none');
    await click('Set it up');
    await userEvent.type(await screen.findByLabelText('Your password'), ADA.password);
    await click('Go on');
    expect(await screen.findByText('Then enter the six digits that it shows.')).toBeDefined();
  });

  test('lists remembered devices, and forgets one, or all of them', async () => {
    const rememberedElsewhere = ['Firefox on Windows', 'Safari on iPhone'];
    Object.assign(factors(), { totp: 'on', remembered: true, rememberedElsewhere });
    await open();
    const list = within(await screen.findByRole('list', { name: 'Remembered devices' }));
    const shown = () =>
      list.getAllByRole('listitem').map((item) => item.querySelector('strong')?.textContent);
    expect(shown()).toEqual(['Chrome on Linux', 'Firefox on Windows', 'Safari on iPhone']);
    const own = within(list.getAllByRole('listitem')[0] as HTMLElement);
    expect(own.getByText('This device')).toBeDefined();
    expect(own.getByText(/^Last used 1 Mar 2026.*, from 203\.0\.113\.7$/)).toBeDefined();
    expect(own.getByText('Remembered until 31 March 2026')).toBeDefined();
    expect(list.getAllByText('This device')).toHaveLength(1);
    await click('Forget Firefox on Windows');
    await waitFor(() => expect(shown()).toEqual(['Chrome on Linux', 'Safari on iPhone']));
    expect(factors().rememberedElsewhere).toEqual(['Safari on iPhone']);
    await click('Forget all of them');
    expect(await screen.findByText('None: each log-in asks for a code.')).toBeDefined();
    expect(factors().remembered).toBe(false);
  });

  test('a device that somebody else has forgotten meanwhile just goes; another refusal is told', async () => {
    Object.assign(factors(), { totp: 'on', rememberedElsewhere: ['Firefox on Windows', 'Safari on iPhone'] });
    await open();
    await screen.findByRole('list', { name: 'Remembered devices' });
    factors().rememberedElsewhere = ['Safari on iPhone'];
    await click('Forget Firefox on Windows');
    await waitFor(() => expect(screen.queryByText('Firefox on Windows')).toBeNull());
    expect(screen.queryByRole('alert')).toBeNull();
    network.use(
      http.delete('*/api/auth/factors/devices/:id', () =>
        HttpResponse.json({ code: 'forbidden', status: 403, title: 'forbidden' }, { status: 403 }),
      ),
    );
    await click('Forget Safari on iPhone');
    expect(await screen.findByText('You are not allowed to do this.')).toBeDefined();
    expect(screen.getByText('Safari on iPhone')).toBeDefined();
  });

  test('is switched off', async () => {
    Object.assign(factors(), { totp: 'on', recoveryCodes: Array(10).fill('x'), remembered: true });
    await open();
    await click('Switch it off');
    await click('Keep it on');
    expect(factors().totp).toBe('on');
    await click('Switch it off');
    await click('Yes, switch it off');
    expect(await screen.findByText(/It is switched off/)).toBeDefined();
    await waitFor(() => expect(screen.getByRole('button', { name: 'Set it up' })).toBeDefined());
    expect(factors().totp).toBe('none');
  });
});
